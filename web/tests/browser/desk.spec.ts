import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { accessible } from './support/axe';
import { Clicks, tell } from './support/clicks';
import { publishNow } from './support/newcomer';
import { expect, logIn, test } from './support/test';

/** Work at a desk that is in use: the demonstration's bakery. */
const PICTURE = join(import.meta.dirname, 'files/harbour.png');

/** A day of a later week, by the clock of the workspace, on which the demonstration has nothing. */
function later(days = 30): string {
  return new Intl.DateTimeFormat('en-CA', { timeZone: 'Europe/Lisbon' }).format(
    Date.now() + days * 86_400_000
  );
}

const api = (ws: string, path: string) => `/api/v1/workspaces/${ws}${path}`;

async function post<T>(page: Page, url: string, data: object): Promise<T> {
  const answer = await page.request.post(url, { data, headers: { origin: new URL(url).origin } });
  expect(answer.ok(), await answer.text()).toBe(true);
  return (await answer.json()) as T;
}

/** A scheduled post on the first channel that can be posted to. */
async function scheduled(page: Page, url: string, ws: string, text: string, local: string): Promise<string> {
  const answer = await page.request.get(url + api(ws, '/channels'));
  const { items } = (await answer.json()) as {
    items: { id: string; handle: string; health: { refused_since?: string } }[];
  };
  const channel = items.find(
    ({ health, handle }) => !health.refused_since && handle.includes('sandbox.test')
  );
  const made = await post<{ id: string }>(page, url + api(ws, '/posts'), {
    parts: [{ text }],
    channels: [{ channel: channel?.id }],
    when: { local }
  });
  return made.id;
}

test.describe('calendar', () => {
  test('the address holds view, week and filter, and the Back key goes through them', async ({
    desk,
    world
  }) => {
    const { page, ws } = desk;
    await page.goto(`${world.url}/w/${ws}/calendar?view=week`);
    await page.getByRole('button', { name: 'Week after' }).click();
    await expect(page).toHaveURL(/date=\d{4}-\d\d-\d\d/);
    const week = page.url();
    await page.getByRole('radio', { name: 'List' }).check();
    await expect(page).toHaveURL(/view=list/);
    await page.goBack();
    await expect(page).toHaveURL(week);
    await page.reload();
    await expect(page.getByRole('radio', { name: 'Week' })).toBeChecked();
  });

  test('a press on a quarter hour begins a post at that time', async ({ desk, world }) => {
    const { page, ws } = desk;
    await page.goto(`${world.url}/w/${ws}/calendar?view=week&date=${later()}`);
    const day = page.locator(`[data-day="${later()}"]`);
    await day.scrollIntoViewIfNeeded();
    const box = await day.boundingBox();
    if (!box) throw new Error('the day is not shown');
    // In the middle of the window: the day is longer than it.
    await page.mouse.click(box.x + box.width / 2, 600);
    await expect(page.getByRole('button', { name: /^Time/ })).toContainText(/:(00|15|30|45)/);
    await expect(page.getByRole('textbox', { name: 'Text', exact: true })).toBeFocused();
  });

  test('a post is moved by keys alone, and Undo takes it back', async ({ desk, world }) => {
    const { page, ws } = desk;
    const day = later(31);
    await scheduled(page, world.url, ws, 'Moved by keys', `${day}T10:00`);
    await page.goto(`${world.url}/w/${ws}/calendar?view=week&date=${day}`);
    const card = page.getByRole('link', { name: /Moved by keys/ }).first();
    await card.focus();
    await page.keyboard.press('m');
    for (const key of ['ArrowDown', 'ArrowDown', 'Shift+ArrowDown', 'Enter']) await page.keyboard.press(key);
    await expect(page.getByText(/^Moved to .*11:30/).first()).toBeVisible();
    await expect(card).toHaveAccessibleName(/11:30/);
    await page.getByRole('button', { name: 'Undo' }).click();
    await expect(card).toHaveAccessibleName(/10:00/);
  });

  test('what somebody else does shows without a reload', async ({ desk, world }) => {
    const { page, ws } = desk;
    const day = later(32);
    await page.goto(`${world.url}/w/${ws}/calendar?view=week&date=${day}`);
    await page.locator(`[data-day="${day}"]`).waitFor();
    await scheduled(page, world.url, ws, 'Written elsewhere', `${day}T09:00`);
    await expect(page.getByRole('link', { name: /Written elsewhere/ })).toBeVisible();
  });

  test('a tab goes on hearing of it when the one that listened for both is closed', async ({
    desk,
    world
  }) => {
    const { page, ws } = desk;
    const day = later(33);
    const address = `${world.url}/w/${ws}/calendar?view=week&date=${day}`;
    await page.goto(address);
    await page.locator(`[data-day="${day}"]`).waitFor();
    const second = await page.context().newPage();
    await second.goto(address);
    await second.locator(`[data-day="${day}"]`).waitFor();
    await scheduled(second, world.url, ws, 'Heard by the first', `${day}T09:00`);
    await expect(second.getByRole('link', { name: /Heard by the first/ })).toBeVisible();
    // At once after the close, while nobody listens.
    await Promise.all([page.close(), scheduled(second, world.url, ws, 'Heard by nobody', `${day}T10:00`)]);
    await expect(second.getByRole('link', { name: /Heard by nobody/ })).toBeVisible();
    await scheduled(second, world.url, ws, 'Heard by itself', `${day}T11:00`);
    await expect(second.getByRole('link', { name: /Heard by itself/ })).toBeVisible();
  });
});

test.describe('composer', () => {
  test('a channel gets words of its own by writing in its tab, and goes back to the shared ones', async ({
    desk,
    world
  }) => {
    const { page, ws } = desk;
    await page.goto(`${world.url}/w/${ws}/compose`);
    const chips = page.getByRole('button', { name: / on (Bluesky|Mastodon)$/, pressed: false });
    await chips.first().waitFor();
    await chips.first().click();
    await chips.first().click();
    await page.getByRole('textbox', { name: 'Text', exact: true }).fill('Shared words');
    await page.getByRole('tab').nth(1).click();
    const text = page.getByRole('textbox', { name: 'Text', exact: true });
    await text.fill('Words of its own');
    await page.getByRole('tab', { name: 'All' }).click();
    await expect(text).toHaveValue('Shared words');
    await page.getByRole('tab').nth(1).click();
    await expect(text).toHaveValue('Words of its own');
    await page.getByRole('button', { name: 'Reset to shared' }).click();
    await expect(text).toHaveValue('Shared words');
  });

  test('what is written is saved by itself, and is there after a crash', async ({ desk, world }) => {
    const { page, ws } = desk;
    await page.goto(`${world.url}/w/${ws}/compose`);
    await page.getByRole('textbox', { name: 'Text', exact: true }).fill('An idea about the old oven');
    await expect(page.getByText(/Draft · saved/)).toBeVisible();
    await page.goto(`${world.url}/w/${ws}/drafts`);
    await expect(page.getByRole('link', { name: /An idea about the old oven/ }).first()).toBeVisible();
  });

  test('without a connection nothing is lost', async ({ desk, world, context }) => {
    const { page, ws } = desk;
    await page.goto(`${world.url}/w/${ws}/compose`);
    const text = page.getByRole('textbox', { name: 'Text', exact: true });
    await text.waitFor();
    await context.setOffline(true);
    await expect(page.getByText('You are offline.', { exact: false }).first()).toBeVisible();
    await text.fill('Written on the train');
    await context.setOffline(false);
    await expect(page.getByText(/Draft · saved/)).toBeVisible({ timeout: 40_000 });
  });

  test('two people who change the same draft both keep their words', async ({ desk, world, browser }) => {
    const { page, ws } = desk;
    const made = await post<{ id: string }>(page, world.url + api(ws, '/posts'), {
      parts: [{ text: 'First words' }],
      channels: []
    });
    const other = await browser.newContext();
    const second = await other.newPage();
    await logIn(second, world);
    for (const one of [page, second]) await one.goto(`${world.url}/w/${ws}/posts/${made.id}/edit`);
    const text = (one: Page) => one.getByRole('textbox', { name: 'Text', exact: true });
    await expect(text(page)).toHaveValue('First words');
    await expect(text(second)).toHaveValue('First words');
    await text(second).fill('Theirs');
    await expect(second.getByText(/Draft · saved/)).toBeVisible();
    await text(page).fill('Mine');
    await expect(page.getByRole('heading', { name: 'Somebody else changed this post too' })).toBeVisible();
    await expect(page.getByText('Theirs').first()).toBeVisible();
    await page.getByRole('button', { name: 'Keep mine' }).click();
    await expect(page.getByText(/Draft · saved/)).toBeVisible();
    await other.close();
  });
});

test.describe('people', () => {
  test('an invited person makes an account and is not offered what their role may not', async ({
    desk,
    world,
    browser
  }) => {
    const { page, ws } = desk;
    await page.goto(`${world.url}/w/${ws}/members`);
    await page.getByRole('button', { name: 'Invite somebody' }).click();
    const email = `ana${Date.now()}@harbour.example`;
    await page.getByLabel('Their e-mail address').fill(email);
    await page.getByLabel('Their role').selectOption('viewer');
    await page.getByRole('button', { name: 'Make the invitation' }).click();
    const link = await page.getByLabel('Link to hand over').inputValue();
    const theirs = await browser.newContext();
    const guest = await theirs.newPage();
    await guest.goto(link);
    await guest.getByLabel('Your name').fill('Ana Lima');
    await guest.getByLabel('Password', { exact: true }).fill('salt flour water time');
    await guest.getByRole('button', { name: 'Make an account and join' }).click();
    await expect(guest).toHaveURL(/\/calendar/);
    await guest.goto(`${world.url}/w/${ws}/members`);
    await expect(guest.getByText('Ana Lima').first()).toBeVisible();
    await expect(guest.getByRole('button', { name: 'Invite somebody' })).toBeHidden();
    await theirs.close();
  });

  test('a new password by a link ends the old one, and a session is ended from the profile', async ({
    desk,
    world,
    browser
  }) => {
    const { page, ws } = desk;
    const email = `rui${Date.now()}@harbour.example`;
    const invited = await post<{ link: { url: string } }>(page, world.url + api(ws, '/invitations'), {
      email,
      role: 'writer'
    });
    const theirs = await browser.newContext();
    const guest = await theirs.newPage();
    await guest.goto(invited.link.url);
    await guest.getByLabel('Your name').fill('Rui');
    await guest.getByLabel('Password', { exact: true }).fill('the first password');
    await guest.getByRole('button', { name: 'Make an account and join' }).click();
    await expect(guest).toHaveURL(/\/calendar/);
    const reset = await post<{ url: string }>(page, `${world.url}/api/v1/password-resets`, { email });
    await guest.goto(reset.url);
    await guest.getByLabel('New password').fill('the second password');
    await guest.getByRole('button', { name: 'Save the new password' }).click();
    await guest.getByLabel('E-mail address').fill(email);
    await guest.getByLabel('Password', { exact: true }).fill('the first password');
    await guest.getByRole('button', { name: 'Log in' }).click();
    await expect(guest.getByRole('alert')).toContainText('wrong');
    await guest.getByLabel('Password', { exact: true }).fill('the second password');
    await guest.getByRole('button', { name: 'Log in' }).click();
    await expect(guest).toHaveURL(/\/calendar/);
    const again = await browser.newContext();
    await logIn(await again.newPage(), { url: world.url, email, password: 'the second password' });
    await guest.goto(`${world.url}/settings/profile`);
    await guest
      .getByRole('button', { name: /^End the session/ })
      .first()
      .click();
    await expect(guest.getByText('The session has ended.')).toBeVisible();
    await Promise.all([theirs.close(), again.close()]);
  });

  test('whoever was logged out while writing logs in over the page and keeps the words', async ({
    desk,
    world,
    context
  }) => {
    const { page, ws } = desk;
    await page.goto(`${world.url}/w/${ws}/compose`);
    const text = page.getByRole('textbox', { name: 'Text', exact: true });
    await text.waitFor();
    await context.clearCookies();
    await text.fill('Words that stay');
    const dialog = page.getByRole('dialog', { name: 'Log in again' });
    await dialog.getByLabel('Password').fill(world.password);
    await dialog.getByRole('button', { name: 'Log in' }).click();
    await expect(dialog).toBeHidden();
    await expect(text).toHaveValue('Words that stay');
    await expect(page.getByText(/Draft · saved/)).toBeVisible({ timeout: 40_000 });
  });
});

test.describe('files', () => {
  test('a file is uploaded, found, described and written about', async ({ desk, world }) => {
    const { page, ws } = desk;
    await page.goto(`${world.url}/w/${ws}/media`);
    const chooser = page.waitForEvent('filechooser');
    await page.getByRole('button', { name: 'Upload' }).first().click();
    await (
      await chooser
    ).setFiles({
      name: 'pier-at-six.png',
      mimeType: 'image/png',
      buffer: (await import('node:fs')).readFileSync(PICTURE)
    });
    await page.getByRole('searchbox', { name: 'Search names and descriptions' }).fill('pier-at');
    const file = page.getByRole('list', { name: 'Files' }).getByRole('link').first();
    await expect(file).toBeVisible({ timeout: 30_000 });
    await file.click();
    await page.getByRole('textbox', { name: 'Alternative text' }).fill('A pier in the first light');
    await page.getByRole('link', { name: 'Write a post with it' }).click();
    await page.getByRole('textbox', { name: 'Text', exact: true }).fill('The pier, six in the morning');
    await expect(page.getByText(/Draft · saved/)).toBeVisible();
  });
});

test.describe('keys and the palette', () => {
  test('every place is one search away, by keys alone', async ({ desk, world }) => {
    const { page, ws } = desk;
    await page.goto(`${world.url}/w/${ws}/calendar?view=list`);
    await page.getByRole('heading', { level: 1 }).waitFor();
    await page.keyboard.press('Control+k');
    await page.getByRole('combobox', { name: 'Search and commands' }).fill('media');
    await page.keyboard.press('Enter');
    await expect(page).toHaveURL(/\/media/);
    await page.keyboard.press('g');
    await page.keyboard.press('c');
    await expect(page).toHaveURL(/\/calendar/);
    await page.keyboard.press('?');
    await expect(page.getByRole('dialog', { name: 'Keys' })).toBeVisible();
  });
});

test.describe('channels', () => {
  test('disconnecting says what it does, and afterwards what it did', async ({ desk, world }) => {
    const { page, ws } = desk;
    await page.goto(`${world.url}/w/${ws}/channels`);
    await page.getByRole('list', { name: 'Channels of this workspace' }).getByRole('link').last().click();
    await page.getByRole('button', { name: /^Disconnect/ }).click();
    const dialog = page.getByRole('dialog');
    await expect(dialog.getByText(/Its tokens are destroyed here at once/)).toBeVisible();
    await dialog.getByRole('button', { name: 'Disconnect' }).click();
    await expect(page.getByText(/is disconnected/).first()).toBeVisible();
  });
});

test('the five flows need no more presses than the design promises', async ({ desk, world }) => {
  test.setTimeout(180_000);
  const { page, ws } = desk;
  await page.goto(`${world.url}/w/${ws}/channels`);
  const connect = new Clicks();
  await connect.click(page.getByRole('link', { name: 'Connect a channel' }).first());
  await connect.click(page.getByRole('link', { name: /^Bluesky/ }).first());
  await expect(page.getByLabel('App password')).toBeVisible();
  tell('connect a simple channel (to its form)', '1–2', connect.count);
  expect(connect.count).toBeLessThanOrEqual(2);

  // The channels of the last post are ticked from here on.
  await page.goto(`${world.url}/w/${ws}/compose`);
  const chip = page.getByRole('button', { name: / on Bluesky$/, pressed: false }).first();
  await chip.click();
  await page.getByRole('textbox', { name: 'Text', exact: true }).fill('So that channels are ticked');
  await page.getByRole('button', { name: 'Schedule' }).click();
  await expect(page.getByText(/^Scheduled for/).first()).toBeVisible();

  await page.goto(`${world.url}/w/${ws}/calendar?view=week&date=${later(40)}`);
  const once = new Clicks();
  await page.locator('[data-day]').first().waitFor();
  await once.press(page, 'c');
  await page
    .getByRole('textbox', { name: 'Text', exact: true })
    .fill('Written once, to where the last one went');
  await once.press(page, 'Control+Enter');
  await expect(page.getByText(/^Scheduled for/).first()).toBeVisible();
  tell('write once for the last channels at the proposed time', '0–2', once.count);
  expect(once.count).toBeLessThanOrEqual(2);

  await page.goto(`${world.url}/w/${ws}/calendar?view=week&date=${later(40)}`);
  const slot = new Clicks();
  const day = page.locator(`[data-day="${later(40)}"]`);
  await day.scrollIntoViewIfNeeded();
  const box = await day.boundingBox();
  if (!box) throw new Error('the day is not shown');
  await page.mouse.click(box.x + box.width / 2, 600);
  await page.getByRole('textbox', { name: 'Text', exact: true }).fill('From a quarter hour');
  await slot.click(page.getByRole('button', { name: 'Schedule' }));
  await expect(page.getByText(/^Scheduled for/).first()).toBeVisible();
  tell('the same from a quarter hour of the calendar', '2', slot.count + 1);
  expect(slot.count + 1).toBeLessThanOrEqual(2);

  const move = new Clicks();
  const card = page.getByRole('link', { name: /From a quarter hour/ }).first();
  const from = await card.boundingBox();
  if (!from) throw new Error('the card is not shown');
  await page.mouse.move(from.x + 40, from.y + 10);
  await page.mouse.down();
  await page.mouse.move(from.x + 40, from.y + 66, { steps: 8 });
  await page.mouse.up();
  await expect(page.getByText(/^Moved to/).first()).toBeVisible();
  tell('move a post by dragging', '0–1', move.count);

  const see = new Clicks();
  await see.click(page.getByRole('link', { name: /Inbox/ }).first());
  await see.click(
    page
      .getByRole('button', { name: 'Try again' })
      .or(page.getByRole('link', { name: /Edit it|Reconnect/ }))
      .first()
  );
  tell('see and fix a failure', '2', see.count);
  expect(see.count).toBeLessThanOrEqual(2);
});

test.describe('a network with an app', () => {
  test('shows what its review asks for, to be copied with keys and saved', async ({ desk, world }) => {
    const { page, ws } = desk;
    await page.goto(`${world.url}/w/${ws}/channels/new?platform=threads`);
    await page.getByText('App review at Threads').click();
    await expect(page.getByLabel(/^Redirect address \(OAuth callback\)/)).toHaveValue(
      `${world.url}/connect/callback/threads`
    );
    await page.locator('summary').filter({ hasText: 'threads_delete' }).focus();
    await page.keyboard.press('Enter');
    const usage = page.getByRole('group', { name: 'How it is used' }).last();
    await expect(usage).toContainText('threads_delete is used to delete it at Threads');
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await usage.getByRole('button').focus();
    await page.keyboard.press('Enter');
    await expect(usage.getByRole('button')).toHaveText('Copied');
    expect(await page.evaluate(() => navigator.clipboard.readText())).toContain('threads_delete is used');
    await accessible(page, 'the kit for a review');
    const saving = page.waitForEvent('download');
    await page.getByRole('link', { name: 'Download as Markdown' }).click();
    const saved = await saving;
    expect(saved.suggestedFilename()).toBe('threads-app-review.md');
    expect(await readFile(await saved.path(), 'utf8')).toMatch(/^# App review of Postrider at Threads\n/);
  });

  test('is connected by consent, and a post goes out', async ({ desk, world }) => {
    test.setTimeout(120_000);
    const { page, ws } = desk;
    await page.goto(`${world.url}/w/${ws}/channels/new`);
    await page.getByRole('button', { name: 'Connect Threads' }).click();
    await page.getByRole('button', { name: /Allow|Continue/ }).click();
    await expect(page.getByText(/is connected/).first()).toBeVisible();
    await page.goto(`${world.url}/w/${ws}/compose`);
    const ticked = page.getByRole('button', { name: /@/, pressed: true });
    while (await ticked.first().isVisible()) await ticked.first().click();
    await page
      .getByRole('button', { name: /Threads/ })
      .first()
      .click();
    await page.getByRole('textbox', { name: 'Text', exact: true }).fill('Written here, once 👩‍🚀');
    await publishNow(page);
    const feed = async () => await (await page.request.get(`${world.networks}/threads/ada.json`)).text();
    await expect.poll(feed, { timeout: 60_000 }).toContain('Written here, once');
  });
});
