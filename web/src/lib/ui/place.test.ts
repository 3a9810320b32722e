import { describe, expect, it } from 'vitest';
import { place } from './place';

const screen = { width: 1000, height: 800 };
const button = { left: 100, top: 100, width: 80, height: 40 };
const panel = { width: 200, height: 300 };

describe('a panel beside its button', () => {
  it('stands below and begins with it', () =>
    expect(place(button, panel, screen, 'start', false)).toEqual({ left: 100, top: 144 }));

  it('ends with it', () =>
    expect(place({ ...button, left: 500 }, panel, screen, 'end', false).left).toBe(380));

  it('begins with it on the right where text runs from there', () =>
    expect(place({ ...button, left: 500 }, panel, screen, 'start', true).left).toBe(380));

  it('stands in the middle', () =>
    expect(place({ ...button, left: 500 }, panel, screen, 'center', false).left).toBe(440));

  it('stands above where there is no room below', () =>
    expect(place({ ...button, top: 700 }, panel, screen, 'start', false).top).toBe(396));

  it('stays inside the window on every side', () => {
    expect(place({ ...button, left: 950 }, panel, screen, 'start', false).left).toBe(792);
    expect(place({ ...button, left: 0 }, panel, screen, 'end', false).left).toBe(8);
    expect(place(button, { width: 200, height: 790 }, screen, 'start', false).top).toBe(8);
  });
});
