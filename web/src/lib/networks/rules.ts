/**
 * How networks show a text, in one table: what they find in it and where they cut it off. Figures are those of
 * each network's own web app, read 2026-11, where nothing else is said; a preview that goes by them may still
 * differ.
 */
export interface Rules {
  /** Links with a scheme alone, or bare names too. */
  links: 'scheme' | 'bare' | 'none';
  /** `@name` and `@name@host`, `@name.example`, or `@name` alone. */
  mentions: 'fediverse' | 'domain' | 'name' | 'none';
  /** All of them, or only the first. */
  tags: 'all' | 'first' | 'none';
  /** Links lose their scheme and are cut off after this many characters. */
  linkLength?: number;
  /** Texts of more lines are folded in a timeline; without it nothing is. */
  lines?: number;
  /** Texts of more characters are folded, however wide the timeline is. `lines` are then those that were written. */
  characters?: number;
}

/** Mastodon: links by `TextFormatter`, folding by `MAX_HEIGHT` (706 px in lines of 22 px). */
export const FEDIVERSE: Rules = {
  links: 'scheme',
  mentions: 'fediverse',
  tags: 'all',
  linkLength: 30,
  lines: 32
};

/** Bluesky, `MAX_POST_LINES` of its app. Its links stand as they were written. */
export const ATMOSPHERE: Rules = { links: 'bare', mentions: 'domain', tags: 'all', lines: 25 };

/**
 * Instagram shows three lines of a caption, and 125 characters are what it recommends for one that is to be seen
 * whole (help.instagram.com, "Why doesn't my entire caption display in feed?", read 2026-11-27). Addresses are no
 * links there, which is known from use.
 */
export const CAPTION: Rules = { links: 'none', mentions: 'name', tags: 'all', lines: 3, characters: 125 };

/** A comment on Instagram. No page that was read says where one is folded, so none is. */
export const BELOW_CAPTION: Rules = { ...CAPTION, lines: undefined, characters: undefined };

/** A caption over a reel. No page says how much of it is shown: two lines are what our picture of it has room for. */
export const OVER_REEL: Rules = { ...BELOW_CAPTION, lines: 2 };

/**
 * Facebook, of a Page. It folds long texts, but no page that was read says where, so nothing is folded here; that
 * bare names are links is known from use. Mentions of Pages are not sent by us (docs/platforms/facebook.md).
 */
export const PAGE: Rules = { links: 'bare', mentions: 'none', tags: 'all' };

/** A text over a reel of Facebook: two lines, for the same reason as on Instagram. */
export const OVER_PAGE_REEL: Rules = { ...PAGE, lines: 2 };

/**
 * Threads folds nothing of its 500 characters. A post has one topic: where no setting names it, the first tag of
 * the text stands for it, which is known from use.
 */
export const TOPICAL: Rules = { links: 'bare', mentions: 'name', tags: 'first' };

/** The same, where a setting names the topic. */
export const WITH_TOPIC: Rules = { ...TOPICAL, tags: 'none' };

/** Where nothing is known: links are links and nothing is cut off. */
export const GENERAL: Rules = { links: 'scheme', mentions: 'none', tags: 'none', lines: 60 };

/** Width divided by height that a single picture is shown between. */
export const SINGLE = { narrowest: 4 / 5, widest: 2 };

/** The same of a post on Instagram: what it takes (developers.facebook.com, "Error codes", 2026-06-02). */
export const IN_GRID = { narrowest: 4 / 5, widest: 1.91 };

/** Reels and stories fill an upright screen. */
export const UPRIGHT = 9 / 16;
