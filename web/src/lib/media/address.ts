/** What the address of the library says: what is looked for and which file is open. */
import { KINDS, type Kind } from './library';

export interface View {
  query: string;
  kind: Kind;
  file?: string;
}

export function viewOf(search: URLSearchParams): View {
  const kind = search.get('kind') as Kind | null;
  return {
    query: search.get('q') ?? '',
    kind: kind && KINDS.includes(kind) ? kind : 'all',
    file: search.get('file') || undefined
  };
}

/** The search part of the address of a view; what is usual is left out. */
export function searchOf(view: View): string {
  const search = new URLSearchParams();
  if (view.query) search.set('q', view.query);
  if (view.kind !== 'all') search.set('kind', view.kind);
  if (view.file) search.set('file', view.file);
  const text = search.toString();
  return text ? `?${text}` : '?';
}
