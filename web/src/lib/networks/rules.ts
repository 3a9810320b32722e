/**
 * How networks show a text, in one table: what they find in it and where they cut it off. Figures are those of
 * each network's own web app, read 2026-11; a preview that goes by them may still differ.
 */
export interface Rules {
  /** Links with a scheme alone, or bare names too. */
  links: 'scheme' | 'bare' | 'none';
  /** `@name` and `@name@host`, or `@name.example`. */
  mentions: 'fediverse' | 'domain' | 'none';
  tags: boolean;
  /** Links lose their scheme and are cut off after this many characters. */
  linkLength?: number;
  /** Texts of more lines are folded in a timeline. */
  lines: number;
}

/** Mastodon: links by `TextFormatter`, folding by `MAX_HEIGHT` (706 px in lines of 22 px). */
export const FEDIVERSE: Rules = {
  links: 'scheme',
  mentions: 'fediverse',
  tags: true,
  linkLength: 30,
  lines: 32
};

/** Bluesky, `MAX_POST_LINES` of its app. Its links stand as they were written. */
export const ATMOSPHERE: Rules = { links: 'bare', mentions: 'domain', tags: true, lines: 25 };

/** Where nothing is known: links are links and nothing is cut off. */
export const GENERAL: Rules = { links: 'scheme', mentions: 'none', tags: false, lines: 60 };

/** Width divided by height that a single picture is shown between. */
export const SINGLE = { narrowest: 4 / 5, widest: 2 };
