import { join } from 'node:path';
import type { Locator, Page } from '@playwright/test';
import { accessible } from './support/axe';
import { logInByForm, publishNow, setUp, workspaceOf } from './support/newcomer';
import { fresh, type Demo, type Fresh } from './support/processes';
import { holding, sealed } from './support/sealed';
import { expect, test } from './support/test';

/** An operator who has just set up an instance, and three Pages with their accounts of Instagram. */
const files = join(import.meta.dirname, 'files');
const PICTURES = ['harbour.png', 'quay.png'].map((name) => join(files, name));
const WORDS = 'Two views of the quay';

/** What the platform shows a developer of the app that is registered there. */
interface App {
  id: string;
  secret: string;
  redirect_uris: string[];
}

async function registered(page: Page, networks: string, host: string): Promise<App> {
  const shown = (await (await page.request.get(`${networks}/_${host}`)).json()) as { apps: App[] };
  const [app] = shown.apps;
  if (!app) throw new Error(`${host} has no app`);
  return app;
}

/** Opens a network that has no keys, and does what its screen asks for: the addresses go there, the keys come here. */
async function enterKeys(page: Page, world: Demo, at: string, network: string): Promise<void> {
  const host = network.toLowerCase();
  await page.goto(at);
  await page.getByRole('link', { name: new RegExp(`^${network} .*needs keys`, 'i') }).click();
  await page
    .getByLabel(/^Redirect address/)
    .first()
    .waitFor();
  const fields = await page.getByLabel(/^Redirect address/).all();
  const addresses = await Promise.all(fields.map((field) => field.inputValue()));
  const app = await registered(page, world.networks, host);
  const data = { id: app.id, redirect_uris: [...app.redirect_uris, ...addresses] };
  expect((await page.request.post(`${world.networks}/_${host}/apps`, { data })).ok()).toBe(true);
  await accessible(page, `the keys of ${network}`);
  await page.getByLabel('Client ID').fill(app.id);
  await page.getByLabel('Client secret').fill(app.secret);
  await page.getByRole('button', { name: 'Save and check' }).click();
}

/** Consents, and adds the three Pages that a person runs alone, or their accounts. */
async function addThree(page: Page, network: string): Promise<void> {
  await page.getByRole('button', { name: `Continue to ${network}` }).click();
  await page.getByRole('button', { name: /Allow|Continue/ }).click();
  // One on which nothing may be published is grey, and says why.
  await expect(page.getByRole('checkbox', { name: /Galway Town Council/ })).toBeDisabled();
  await accessible(page, `the choice of ${network}`);
  for (const other of ['Lighthouse', 'Aran Ferries']) {
    const box = page.getByRole('checkbox', { name: new RegExp(other) });
    if (await box.isEnabled()) await box.uncheck();
  }
  await page.getByRole('button', { name: /^Add 3/ }).click();
  await expect(page.getByText(/are connected/).first()).toBeVisible();
}

/** A minute of the workspace's clock, as addresses have it. */
const minute = (ahead: number): string =>
  new Intl.DateTimeFormat('sv-SE', { timeZone: 'Europe/Lisbon', dateStyle: 'short', timeStyle: 'short' })
    .format(Date.now() + ahead * 60_000)
    .replace(' ', 'T');

const chip = (page: Page, name: RegExp): Locator => page.getByRole('button', { name }).first();

async function choose(page: Page, names: RegExp[]): Promise<void> {
  await chip(page, / on Facebook$/).waitFor();
  const ticked = page.getByRole('button', { name: / on /, pressed: true });
  while (await ticked.first().isVisible()) await ticked.first().click();
  for (const name of names) await chip(page, name).click();
}

/** More than what a caption shows before it is unfolded. */
const CAPTION = `${'Warm bread from six, and the first ferry with it. '.repeat(4)}The last word is here.`;

interface Listed {
  id: string;
  name: string;
  platform: string;
}

/** A draft with two pictures and a second part, on one channel of each network; the answer is where it is edited. */
async function drafted(page: Page, url: string, ws: string): Promise<string> {
  const api = `${url}/api/v1/workspaces/${ws}`;
  const list = async (path: string) =>
    ((await (await page.request.get(`${api}/${path}`)).json()) as { items: Listed[] }).items;
  const files = await list('media');
  const media = ['harbour', 'quay'].map((alt) => ({
    id: files.find(({ name }) => name === `${alt}.png`)?.id,
    alt: `The ${alt}`
  }));
  const connected = await list('channels');
  const channels = ['facebook', 'instagram_facebook', 'threads'].map((wanted) => ({
    channel: connected.find(({ platform }) => platform === wanted)?.id
  }));
  const data = { parts: [{ text: CAPTION, media }, { text: 'What is below it' }], channels };
  const made = await page.request.post(`${api}/posts`, { data, headers: { origin: url } });
  expect(made.ok(), await made.text()).toBe(true);
  return `${url}/w/${ws}/posts/${((await made.json()) as { id: string }).id}/edit`;
}

const shown = (page: Page, world: Demo, at: string) => async () =>
  await (await page.request.get(`${world.networks}/${at}.json`)).text();

test.describe('an operator with an app of Meta', () => {
  test.describe.configure({ mode: 'serial' });
  let at: Fresh;
  let ws = '';

  test.beforeAll(async ({ world }) => {
    at = await fresh(world);
  });
  test.afterAll(() => at?.stop());

  test('enters the keys, connects Pages and accounts, and one post goes to all', async ({ page, world }) => {
    test.setTimeout(420_000);
    await setUp(page, at);
    ws = workspaceOf(page);
    const networks = `${at.url}/w/${ws}/channels/new`;
    await enterKeys(page, world, networks, 'Facebook');
    await addThree(page, 'Facebook');
    // The same keys serve the accounts of the Pages, which are one press away.
    await page.getByRole('link', { name: 'Connect Instagram by Facebook too' }).click();
    await addThree(page, 'Instagram by Facebook');
    await enterKeys(page, world, networks, 'Threads');
    await page.getByRole('button', { name: 'Continue to Threads' }).click();
    await page.getByRole('button', { name: /Allow|Continue/ }).click();
    await expect(page.getByText(/is connected/).first()).toBeVisible();

    await page.goto(`${at.url}/w/${ws}/compose?at=${minute(3)}`);
    await choose(page, [/harbourbakery.* on Facebook$/, /harbourbakery.* on Instagram/, / on Threads$/]);
    await page.getByRole('textbox', { name: 'Text', exact: true }).fill(WORDS);
    for (const file of PICTURES) await page.locator('input[type=file]').first().setInputFiles(file);
    // 2.1 to 1 is too wide for Instagram: one click cuts it, for Instagram alone.
    const crop = page.getByRole('button', { name: /^Crop to/ }).first();
    await crop.click();
    await expect(crop).toBeHidden();
    await page.getByRole('button', { name: /^Schedule/ }).click();
    for (const place of ['facebook/harbourbakery', 'instagram/harbourbakery', 'threads/ada']) {
      await expect.poll(shown(page, world, place), { timeout: 260_000 }).toContain(WORDS);
    }
  });

  test('each network shows a post as its own, in each format', async ({ page }) => {
    await logInByForm(page, at);
    await page.goto(await drafted(page, at.url, ws));
    const [facebook, instagram, threads] = ['Facebook', 'Instagram by Facebook', 'Threads'].map((network) =>
      page.getByRole('region', { name: new RegExp(` on ${network}$`) })
    ) as [Locator, Locator, Locator];
    const picture = (where: Locator, name: string) => where.getByRole('img', { name: `The ${name}` });

    for (const name of ['harbour', 'quay']) {
      await expect(picture(facebook, name)).toBeVisible();
      await expect(picture(threads, name)).toBeAttached();
    }
    for (const network of [facebook, instagram])
      await expect(network.getByRole('list', { name: 'First comments' })).toContainText('What is below it');
    await expect(threads.getByRole('article')).toHaveCount(2);

    await expect(picture(instagram, 'harbour')).toBeVisible();
    await instagram.getByRole('button', { name: 'Next' }).press('Enter');
    await expect(picture(instagram, 'quay')).toBeVisible();
    await expect(picture(instagram, 'harbour')).toHaveCount(0);
    await expect(instagram.getByText('2 of 2')).toBeVisible();
    await expect(instagram.getByRole('button', { name: 'Previous' })).toBeFocused();
    await expect(instagram.getByText('The last word is here.')).toHaveCount(0);
    await instagram.getByRole('button', { name: 'more', exact: true }).click();
    await expect(instagram.getByText('The last word is here.')).toBeVisible();
    await accessible(page, 'previews of posts');

    const folded = page.locator('details:not([open]) > summary', { hasText: 'Options for' });
    while ((await folded.count()) > 0) await folded.first().click();
    const people = page.getByRole('group', { name: 'People tagged', exact: true });
    await people.getByRole('button', { name: 'Add' }).click();
    await people.getByLabel('Name on Instagram').fill('okonkwophoto');
    await people.getByLabel('File', { exact: true }).fill('2');
    await people.getByLabel('From the left (%)').fill('25');
    await expect(instagram.getByRole('img', { name: 'Tagged: okonkwophoto' })).toBeVisible();
    const format = page.getByLabel('Shown as');
    const kind = page.getByLabel('Kind of post');
    await format.selectOption('story');
    await kind.selectOption('story');
    await expect(facebook.getByRole('figure', { name: 'Story 1 of 1' })).toBeVisible();
    await expect(instagram.getByRole('figure')).toHaveCount(2);
    await expect(instagram.getByRole('figure', { name: 'Story 2 of 2' })).toContainText('shows no text');
    await format.selectOption('reel');
    await kind.selectOption('reel');
    await expect(facebook.getByRole('button', { name: 'See more' })).toBeVisible();
    await expect(instagram.getByText('Original audio')).toBeVisible();
    await accessible(page, 'previews of reels');
  });

  test('disconnecting one Page destroys its token and leaves the others', async ({ page, world }) => {
    test.setTimeout(180_000);
    await logInByForm(page, at);
    const before = sealed(at.data);
    const facebook = before.get('facebook');
    if (!facebook) throw new Error('no consent of Facebook is kept');
    expect(holding(at.data, facebook)).not.toEqual([]);

    await page.goto(`${at.url}/w/${ws}/channels`);
    const rows = page.getByRole('list', { name: 'Channels of this workspace' }).getByRole('listitem');
    const row = rows.filter({ hasText: 'quaystreetmarket' }).filter({ hasNotText: 'Instagram' });
    await row.getByRole('link').first().click({ timeout: 20_000 });
    await page.getByRole('button', { name: /^Disconnect/ }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('button', { name: 'Disconnect' }).click();
    await expect(page.getByText(/is disconnected/).first()).toBeVisible();
    await expect(dialog.getByText('The tokens are destroyed.')).toBeVisible();
    // What was sealed with its token is in no file any more, and the other consent is as it was.
    await expect.poll(() => holding(at.data, facebook), { timeout: 60_000 }).toEqual([]);
    expect(before.get('instagram_facebook')).toBeDefined();
    expect(sealed(at.data).get('instagram_facebook')).toEqual(before.get('instagram_facebook'));

    await page.goto(`${at.url}/w/${ws}/compose`);
    await choose(page, [/okonkwophoto.* on Facebook$/i]);
    await page.getByRole('textbox', { name: 'Text', exact: true }).fill('The others go on');
    await publishNow(page);
    const feed = shown(page, world, 'facebook/okonkwophoto');
    await expect.poll(feed, { timeout: 60_000 }).toContain('The others go on');
  });
});
