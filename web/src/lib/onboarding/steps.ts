import type { MessageId } from '$lib/i18n';
import * as paths from '$lib/paths';
import type { Progress } from './queries';

/** One of the first steps. */
export interface Step {
  id: keyof Progress;
  done: boolean;
  label: MessageId;
  why: MessageId;
  /** What to press; absent where this person may not do it. */
  go?: { label: MessageId; href: string };
}

/** The first steps of a workspace, in the order in which they make sense. */
export function steps(ws: string, progress: Progress, mayConnect: boolean): Step[] {
  return [
    {
      id: 'channel',
      done: progress.channel,
      label: 'onboarding-channel',
      why: mayConnect ? 'onboarding-channel-why' : 'onboarding-channel-ask',
      go: mayConnect ? { label: 'onboarding-channel-go', href: paths.newChannel(ws) } : undefined
    },
    {
      id: 'written',
      done: progress.written,
      label: 'onboarding-write',
      why: 'onboarding-write-why',
      go: { label: 'onboarding-write-go', href: paths.compose(ws) }
    },
    {
      id: 'scheduled',
      done: progress.scheduled,
      label: 'onboarding-schedule',
      why: 'onboarding-schedule-why',
      go: progress.written
        ? { label: 'onboarding-schedule-go', href: paths.drafts(ws) }
        : { label: 'onboarding-write-go', href: paths.compose(ws) }
    },
    {
      id: 'published',
      done: progress.published,
      label: 'onboarding-publish',
      why: 'onboarding-publish-why',
      go: progress.scheduled ? { label: 'onboarding-publish-go', href: paths.status(ws) } : undefined
    }
  ];
}

/** The step that is offered: the first that is open and that this person can take. */
export const next = (all: Step[]): Step | undefined => all.find((step) => !step.done && step.go);

/** Whether the card has anything left to say. */
export const open = (all: Step[]): boolean => all.some((step) => !step.done);
