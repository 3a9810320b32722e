import type { Schemas } from '$lib/api';
import { t } from '$lib/i18n';

export type Role = Schemas['Role'];

/** From the least to the most. */
export const ROLES: Role[] = ['viewer', 'writer', 'publisher', 'admin', 'owner'];

/** The roles that somebody may give: none above their own. */
export const givable = (own: Role): Role[] => ROLES.slice(0, ROLES.indexOf(own) + 1);

export const roleOptions = (own: Role): { value: string; label: string }[] =>
  givable(own).map((role) => ({ value: role, label: `${t(`role-${role}`)} – ${t(`role-${role}-why`)}` }));
