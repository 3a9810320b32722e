import type { Channel, Schemas } from '$lib/api';
import { tightest, type Limit } from './counters';

/** One figure below a part. */
export interface Shown {
  key: string;
  /** The network's id, for its sign, and its name. */
  glyph: string;
  platform: string;
  used: number;
  max: number;
}

/**
 * The limits of a channel: those of its own server where a check has said them, else the connector's.
 */
export function limitsOf(channel: Channel, known: Limit[], counted: Schemas['TextCount'][]): Limit[] {
  const said = counted.filter((count) => count.channel === channel.id);
  const own = (limit: Limit) => said.find(({ unit }) => unit === limit.unit)?.max ?? limit.max;
  const more = said.filter(({ unit }) => !known.some((limit) => limit.unit === unit));
  const limits = [...known.map((limit) => ({ ...limit, max: own(limit) })), ...more];
  return limits.filter((limit, index) => limits.findIndex(({ unit }) => unit === limit.unit) === index);
}

/**
 * The figures for a part; channels of a network that agree share one. `exact` is what the server counted
 * of this very text, with what counts beside it.
 */
export function shownCounts(
  text: string,
  part: number,
  channels: { channel: Channel; limits: Limit[] }[],
  exact: Schemas['TextCount'][]
): Shown[] {
  const shown = new Map<string, Shown>();
  for (const { channel, limits } of channels) {
    const said = exact.find((count) => count.channel === channel.id && count.part === part);
    const count = said ?? tightest(text, limits);
    if (!count) continue;
    const key = `${channel.platform} ${count.max} ${count.unit} ${count.used}`;
    const { used, max } = count;
    shown.set(key, { key, glyph: channel.platform, platform: channel.platform_name, used, max });
  }
  return [...shown.values()];
}
