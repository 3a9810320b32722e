const name = (ws: string): string => `postrider-channels-${ws}`;

/** The channels that somebody posted to last in this workspace; they are ticked the next time. */
export function ticked(ws: string): string[] {
  try {
    const found: unknown = JSON.parse(localStorage.getItem(name(ws)) ?? '[]');
    return Array.isArray(found) ? found.filter((id): id is string => typeof id === 'string') : [];
  } catch {
    return [];
  }
}

export const rememberTicked = (ws: string, channels: string[]): void =>
  localStorage.setItem(name(ws), JSON.stringify(channels));
