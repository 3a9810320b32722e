/** How high things are in the grid, in pixels. */
export const HOUR_PX = 56;
export const CARD_PX = 52;
/** How many minutes of the grid a card covers; what begins later than that has the room to itself. */
export const CARD_MINUTES = Math.ceil(((CARD_PX + 2) / HOUR_PX) * 60);

export const px = (minutes: number): string => `${(minutes / 60) * HOUR_PX}px`;
