import { join } from 'node:path';
import { known, screens, settled, show } from './support/screens';
import { logIn, test } from './support/test';

/** Where the pictures go; the folder is not kept. */
const folder = process.env.POSTRIDER_SCREENSHOTS ?? join(import.meta.dirname, '../../screenshots');

const LOOKS = [
  { name: 'light', theme: 'light', width: 1440, height: 900 },
  { name: 'dark', theme: 'dark', width: 1440, height: 900 },
  { name: 'phone', theme: 'light', width: 390, height: 844 }
];

test('every screen, as people see it', async ({ page, world, context }) => {
  test.setTimeout(900_000);
  const ws = await logIn(page, world);
  const list = screens(await known(page, world, ws));
  const cookies = await context.cookies();
  for (const { name, theme, width, height } of LOOKS) {
    await page.setViewportSize({ width, height });
    for (const screen of list) {
      await context.clearCookies();
      await context.addCookies([
        { name: 'theme', value: theme, url: world.url },
        ...(screen.door ? [] : cookies)
      ]);
      await show(page, world, screen);
      await settled(page);
      await page.screenshot({ path: join(folder, `${screen.name}-${name}.png`) });
    }
  }
});
