import type { Card } from './cards';

/** A card that is being carried. It stays where it is, dimmed; a likeness shows where it would go. */
export class Lift {
  card = $state.raw<Card>();
  /** The time under it. */
  local = $state('');
  by = $state<'keys' | 'pointer'>('pointer');

  get active(): boolean {
    return this.card !== undefined;
  }

  start(card: Card, by: 'keys' | 'pointer'): void {
    this.card = card;
    this.local = card.local;
    this.by = by;
  }

  to(local: string): void {
    if (this.card) this.local = local;
  }

  /** Puts it down; the card and its new time, or nothing when it is where it was. */
  end(): { card: Card; local: string } | undefined {
    const { card, local } = this;
    this.card = undefined;
    return card && card.local !== local ? { card, local } : undefined;
  }

  cancel(): void {
    this.card = undefined;
  }
}
