import { api, body, type Schemas } from '$lib/api';
import * as paths from '$lib/paths';
import { remember } from './begun';

export type Fields = Record<string, string>;

/** Connects by what the form of a network says. */
export const connect = (
  ws: string,
  platform: string,
  fields: Fields
): Promise<Schemas['ChannelsConnected']> =>
  body(
    api.POST('/api/v1/workspaces/{ws}/channels', { params: { path: { ws } }, body: { platform, fields } })
  );

/** The whole page goes to the network; where it leads back to is said now. */
export async function leave(ws: string, platform: string, fields: Fields, channel?: string): Promise<void> {
  const request = { platform, fields, return_to: paths.connected(ws) };
  const started = await body(
    api.POST('/api/v1/workspaces/{ws}/channels/oauth/start', { params: { path: { ws } }, body: request })
  );
  remember({ ws, id: started.id, platform, channel });
  location.assign(started.authorize_url);
}
