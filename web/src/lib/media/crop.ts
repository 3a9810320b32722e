/**
 * Cutting pictures. Places are ten-thousandths of a picture's width and height, as the API has them. Only edges
 * can be cut off: what is left reaches over the whole width or the whole height, so a crop has one axis.
 */
import type { Schemas } from '$lib/api';
import { number } from '$lib/i18n/format';

export type Area = Schemas['Area'];
export type Point = Schemas['Point'];

export interface Size {
  width: number;
  height: number;
}

export const WHOLE = 10_000;
export const ALL: Area = { x: 0, y: 0, width: WHOLE, height: WHOLE };
export const CENTRE: Point = { x: WHOLE / 2, y: WHOLE / 2 };

/** The least of a picture that is left, so that a crop never becomes empty. */
const LEAST = 500;

export type Preset = 'original' | '1:1' | '4:5' | '16:9' | '9:16' | 'free';

/** Width divided by height of the presets that are ratios. */
export const RATIOS: Record<Exclude<Preset, 'original' | 'free'>, number> = {
  '1:1': 1,
  '4:5': 4 / 5,
  '16:9': 16 / 9,
  '9:16': 9 / 16
};

/** A ratio as people say it: whole numbers where they are small, `4:5`, else so many to one, `1.91:1`. */
export function spoken({ width, height }: Size): string {
  const common = (a: number, b: number): number => (b === 0 ? a : common(b, a % b));
  const by = common(width, height) || 1;
  const [across, down] = [width / by, height / by];
  return Math.max(across, down) <= 20 ? `${across}:${down}` : `${number(width / height)}:1`;
}

export type Axis = 'x' | 'y';

/** The axis along which a crop can move; none when it is the whole picture. */
export const axisOf = (area: Area): Axis | undefined =>
  area.width < WHOLE ? 'x' : area.height < WHOLE ? 'y' : undefined;

const clamp = (value: number, least: number, most: number): number => Math.min(most, Math.max(least, value));

/** As much of a picture as has a ratio, with a point as near to its middle as the edges allow. */
export function cutTo(size: Size, ratio: number, around: Point = CENTRE): Area {
  const own = size.width / size.height;
  if (own > ratio) {
    const width = clamp(Math.round((ratio / own) * WHOLE), LEAST, WHOLE);
    return { x: startFor(around.x, width), y: 0, width, height: WHOLE };
  }
  const height = clamp(Math.round((own / ratio) * WHOLE), LEAST, WHOLE);
  return { x: 0, y: startFor(around.y, height), width: WHOLE, height };
}

const startFor = (middle: number, length: number): number =>
  clamp(Math.round(middle - length / 2), 0, WHOLE - length);

/** Where a crop begins on its axis, and how far it can go. */
export const startOf = (area: Area): number => (axisOf(area) === 'y' ? area.y : area.x);
export const roomOf = (area: Area): number => WHOLE - (axisOf(area) === 'y' ? area.height : area.width);

/** The same crop at another place of its axis. */
export function movedTo(area: Area, start: number): Area {
  const to = clamp(Math.round(start), 0, roomOf(area));
  return axisOf(area) === 'y' ? { ...area, y: to } : { ...area, x: to };
}

/** What is left between two places of an axis. */
export function between(axis: Axis, from: number, to: number): Area {
  const start = clamp(Math.round(Math.min(from, to)), 0, WHOLE - LEAST);
  const length = clamp(Math.round(Math.max(from, to)) - start, LEAST, WHOLE - start);
  return axis === 'x'
    ? { x: start, y: 0, width: length, height: WHOLE }
    : { x: 0, y: start, width: WHOLE, height: length };
}

/** The preset that a crop is, give or take what rounding does. */
export function presetOf(area: Area | null | undefined, size: Size): Preset {
  if (!area || !axisOf(area)) return 'original';
  const ratio = ratioOf(area, size);
  const found = Object.entries(RATIOS).find(([, wanted]) => Math.abs(ratio / wanted - 1) < 0.002);
  return (found?.[0] as Preset | undefined) ?? 'free';
}

/** Width divided by height of what a crop leaves. */
export const ratioOf = (area: Area | null | undefined, size: Size): number =>
  ((area?.width ?? WHOLE) * size.width) / ((area?.height ?? WHOLE) * size.height);

/** The pixels that a crop leaves. */
export const pixels = (area: Area, size: Size): Size => ({
  width: Math.round((area.width / WHOLE) * size.width),
  height: Math.round((area.height / WHOLE) * size.height)
});

/** What is seen of a cropped picture in a box of a ratio that it fills, around its focal point. */
export function seen(
  size: Size,
  crop: Area | null | undefined,
  focus: Point | null | undefined,
  box: number
): Area {
  const left = crop ?? ALL;
  const inner = pixels(left, size);
  const within = (place: number, start: number, length: number) =>
    clamp(((place - start) / length) * WHOLE, 0, WHOLE);
  const around = focus
    ? { x: within(focus.x, left.x, left.width), y: within(focus.y, left.y, left.height) }
    : CENTRE;
  const cut = cutTo(inner, box, around);
  return {
    x: left.x + (cut.x / WHOLE) * left.width,
    y: left.y + (cut.y / WHOLE) * left.height,
    width: (cut.width / WHOLE) * left.width,
    height: (cut.height / WHOLE) * left.height
  };
}

/** Where a picture has to lie, in per cent of a box, so that the box shows only an area of it. */
export const placed = (area: Area): { width: number; height: number; left: number; top: number } => ({
  width: (WHOLE / area.width) * 100,
  height: (WHOLE / area.height) * 100,
  left: (-area.x / area.width) * 100,
  top: (-area.y / area.height) * 100
});
