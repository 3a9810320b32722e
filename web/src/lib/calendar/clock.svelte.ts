import { nowIn } from './now';

/** How often the clock is looked at, in milliseconds. */
const LOOK_MS = 15_000;

/** What the workspace's clock shows, minute by minute. */
export class Clock {
  now = $state('');

  constructor(zone: () => string) {
    $effect.pre(() => {
      const look = () => (this.now = nowIn(zone()));
      look();
      const timer = setInterval(look, LOOK_MS);
      return () => clearInterval(timer);
    });
    this.now = nowIn(zone());
  }

  get today(): string {
    return this.now.slice(0, 10);
  }
}
