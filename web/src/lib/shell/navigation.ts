import CalendarDays from '@lucide/svelte/icons/calendar-days';
import FilePen from '@lucide/svelte/icons/file-pen';
import Images from '@lucide/svelte/icons/images';
import Inbox from '@lucide/svelte/icons/inbox';
import Radio from '@lucide/svelte/icons/radio';
import Activity from '@lucide/svelte/icons/activity';
import Users from '@lucide/svelte/icons/users';
import Settings from '@lucide/svelte/icons/settings';
import type { Icon } from '$ui/icon';
import type { MessageId } from '$lib/i18n';
import * as paths from '$lib/paths';

/** A place in the rail. */
export interface Place {
  label: MessageId;
  href: (ws: string) => string;
  icon: Icon;
  /** The key after `g`. */
  key: string;
  /** Stands in the bar of phones; the others are behind *More*. */
  phone?: boolean;
}

export const PLACES: Place[] = [
  { label: 'nav-calendar', href: (ws) => paths.calendar(ws), icon: CalendarDays, key: 'c', phone: true },
  { label: 'nav-inbox', href: paths.inbox, icon: Inbox, key: 'i', phone: true },
  { label: 'nav-drafts', href: paths.drafts, icon: FilePen, key: 'd' },
  { label: 'nav-media', href: (ws) => paths.media(ws), icon: Images, key: 'm', phone: true },
  { label: 'nav-channels', href: paths.channels, icon: Radio, key: 'n' },
  { label: 'nav-status', href: paths.status, icon: Activity, key: 't' },
  { label: 'nav-members', href: paths.members, icon: Users, key: 'p' },
  { label: 'nav-settings', href: paths.workspace, icon: Settings, key: 's' }
];
