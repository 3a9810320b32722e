import { accessible } from './support/axe';
import { known, screens, settled, show } from './support/screens';
import { expect, logIn, test } from './support/test';

/** What a screen is looked at in; the project adds the size. */
const LOOKS = [
  { theme: 'light', dir: 'ltr' },
  { theme: 'dark', dir: 'ltr' },
  { theme: 'light', dir: 'rtl' }
];

test('every screen is accessible in light, dark and from right to left, and fits its width', async ({
  page,
  world,
  context
}) => {
  test.setTimeout(600_000);
  const ws = await logIn(page, world);
  const list = screens(await known(page, world, ws));
  const cookies = await context.cookies();
  const found: string[] = [];
  for (const screen of list) {
    await test.step(screen.name, async () => {
      if (screen.door) await context.clearCookies();
      else await context.addCookies(cookies);
      await show(page, world, screen);
      for (const { theme, dir } of LOOKS) {
        await page.evaluate(
          ([theme, dir]) => {
            document.documentElement.dataset.theme = theme;
            document.documentElement.dir = dir ?? 'ltr';
          },
          [theme, dir]
        );
        await settled(page);
        const where = `${screen.name}, ${theme}, ${dir}`;
        await accessible(page, where).catch((error: Error) => found.push(error.message));
        const [needs, has] = await page.evaluate(() => [
          document.documentElement.scrollWidth,
          window.innerWidth
        ]);
        if ((needs ?? 0) > (has ?? 0)) found.push(`${where}: ${needs} px wide in a window of ${has} px`);
      }
    });
  }
  expect(found).toEqual([]);
});

test('every screen fits a window of 320 pixels', async ({ page, world }) => {
  test.setTimeout(300_000);
  await page.setViewportSize({ width: 320, height: 700 });
  const ws = await logIn(page, world);
  for (const screen of screens(await known(page, world, ws))) {
    await show(page, world, screen);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    expect.soft(wide, screen.name).toBeLessThanOrEqual(320);
  }
});

/** How many things on the page would move for longer than anybody sees. */
const moving = () =>
  [...document.querySelectorAll('*')]
    .map((element) => getComputedStyle(element))
    .filter(({ animationDuration, transitionDuration }) =>
      `${animationDuration},${transitionDuration}`.split(',').some((text) => parseFloat(text) > 0.001)
    ).length;

test('whoever wants less motion gets none', async ({ desk: { page, ws }, world }) => {
  await page.goto(`${world.url}/w/${ws}/calendar?view=week`);
  await page.locator('h1').first().waitFor({ state: 'attached' });
  await page.keyboard.press('Control+k');
  await expect(page.getByRole('combobox')).toBeVisible();
  expect(await page.evaluate(moving), 'there is motion to be ended').toBeGreaterThan(0);
  await page.emulateMedia({ reducedMotion: 'reduce' });
  expect(await page.evaluate(moving)).toBe(0);
});
