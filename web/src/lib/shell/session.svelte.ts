import { getContext, setContext } from 'svelte';
import type { Me, Workspace } from '$lib/api';

const KEY = Symbol('session');
const LAST = 'postrider-workspace';

/** Who is logged in and where they are. */
export interface Session {
  readonly me: Me;
  /** The workspace of the address. */
  readonly workspace: Workspace;
  readonly ws: string;
  /** Its IANA zone: what all times on its screens are told in. */
  readonly zone: string;
}

export const provideSession = (session: Session): Session => setContext(KEY, session);

/** The session of the screens below `/w/{workspace}`. */
export const useSession = (): Session => getContext<Session>(KEY);

export const rememberWorkspace = (ws: string): void => localStorage.setItem(LAST, ws);
export const lastWorkspace = (): string | null => localStorage.getItem(LAST);

const RANKS = ['viewer', 'writer', 'publisher', 'admin', 'owner'];

/** Whether a role is at least another. The server decides; screens only hide what would be refused. */
export const atLeast = (workspace: Workspace, role: Workspace['role']): boolean =>
  RANKS.indexOf(workspace.role) >= RANKS.indexOf(role);
