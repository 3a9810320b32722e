import { describe, expect, it } from 'vitest';
import {
  ALL,
  RATIOS,
  WHOLE,
  axisOf,
  between,
  cutTo,
  movedTo,
  pixels,
  spoken,
  placed,
  presetOf,
  ratioOf,
  roomOf,
  seen,
  startOf
} from './crop';

const wide = { width: 1600, height: 900 };
const tall = { width: 600, height: 1200 };

describe('cutting to a ratio', () => {
  it('keeps the whole height of a wide picture and the whole width of a tall one', () => {
    expect(cutTo(wide, 1)).toEqual({ x: 2188, y: 0, width: 5625, height: WHOLE });
    expect(cutTo(tall, 1)).toEqual({ x: 0, y: 2500, width: WHOLE, height: 5000 });
    expect(cutTo(wide, 16 / 9)).toEqual(ALL);
  });

  it('stays inside, whatever the picture, the ratio and the point', () => {
    for (const size of [wide, tall, { width: 5, height: 4000 }, { width: 4000, height: 5 }]) {
      for (const ratio of Object.values(RATIOS)) {
        for (const x of [0, 1234, WHOLE]) {
          const area = cutTo(size, ratio, { x, y: WHOLE - x });
          expect(area.x).toBeGreaterThanOrEqual(0);
          expect(area.y).toBeGreaterThanOrEqual(0);
          expect(area.x + area.width).toBeLessThanOrEqual(WHOLE);
          expect(area.y + area.height).toBeLessThanOrEqual(WHOLE);
          expect(area.width === WHOLE || area.height === WHOLE).toBe(true);
          expect(area.width * area.height).toBeGreaterThan(0);
        }
      }
    }
  });

  it('is found again as its preset', () => {
    for (const [name, ratio] of Object.entries(RATIOS)) expect(presetOf(cutTo(tall, ratio), tall)).toBe(name);
    expect(presetOf(undefined, wide)).toBe('original');
    expect(presetOf(ALL, wide)).toBe('original');
    expect(presetOf(between('x', 100, 3000), wide)).toBe('free');
  });
});

describe('moving and freehand', () => {
  it('moves along its axis and stops at the edges', () => {
    const square = cutTo(wide, 1);
    expect(movedTo(square, -50).x).toBe(0);
    expect(movedTo(square, 99_999).x).toBe(roomOf(square));
    expect(startOf(movedTo(cutTo(tall, 1), 700))).toBe(700);
    expect(movedTo(cutTo(tall, 1), 700).x).toBe(0);
  });

  it('takes two places in any order and leaves something', () => {
    expect(between('y', 8000, 2000)).toEqual({ x: 0, y: 2000, width: WHOLE, height: 6000 });
    expect(between('x', WHOLE, WHOLE)).toEqual({ x: 9500, y: 0, width: 500, height: WHOLE });
    expect(axisOf(between('x', 0, WHOLE))).toBeUndefined();
  });

  it('knows its pixels and ratio', () => {
    expect(pixels(cutTo(wide, 1), wide)).toEqual({ width: 900, height: 900 });
    expect(ratioOf(cutTo(tall, 1), tall)).toBeCloseTo(1);
    expect(ratioOf(null, tall)).toBeCloseTo(0.5);
  });
});

describe('what a box shows', () => {
  it('is the middle, or what lies around the focal point', () => {
    expect(seen(wide, undefined, undefined, 1)).toEqual(cutTo(wide, 1));
    expect(seen(wide, undefined, { x: 0, y: 0 }, 1).x).toBe(0);
    expect(seen(wide, undefined, { x: WHOLE, y: 0 }, 1).x).toBe(4375);
  });

  it('lies inside the crop', () => {
    const crop = between('x', 5000, WHOLE);
    const box = seen(wide, crop, { x: 0, y: 0 }, 9 / 16);
    expect(box.x).toBe(5000);
    expect(box.x + box.width).toBeLessThanOrEqual(WHOLE);
    expect((box.width * wide.width) / (box.height * wide.height)).toBeCloseTo(9 / 16, 2);
  });

  it('is placed by per cent', () => {
    expect(placed(ALL)).toEqual({ width: 100, height: 100, left: -0, top: -0 });
    expect(placed({ x: 5000, y: 0, width: 5000, height: WHOLE })).toEqual({
      width: 200,
      height: 100,
      left: -100,
      top: -0
    });
  });
});

describe('a ratio', () => {
  it('is said in small whole numbers, or as so many to one', () => {
    expect(spoken({ width: 4, height: 5 })).toBe('4:5');
    expect(spoken({ width: 1920, height: 1080 })).toBe('16:9');
    expect(spoken({ width: 1910, height: 1000 })).toBe('1.91:1');
    expect(spoken({ width: 100, height: 10_000 })).toBe('0.01:1');
  });
});
