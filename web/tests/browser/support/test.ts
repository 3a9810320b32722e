import { expect, test as base, type Page } from '@playwright/test';
import { demo, type Demo } from './processes';

interface Fixtures {
  /** What the content policy and the browser complained about; a test that leaves some fails. */
  complaints: string[];
  /** A page that is logged in to the demonstration; its workspace is `ws`. */
  desk: { page: Page; ws: string };
}

interface Shared {
  /** One demonstration for all tests of a worker. */
  world: Demo;
}

export const test = base.extend<Fixtures, Shared>({
  world: [
    // eslint-disable-next-line no-empty-pattern
    async ({}, use) => {
      const running = await demo();
      await use(running);
      await running.stop();
    },
    { scope: 'worker', timeout: 120_000 }
  ],

  complaints: [
    async ({ context }, use) => {
      const found: string[] = [];
      await context.exposeFunction('postriderComplains', (text: string) => found.push(text));
      await context.addInitScript(() => {
        document.addEventListener('securitypolicyviolation', (event) => {
          const text = `${event.violatedDirective}: ${event.blockedURI} ${event.sample} at ${event.sourceFile}`;
          (window as unknown as { postriderComplains: (text: string) => void }).postriderComplains(text);
        });
      });
      context.on('weberror', (error) => found.push(`error: ${error.error().message}`));
      context.on('console', (message) => {
        if (/content security policy|trusted type/i.test(message.text()))
          found.push(`console: ${message.text()}`);
      });
      await use(found);
      expect(found, 'the content policy or the browser complained').toEqual([]);
    },
    { auto: true }
  ],

  desk: async ({ page, world }, use) => {
    const ws = await logIn(page, world);
    await use({ page, ws });
  }
});

export { expect };

/** Logs in without the form, which has a test of its own; the answer is the first workspace. */
export async function logIn(
  page: Page,
  world: { url: string; email: string; password: string }
): Promise<string> {
  const data = { email: world.email, password: world.password };
  const answer = await page.request.post(`${world.url}/api/v1/sessions`, {
    data,
    headers: { origin: world.url }
  });
  expect(answer.ok(), await answer.text()).toBe(true);
  const me = (await (await page.request.get(`${world.url}/api/v1/me`)).json()) as {
    workspaces: { id: string }[];
  };
  const [workspace] = me.workspaces;
  if (!workspace) throw new Error('the demonstration has no workspace');
  return workspace.id;
}
