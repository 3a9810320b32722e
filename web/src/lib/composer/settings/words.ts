import { dynamic } from '$lib/i18n';
import { readable } from './model';

/** The name of a word that a schema offers: ours where there is one, else the word made readable. */
export const wordFor = (word: string): string => dynamic(`forms-value-${word}`) ?? readable(word);

/** Languages that are proposed; any other can be typed. */
export const LANGUAGES = [
  ...['ar', 'bn', 'ca', 'cs', 'da', 'de', 'el', 'en', 'es', 'fa', 'fi', 'fr', 'he', 'hi', 'hu', 'id', 'it'],
  ...['ja', 'ko', 'nl', 'no', 'pl', 'pt', 'ro', 'ru', 'sv', 'th', 'tr', 'uk', 'ur', 'vi', 'zh']
];

/** A language by its name in the reader's own. */
export function languageName(code: string): string {
  const names = new Intl.DisplayNames([document.documentElement.lang || 'en'], { type: 'language' });
  return names.of(code) ?? code;
}
