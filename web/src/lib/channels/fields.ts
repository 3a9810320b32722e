import type { ApiError, Channel, Connector, Schemas } from '$lib/api';
import { dynamic } from '$lib/i18n';

export type ConnectField = Schemas['ConnectField'];

/** How a field is shown. Networks describe their fields by name; the words for common names are ours. */
export interface Shown {
  field: ConnectField;
  label: string;
  hint?: string;
  kind: 'secret' | 'switch' | 'lines' | 'address' | 'text';
}

const LINES = ['relays'];
const ADDRESSES = ['host', 'server', 'url', 'video_service', 'media_server'];

/** `media_server` as `Media server`, for a field that nobody has written words for. */
const spoken = (name: string): string =>
  (name.charAt(0).toUpperCase() + name.slice(1)).replaceAll(/[_-]/g, ' ');

function kind(field: ConnectField): Shown['kind'] {
  if (field.secret) return 'secret';
  if (field.default === 'true' || field.default === 'false') return 'switch';
  if (LINES.includes(field.name)) return 'lines';
  return ADDRESSES.includes(field.name) ? 'address' : 'text';
}

export function shown(field: ConnectField): Shown {
  const id = `channels-field-${field.name.replaceAll('_', '-')}`;
  return { field, label: dynamic(id) ?? spoken(field.name), hint: dynamic(`${id}-hint`), kind: kind(field) };
}

/** What must be filled in comes first; the rest is for those who look for it. */
export function split(fields: ConnectField[]): { needed: Shown[]; more: Shown[] } {
  const all = fields.map(shown);
  return {
    needed: all.filter(({ field }) => !field.optional),
    more: all.filter(({ field }) => field.optional)
  };
}

/** The pointer of a field in the request, by which the server names it. */
export const pointer = (name: string): string => `/fields/${name}`;

/**
 * What is sent for these fields: one that was left empty is left out, so that its default holds, and so is
 * what was typed for a network that was chosen before.
 */
export function filled(
  values: Record<string, string>,
  fields: Pick<ConnectField, 'name'>[]
): Record<string, string> {
  const entries = fields.map(({ name }) => [name, (values[name] ?? '').trim()] as const);
  return Object.fromEntries(entries.filter(([, value]) => value !== ''));
}

/** The server's sentences about single fields, by name. */
export function fieldErrors(error: ApiError | undefined): Record<string, string> {
  const issues = error?.problem?.issues ?? [];
  const found = issues.filter(({ field }) => field.startsWith('/fields/'));
  return Object.fromEntries(found.map(({ field, detail }) => [field.slice('/fields/'.length), detail]));
}

/** How a network is connected: by logging in, by its fields alone, or by consent on its own page. */
export type Way = 'session' | 'fixed' | 'oauth';

export function wayOf(connector: Pick<Connector, 'descriptor'>): Way {
  const auth = connector.descriptor.auth as { kind?: string } | undefined;
  return auth?.kind === 'oauth' || auth?.kind === 'session' ? auth.kind : 'fixed';
}

/** What is known already of a channel that is connected again; secrets never are. */
export function before(fields: ConnectField[], channel: Channel | undefined): Record<string, string> {
  if (!channel) return {};
  const host = /^https?:\/\//.test(channel.host) ? channel.host : '';
  const known: Record<string, string> = {
    host,
    server: host,
    identifier: channel.handle,
    name: channel.name
  };
  const open = fields.filter(({ name, secret }) => !secret && known[name]);
  return Object.fromEntries(open.map(({ name }) => [name, known[name] ?? '']));
}
