import type { Locator, Page } from '@playwright/test';

/** Counts the presses of a flow: of the mouse, of a finger, and of keys that are commands. Typing text is not counted. */
export class Clicks {
  #count = 0;

  async click(target: Locator): Promise<void> {
    this.#count += 1;
    await target.click();
  }

  async press(page: Page, keys: string): Promise<void> {
    this.#count += 1;
    await page.keyboard.press(keys);
  }

  get count(): number {
    return this.#count;
  }
}

/** What the design promises for a flow, and what this run needed. */
export function tell(flow: string, promised: string, counted: number): void {
  console.log(`clicks | ${flow} | design ${promised} | counted ${counted}`);
}
