import type { Schemas } from '$lib/api';

export type Standing = Schemas['WorkspaceStatus'];
export type Late = Schemas['LateDelivery'];
