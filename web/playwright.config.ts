import { defineConfig, devices } from '@playwright/test';

/** Debian's browser; no other is downloaded. */
const launchOptions = {
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-dev-shm-usage']
};

const desktop = { ...devices['Desktop Chrome'], viewport: { width: 1440, height: 900 }, launchOptions };
const phone = {
  ...devices['Desktop Chrome'],
  viewport: { width: 390, height: 844 },
  hasTouch: true,
  isMobile: true,
  launchOptions
};

/** The same loop with its ledger in PostgreSQL, where `tools/with-postgres.sh` has started one; a check needs it. */
const postgres =
  process.env.POSTRIDER_TEST_PG || process.env.CI
    ? [{ name: 'postgres', testMatch: /loop\.spec\.ts$/, use: desktop }]
    : [];

export default defineConfig({
  testDir: 'tests/browser',
  outputDir: 'test-results',
  // The machine of a check has two cores, and a server and a browser already share them.
  workers: 2,
  fullyParallel: false,
  forbidOnly: Boolean(process.env.CI),
  retries: 0,
  timeout: 90_000,
  expect: { timeout: 15_000 },
  reporter: [['list'], ['./tests/browser/support/closing.ts']],
  use: {
    locale: 'en-GB',
    timezoneId: 'Europe/Lisbon',
    trace: 'retain-on-failure',
    screenshot: 'only-on-failure'
  },
  projects: process.env.POSTRIDER_PICTURES
    ? [{ name: 'screenshots', testMatch: /screenshots\.ts$/, use: desktop }]
    : [
        { name: 'desktop', testMatch: /\.spec\.ts$/, use: desktop },
        { name: 'phone', testMatch: /(loop|screens)\.spec\.ts$/, use: phone },
        ...postgres
      ]
});
