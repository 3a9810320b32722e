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
