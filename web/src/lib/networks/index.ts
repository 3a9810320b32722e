/**
 * What the app draws for a network: its sign, its colour and how it shows a post. This is the only place
 * in the app that knows networks by name; one that is not here gets its initial and a general preview.
 */
import type { Component } from 'svelte';
import type { PreviewProps } from './preview';

interface Network {
  colour: string;
  /** A path in a square of 24. */
  glyph?: string;
  /** Its preview, loaded when the composer needs it. */
  preview?: () => Promise<{ default: Component<PreviewProps> }>;
}

const NETWORKS: Record<string, Network> = {
  bluesky: {
    colour: '#0f73ff',
    preview: () => import('./bluesky/Preview.svelte'),
    glyph:
      'M8.200 6.300c1.600 1.200 3.300 3.600 3.800 4.900.6-1.300 2.300-3.700 3.800-4.900 1.100-.9 3-1.500 3 .6 0 .4-.2 3.500-.4 4-.500 1.700-2.200 2.200-3.800 1.900 2.700.5 3.400 2 1.900 3.500-2.800 2.900-4.100-.7-4.400-1.600-.1-.2-.1-.3-.1-.2 0-.1 0 0-.1.2-.3.9-1.600 4.500-4.400 1.600-1.500-1.500-.8-3 1.900-3.500-1.600.3-3.300-.2-3.800-1.900-.2-.5-.4-3.600-.4-4 0-2.100 1.900-1.500 3-.6Z'
  },
  mastodon: {
    colour: '#5b4be8',
    preview: () => import('./mastodon/Preview.svelte'),
    glyph:
      'M6.500 16.500V10.200C6.500 8.200 7.800 7 9.500 7c1.100 0 1.900.5 2.500 1.400C12.600 7.500 13.400 7 14.500 7c1.700 0 3 1.200 3 3.200v6.300h-2.200v-6.100c0-1-.5-1.600-1.400-1.600-.9 0-1.300.7-1.300 1.800v3.100h-1.200v-3.100c0-1.100-.4-1.800-1.300-1.800-.9 0-1.400.6-1.400 1.600v6.100H6.500Z'
  },
  nostr: {
    colour: '#7d3cb5',
    glyph: 'M7 17V7h2.300l5.400 6.400V7H17v10h-2.300L9.300 10.600V17H7Z'
  },
  webhook: {
    colour: '#4d5761',
    glyph:
      'M9 7.500 5 12l4 4.500 1.400-1.200L7.600 12l2.800-3.300L9 7.500Zm6 0-1.400 1.200 2.800 3.300-2.800 3.300L15 16.500l4-4.500-4-4.500Z'
  }
};

const UNKNOWN: Network = { colour: '#4d5761' };

export const network = (platform: string): Network => NETWORKS[platform] ?? UNKNOWN;
