import type { Page } from '@playwright/test';
import type { Demo } from './processes';

/** A screen in a state worth looking at. */
export interface Screen {
  name: string;
  /** Its address; `{ws}` and ids are filled in. */
  path: string;
  /** Brings it into the state, once it is there. */
  prepare?: (page: Page) => Promise<void>;
  /** Needs no log-in. */
  door?: boolean;
}

interface Delivery {
  id: string;
  post: string;
  state: string;
}

/** Ids of the demonstration that addresses need. */
export interface Known {
  ws: string;
  channel: string;
  file: string;
  draft: string;
  post: (state: string) => string;
}

async function items<T>(page: Page, world: Demo, path: string): Promise<T[]> {
  const answer = await page.request.get(`${world.url}/api/v1${path}`);
  if (!answer.ok()) throw new Error(`${path}: ${answer.status()} ${await answer.text()}`);
  return ((await answer.json()) as { items: T[] }).items;
}

export async function known(page: Page, world: Demo, ws: string): Promise<Known> {
  const deliveries = await items<Delivery>(page, world, `/workspaces/${ws}/deliveries?limit=100`);
  const [channel] = await items<{ id: string }>(page, world, `/workspaces/${ws}/channels`);
  const [file] = await items<{ id: string }>(page, world, `/workspaces/${ws}/media`);
  const [draft] = await items<{ id: string }>(page, world, `/workspaces/${ws}/posts?show=draft`);
  const post = (state: string) => {
    const found = deliveries.find((delivery) => delivery.state === state);
    if (!found) throw new Error(`the demonstration has no ${state} delivery`);
    return found.post;
  };
  return { ws, channel: channel?.id ?? '', file: file?.id ?? '', draft: draft?.id ?? '', post };
}

const key = (name: string) => (page: Page) => page.keyboard.press(name);

export function screens(at: Known): Screen[] {
  const w = `/w/${at.ws}`;
  return [
    { name: 'login', path: '/login', door: true },
    { name: 'forgot', path: '/forgot', door: true },
    { name: 'setup', path: '/setup#an-example', door: true },
    { name: 'reset', path: '/reset#an-example', door: true },
    { name: 'invite', path: '/invite#an-example', door: true },
    { name: 'calendar-week', path: `${w}/calendar?view=week` },
    { name: 'calendar-list', path: `${w}/calendar?view=list` },
    { name: 'calendar-empty', path: `${w}/calendar?view=week&date=2031-03-05` },
    {
      name: 'composer',
      path: `${w}/compose`,
      prepare: async (page) => {
        await page
          .getByRole('textbox')
          .first()
          .fill(
            'A walk along the harbour at six, before the town wakes up. https://postrider.example/walk #morning'
          );
        await page.waitForTimeout(1_500);
      }
    },
    { name: 'composer-draft', path: `${w}/posts/${at.draft}/edit` },
    { name: 'post-published', path: `${w}/posts/${at.post('published')}` },
    { name: 'post-failed', path: `${w}/posts/${at.post('failed')}` },
    { name: 'post-unconfirmed', path: `${w}/posts/${at.post('unconfirmed')}` },
    { name: 'post-held', path: `${w}/posts/${at.post('held')}` },
    { name: 'post-scheduled', path: `${w}/posts/${at.post('scheduled')}` },
    { name: 'inbox', path: `${w}/inbox` },
    { name: 'drafts', path: `${w}/drafts` },
    { name: 'media', path: `${w}/media` },
    { name: 'media-file', path: `${w}/media?file=${at.file}` },
    { name: 'channels', path: `${w}/channels` },
    { name: 'channels-new', path: `${w}/channels/new` },
    { name: 'channel', path: `${w}/channels/${at.channel}` },
    { name: 'status', path: `${w}/status` },
    { name: 'members', path: `${w}/members` },
    { name: 'settings', path: `${w}/settings` },
    { name: 'profile', path: '/settings/profile' },
    { name: 'notifications', path: '/settings/notifications' },
    { name: 'palette', path: `${w}/calendar?view=list`, prepare: key('Control+k') },
    { name: 'keys', path: `${w}/calendar?view=list`, prepare: key('?') },
    { name: 'not-found', path: '/nothing/here' }
  ];
}

/** Goes to a screen and waits until nothing on it is being loaded. */
export async function show(page: Page, world: Demo, screen: Screen): Promise<void> {
  await page.goto(world.url + screen.path);
  await page.locator('h1').first().waitFor({ state: 'attached' });
  await settled(page);
  await screen.prepare?.(page);
  await settled(page);
}

/** Waits until no skeleton is left and the fonts are there. */
export async function settled(page: Page): Promise<void> {
  await page.waitForFunction(
    () => document.querySelector('.skeleton') === null && document.fonts.status === 'loaded'
  );
  await page.waitForTimeout(250);
}
