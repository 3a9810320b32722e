import { join } from 'node:path';
import type { APIRequestContext, Locator, Page } from '@playwright/test';
import { database } from './support/postgres';
import { fault, refused } from './support/faults';
import { logInByForm, publishNow, setUp, workspaceOf } from './support/newcomer';
import { demo, fresh, type Demo, type Fresh } from './support/processes';
import { expect, logIn, test } from './support/test';

/**
 * The whole loop as a newcomer walks it, on an instance that nobody has set up: from the printed address to
 * a published post, a moved one, a failed one that is repaired and an uncertain one that is settled.
 */
const PICTURE = join(import.meta.dirname, 'files/harbour.png');
const ALT = 'The harbour in the morning, the sun over flat water';

async function connectBluesky(page: Page, networks: Demo, ws: string): Promise<void> {
  await page.goto(new URL(`/w/${ws}/channels/new`, page.url()).href);
  await page.getByRole('link', { name: /Bluesky/ }).click();
  await page.getByLabel('Handle or e-mail address').fill('ada.sandbox.test');
  await page.getByLabel('App password').fill('wrong wrong wrong');
  await page.getByText('More settings').click();
  await page.getByLabel('Server', { exact: true }).fill(networks.networks);
  await page.getByRole('button', { name: 'Connect', exact: true }).click();
  await expect(page.getByRole('alert').first()).toBeVisible();
  await page.getByLabel('App password').fill('q3fz-2mna-wd7k-ehx5');
  await page.getByRole('button', { name: 'Connect', exact: true }).click();
  await expect(page.getByText(/is connected/).first()).toBeVisible();
}

async function connectMastodon(page: Page, server: string, ws: string): Promise<void> {
  await page.goto(new URL(`/w/${ws}/channels/new`, page.url()).href);
  await page.getByRole('link', { name: /Mastodon/ }).click();
  await page.getByLabel('Server').fill(server);
  await page.getByRole('button', { name: 'Continue to Mastodon' }).click();
  await page.getByRole('button', { name: 'Allow' }).click();
  await expect(page.getByText(/is connected/).first()).toBeVisible();
}

/** Ticks a channel unless it is ticked: those of the last post are. */
async function tick(page: Page, name: RegExp): Promise<void> {
  const chip = page.getByRole('button', { name, pressed: false });
  await page.getByRole('button', { name }).first().waitFor();
  if (await chip.isVisible()) await chip.click();
}

async function untick(page: Page, name: RegExp): Promise<void> {
  const ticked = page.getByRole('button', { name, pressed: true });
  while (await ticked.first().isVisible()) await ticked.first().click();
}

const text = (page: Page): Locator => page.getByRole('textbox', { name: 'Text', exact: true });

test.describe('the loop of a newcomer', () => {
  test.describe.configure({ mode: 'serial' });
  let at: Fresh;
  let ws = '';

  test.beforeAll(async ({ world }, { project }) => {
    at = await fresh(world, project.name === 'postgres' ? database() : undefined);
  });
  test.afterAll(() => at?.stop());

  test('set up, connect two networks, write with a picture, fix, publish and look at it', async ({
    page,
    world
  }) => {
    test.setTimeout(240_000);
    await setUp(page, at);
    ws = workspaceOf(page);
    await connectBluesky(page, world, ws);
    await connectMastodon(page, world.servers.mastodon ?? '', ws);

    await page.goto(`${at.url}/w/${ws}/compose`);
    await tick(page, / on Bluesky$/);
    await tick(page, / on Mastodon$/);
    const long = 'The harbour at six. '.repeat(20).trim();
    await text(page).fill(long);
    await page.locator('input[type=file]').first().setInputFiles(PICTURE);
    await page
      .getByLabel(/^Alternative text/)
      .first()
      .fill(ALT);

    // 399 characters fit Mastodon and not Bluesky: the list says so, and its button makes a thread of it, for Bluesky alone.
    const problem = page.getByRole('button', { name: /Split into a thread/ }).first();
    await problem.click();
    await expect(problem).toBeHidden();
    await page.getByRole('tab').nth(1).click();
    await expect(page.getByRole('textbox', { name: /^Part 2/ })).toBeVisible();
    await publishNow(page);

    // What happens is told without a reload.
    await expect(page.getByText('Publishing in 10 seconds.')).toBeVisible();
    await page.getByRole('link', { name: 'View' }).click();
    await expect(page.getByText('Published').first()).toBeVisible({ timeout: 60_000 });
    const link = page.getByRole('link', { name: /on Bluesky/ }).first();
    const opened = page.context().waitForEvent('page');
    await link.click();
    const sandbox = await opened;
    await sandbox.waitForLoadState();
    expect(new URL(sandbox.url()).port).toBe(new URL(world.networks).port);
    await expect(sandbox.getByText('The harbour at six.').first()).toBeVisible();
    await expect(sandbox.getByAltText(ALT).first()).toBeVisible();
  });

  test('a failed post is understood and repaired', async ({ page, world, request }) => {
    test.setTimeout(180_000);
    await logInByForm(page, at);
    await fault(request, world.networks, refused('The text was not accepted.'));
    await page.goto(`${at.url}/w/${ws}/compose`);
    await tick(page, / on Bluesky$/);
    await untick(page, / on Mastodon$/);
    await text(page).fill('Cinnamon rolls until they are gone');
    await publishNow(page);
    await page.getByRole('link', { name: 'View' }).click();
    await expect(page.getByText('The text was not accepted.').first()).toBeVisible({ timeout: 60_000 });
    await expect(page.getByText('Failed').first()).toBeVisible();

    // The way in for whoever comes back later: one entry in the inbox, with its button.
    await page.goto(`${at.url}/w/${ws}/inbox`);
    await expect(page.getByText('Cinnamon rolls until they are gone')).toBeVisible();
    await page
      .getByRole('link', { name: /Cinnamon rolls/ })
      .first()
      .click();
    await page.getByRole('button', { name: 'Try again' }).first().click();
    await expect(page.getByText('Published').first()).toBeVisible({ timeout: 60_000 });
  });

  test('another post is moved, and moved back', async ({ page, isMobile }) => {
    test.setTimeout(120_000);
    await logInByForm(page, at);
    await page.goto(`${at.url}/w/${ws}/compose?at=${nextDay()}T10:00`);
    await tick(page, / on Bluesky$/);
    await text(page).fill('Rye with walnuts, new on the shelf');
    await page.getByRole('button', { name: 'Schedule' }).click();
    await expect(page.getByText(/^Scheduled for/)).toBeVisible();
    await page.goto(`${at.url}/w/${ws}/calendar?view=week&date=${nextDay()}`);
    const card = page.getByRole('link', { name: /Rye with walnuts/ }).first();
    await card.waitFor();
    // The week opens at the time of day it is: near an edge, what is carried would scroll it.
    await card.evaluate((element) => element.scrollIntoView({ block: 'center' }));
    const box = await card.boundingBox();
    if (!box) throw new Error('the card is not shown');
    const from = { x: box.x + box.width / 2, y: box.y + 12 };
    if (isMobile) await touchDrag(page, from, { x: from.x, y: from.y + 112 });
    else {
      await page.mouse.move(from.x, from.y);
      await page.mouse.down();
      await page.mouse.move(from.x, from.y + 60, { steps: 6 });
      await page.mouse.move(from.x, from.y + 112, { steps: 6 });
      await page.mouse.up();
    }
    await expect(page.getByText(/^Moved to .*12:00/)).toBeVisible();
    await page.getByRole('button', { name: 'Undo' }).click();
    await expect(page.getByText(/^Moved back to .*10:00/).first()).toBeAttached();
    await expect(card).toHaveAccessibleName(/10:00/);
  });
});

/** What a person would copy at the network: here from the sandbox's own list of what became visible. */
async function remoteLink(request: APIRequestContext, world: Demo, words: string): Promise<string> {
  const answer = await request.get(`${world.networks}/_visible`);
  const { visible } = (await answer.json()) as {
    visible: { instance?: string; account: string; id: string; text: string }[];
  };
  const found = visible.filter(
    ({ instance, text }) => instance === 'gotosocial' && text.includes(words.replace(/…$/, '').slice(0, 40))
  );
  expect(found, 'it is there, and once').toHaveLength(1);
  return `${world.servers.gotosocial}/@${found[0]?.account}/statuses/${found[0]?.id}`;
}

test('an unconfirmed post is settled by a person', async ({ page, request }) => {
  test.setTimeout(180_000);
  // A world of its own, since what is settled here is looked at elsewhere.
  const world = await demo();
  try {
    const ws = await logIn(page, world);
    await page.goto(`${world.url}/w/${ws}/inbox`);
    const row = page.getByRole('group').filter({ hasText: 'Unconfirmed' }).first();
    await row.getByRole('link').first().click();
    await expect(page.getByText('What is known').first()).toBeVisible();
    const text = await page.getByRole('heading', { level: 1 }).innerText();
    await page.getByRole('button', { name: /It is there/ }).click();
    const dialog = page.getByRole('dialog');
    const other = dialog.getByRole('radio', { name: 'Another one' });
    if (await other.isVisible()) await other.check();
    await dialog.getByLabel('Link of the post').fill('not a link at all');
    await dialog.getByRole('button', { name: 'That is it' }).click();
    await expect(dialog.getByRole('alert').first()).toBeVisible();
    await dialog.getByLabel('Link of the post').fill(await remoteLink(request, world, text));
    await dialog.getByRole('button', { name: 'That is it' }).click();
    await expect(dialog).toBeHidden();
    await expect(page.getByText('Unconfirmed')).toHaveCount(0);
    await expect(page.getByText('Published').first()).toBeVisible();
  } finally {
    await world.stop();
  }
});

/** Tomorrow by the clock of the workspace. */
function nextDay(): string {
  const tomorrow = new Date(Date.now() + 86_400_000);
  return new Intl.DateTimeFormat('en-CA', { timeZone: 'Europe/Lisbon' }).format(tomorrow);
}

/** A finger that waits, and then pulls. */
async function touchDrag(
  page: Page,
  from: { x: number; y: number },
  to: { x: number; y: number }
): Promise<void> {
  const session = await page.context().newCDPSession(page);
  const touch = (type: string, points: object[]) =>
    session.send('Input.dispatchTouchEvent' as never, { type, touchPoints: points } as never);
  await touch('touchStart', [from]);
  // It is lifted after a rest, which takes longer on a busy machine; a finger that moves earlier scrolls.
  await page.locator('.ghost').first().waitFor();
  for (let step = 1; step <= 8; step += 1) {
    await touch('touchMove', [
      { x: from.x + ((to.x - from.x) * step) / 8, y: from.y + ((to.y - from.y) * step) / 8 }
    ]);
    await page.waitForTimeout(30);
  }
  await touch('touchEnd', []);
}
