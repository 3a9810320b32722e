/** Files out of what a browser hands over, and the parts of issues that concern them. */
import type { Issue, Schemas } from '$lib/api';

export type MediaRef = Schemas['MediaRef'];

/** The files that were dropped or pasted. */
export const filesOf = (data: DataTransfer | null): File[] => [...(data?.files ?? [])];

/** Whether something with files is dragged over the page. What it is shows only when it is dropped. */
export const bringsFiles = (data: DataTransfer | null): boolean => data?.types.includes('Files') ?? false;

/** What is wrong with one file of a list: the field below it, and what is said. */
export interface FileIssue {
  field: string;
  issue: Issue;
}

/** The issues of the file at a place. Their pointers end in `/media/{index}` and perhaps a field of it. */
export function issuesAt(issues: Issue[], index: number): FileIssue[] {
  return issues.flatMap((issue) => {
    const found = /\/media\/(\d+)(?:\/(.*))?$/.exec(issue.field);
    return found && Number(found[1]) === index ? [{ field: found[2] ?? '', issue }] : [];
  });
}

/** The issues of the list as a whole. */
export const issuesOfAll = (issues: Issue[]): Issue[] =>
  issues.filter((issue) => /\/media$/.test(issue.field));

/** A list with one thing at another place. */
export function moved<T>(list: T[], from: number, to: number): T[] {
  const others = list.filter((_, index) => index !== from);
  const thing = list[from];
  return thing === undefined ? list : [...others.slice(0, to), thing, ...others.slice(to)];
}

/** Keys for a list in which a file may stand twice. */
export const keysOf = (refs: MediaRef[]): string[] =>
  refs.map((ref, at) => `${ref.id}:${refs.slice(0, at).filter((other) => other.id === ref.id).length}`);

interface Box {
  left: number;
  right: number;
  top: number;
  bottom: number;
}

/** The box that a point is in, or the nearest one. */
export function nearest(boxes: Box[], x: number, y: number): number | undefined {
  const far = (least: number, most: number, at: number) => Math.max(least - at, 0, at - most);
  const distances = boxes.map((box) => Math.hypot(far(box.left, box.right, x), far(box.top, box.bottom, y)));
  const least = Math.min(...distances);
  return boxes.length > 0 ? distances.indexOf(least) : undefined;
}
