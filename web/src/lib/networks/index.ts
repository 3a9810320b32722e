/**
 * What the app draws for a network: its sign, its colour and how it shows a post. This is the only place
 * in the app that knows networks by name; one that is not here gets its initial and a general preview.
 */
import type { Component } from 'svelte';
import { facebookForm, instagramForm, type Form } from './forms';
import type { PreviewProps } from './preview';

type Post = Pick<PreviewProps, 'parts' | 'settings'>;
type Load = () => Promise<{ default: Component<PreviewProps> }>;

interface Network {
  colour: string;
  /** A path in a square of 24. */
  glyph?: string;
  /** The preview for a post, which is loaded when the composer needs it. */
  preview?: (post: Post) => Load;
}

const BLUESKY: Load = () => import('./bluesky/Preview.svelte');
const MASTODON: Load = () => import('./mastodon/Preview.svelte');
const THREADS: Load = () => import('./threads/Preview.svelte');

const ON_FACEBOOK: Record<Form, Load> = {
  post: () => import('./facebook/Post.svelte'),
  reel: () => import('./facebook/Reel.svelte'),
  story: () => import('./facebook/Story.svelte')
};

const ON_INSTAGRAM: Record<Form, Load> = {
  post: () => import('./instagram/Post.svelte'),
  reel: () => import('./instagram/Reel.svelte'),
  story: () => import('./instagram/Story.svelte')
};

/** By its own log-in and by Facebook's: one network. */
const INSTAGRAM: Network = {
  colour: '#c32573',
  preview: (post) => ON_INSTAGRAM[instagramForm(post)],
  glyph:
    'M8.800 5.200h6.400a3.600 3.600 0 0 1 3.600 3.600v6.400a3.600 3.600 0 0 1-3.600 3.600H8.800a3.600 3.600 0 0 1-3.600-3.600V8.800a3.600 3.600 0 0 1 3.600-3.600Zm0 1.700a1.900 1.900 0 0 0-1.900 1.900v6.400a1.900 1.900 0 0 0 1.900 1.900h6.400a1.900 1.900 0 0 0 1.900-1.900V8.800a1.900 1.900 0 0 0-1.900-1.900H8.800ZM12 8.700a3.300 3.300 0 1 1 0 6.600 3.300 3.300 0 0 1 0-6.600Zm0 1.700a1.600 1.600 0 1 0 0 3.200 1.600 1.600 0 0 0 0-3.200Z'
};

const NETWORKS: Record<string, Network> = {
  bluesky: {
    colour: '#0f73ff',
    preview: () => BLUESKY,
    glyph:
      'M8.200 6.300c1.600 1.200 3.300 3.600 3.800 4.900.6-1.300 2.300-3.700 3.800-4.900 1.100-.9 3-1.500 3 .6 0 .4-.2 3.500-.4 4-.500 1.700-2.200 2.200-3.800 1.900 2.700.5 3.400 2 1.900 3.500-2.800 2.900-4.100-.7-4.400-1.600-.1-.2-.1-.3-.1-.2 0-.1 0 0-.1.2-.3.9-1.600 4.500-4.400 1.600-1.500-1.500-.8-3 1.900-3.500-1.600.3-3.300-.2-3.800-1.900-.2-.5-.4-3.600-.4-4 0-2.100 1.900-1.500 3-.6Z'
  },
  facebook: {
    colour: '#1264e0',
    preview: (post) => ON_FACEBOOK[facebookForm(post)],
    glyph:
      'M10 19v-6H8v-2.600h2V9c0-2.600 1.500-4 3.900-4H16v2.600h-1.500c-1.100 0-1.600.5-1.600 1.500v1.300H16L15.500 13h-2.600v6H10Z'
  },
  instagram: INSTAGRAM,
  instagram_facebook: INSTAGRAM,
  mastodon: {
    colour: '#5b4be8',
    preview: () => MASTODON,
    glyph:
      'M6.500 16.500V10.200C6.500 8.200 7.800 7 9.500 7c1.100 0 1.900.5 2.500 1.400C12.600 7.500 13.400 7 14.500 7c1.700 0 3 1.200 3 3.200v6.300h-2.200v-6.100c0-1-.5-1.600-1.400-1.600-.9 0-1.300.7-1.300 1.800v3.100h-1.200v-3.100c0-1.100-.4-1.800-1.300-1.800-.9 0-1.400.6-1.400 1.600v6.100H6.500Z'
  },
  nostr: {
    colour: '#7d3cb5',
    glyph: 'M7 17V7h2.300l5.400 6.400V7H17v10h-2.300L9.300 10.600V17H7Z'
  },
  threads: {
    colour: '#26282b',
    preview: () => THREADS,
    glyph:
      'M12 5.200a6.800 6.800 0 1 0 4.300 12.070l-1.060-1.340A5.090 5.090 0 1 1 17.090 12v.7c0 .8-.4 1.300-1 1.300s-1-.5-1-1.300V9.100h-1.600v.6a2.950 2.950 0 1 0 .35 4.950c.4.6 1.100 1 2.050 1 1.700 0 2.910-1.200 2.910-3V12A6.800 6.800 0 0 0 12 5.200Zm0 5.400a1.400 1.400 0 1 1 0 2.800 1.400 1.400 0 0 1 0-2.800Z'
  },
  webhook: {
    colour: '#4d5761',
    glyph:
      'M9 7.500 5 12l4 4.500 1.400-1.200L7.600 12l2.800-3.300L9 7.500Zm6 0-1.400 1.200 2.800 3.300-2.800 3.300L15 16.500l4-4.500-4-4.500Z'
  }
};

const UNKNOWN: Network = { colour: '#4d5761' };

export const network = (platform: string): Network => NETWORKS[platform] ?? UNKNOWN;
