/** The addresses of the app. They stand here so that no screen spells them by itself. */

/** What stands behind a `#` stays there, where no server sees it: it may be the token of a link. */
export function login(next?: string): string {
  const [place = '', ...hash] = (next ?? '').split('#');
  return ['/login' + search(place ? { next: place } : undefined), ...hash].join('#');
}
export const calendar = (ws: string, query?: Record<string, string>): string =>
  `/w/${ws}/calendar${search(query)}`;
export const compose = (ws: string, query?: Record<string, string>): string =>
  `/w/${ws}/compose${search(query)}`;
export const post = (ws: string, id: string, query?: Record<string, string>): string =>
  `/w/${ws}/posts/${id}${search(query)}`;
export const editPost = (ws: string, id: string, query?: Record<string, string>): string =>
  `/w/${ws}/posts/${id}/edit${search(query)}`;
export const drafts = (ws: string): string => `/w/${ws}/drafts`;
export const inbox = (ws: string, query?: Record<string, string>): string => `/w/${ws}/inbox${search(query)}`;
export const media = (ws: string, id?: string): string => `/w/${ws}/media${id ? `?file=${id}` : ''}`;
export const channels = (ws: string): string => `/w/${ws}/channels`;
export const newChannel = (ws: string, query?: Record<string, string>): string =>
  `/w/${ws}/channels/new${search(query)}`;
/** Where people come back to from a network's page of consent. */
export const connected = (ws: string, query?: Record<string, string>): string =>
  `/w/${ws}/channels/connected${search(query)}`;
export const channel = (ws: string, id: string): string => `/w/${ws}/channels/${id}`;
export const status = (ws: string): string => `/w/${ws}/status`;
export const members = (ws: string): string => `/w/${ws}/members`;
export const workspace = (ws: string): string => `/w/${ws}/settings`;
export const profile = (): string => '/settings/profile';
export const notificationChoices = (): string => '/settings/notifications';
export const thumbnail = (ws: string, media: string): string =>
  `/api/v1/workspaces/${ws}/media/${media}/thumbnail`;
export const file = (ws: string, media: string): string => `/api/v1/workspaces/${ws}/media/${media}/file`;
/** The kit for an app review, as a document to be saved. */
export const reviewKit = (ws: string, connector: string): string =>
  `/api/v1/workspaces/${ws}/connectors/${connector}/review-kit.md`;

function search(query?: Record<string, string>): string {
  const text = new URLSearchParams(query ?? {}).toString();
  return text ? `?${text}` : '';
}
