import type { LucideProps } from '@lucide/svelte';
import type { Component } from 'svelte';

/** A drawing of lines, as the icon library has them; each is imported by its own path. */
export type Icon = Component<LucideProps>;
