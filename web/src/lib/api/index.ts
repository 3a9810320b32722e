import type { components } from './schema';

export { api, body, idempotencyKey, onLoggedOut, versioned } from './client';
export { ApiError, isLoggedOut, isOffline, type Issue, type Problem } from './problem';

/** The names of the API document, as they are. */
export type Schemas = components['schemas'];
export type Channel = Schemas['Channel'];
export type Connector = Schemas['Connector'];
export type Delivery = Schemas['Delivery'];
export type DeliveryState = Schemas['DeliveryState'];
export type CalendarItem = Schemas['CalendarItem'];
export type Media = Schemas['Media'];
export type Post = Schemas['Post'];
export type Workspace = Schemas['Workspace'];
export type Me = Schemas['MeBody'];
export type HoldReason = Schemas['HoldReason'];
