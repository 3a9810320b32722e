import { api, body, type Schemas } from '$lib/api';
import type { PlatformApp } from './queries';

export type Checked = Schemas['PlatformAppChecked'];

/** Asks the network whether it knows an app and its secret. */
export function check(ws: string, app: PlatformApp): Promise<Checked> {
  return body(
    app.shared
      ? api.POST('/api/v1/platform-apps/{app}/check', { params: { path: { app: app.id } } })
      : api.POST('/api/v1/workspaces/{ws}/platform-apps/{app}/check', {
          params: { path: { ws, app: app.id } }
        })
  );
}

export async function remove(ws: string, app: PlatformApp): Promise<void> {
  if (app.shared) await api.DELETE('/api/v1/platform-apps/{app}', { params: { path: { app: app.id } } });
  else {
    await api.DELETE('/api/v1/workspaces/{ws}/platform-apps/{app}', {
      params: { path: { ws, app: app.id } }
    });
  }
}

/** How a verdict of the network looks and reads. */
export function verdict(checked: Checked): { tone: 'ok' | 'bad' | 'warn'; id: string } {
  switch (checked.verdict) {
    case 'accepted':
      return { tone: 'ok', id: 'channels-keys-accepted' };
    case 'refused':
      return { tone: 'bad', id: 'channels-keys-refused' };
    default:
      return { tone: 'warn', id: 'channels-keys-unknown' };
  }
}
