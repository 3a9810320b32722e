# The card of first steps on the calendar.

onboarding-title = First steps
onboarding-progress = { $done } of { $count } done
onboarding-dismiss = Put the first steps away
onboarding-dismissed = The first steps are put away.
onboarding-done = Done:
onboarding-open = To do:

onboarding-channel = Connect a channel
onboarding-channel-why = An account or a page that you post to. It takes a minute.
onboarding-channel-ask = Only admins connect channels. Ask one here to connect the first.
onboarding-channel-go = Connect
onboarding-write = Write a first post
onboarding-write-why = One text for all channels; each can have its own words.
onboarding-write-go = Write
onboarding-schedule = Give a post a time
onboarding-schedule-why = It goes out by itself, also when this browser is closed.
onboarding-schedule-go = To your drafts
onboarding-publish = See it published
onboarding-publish-why = Every post ends with a link to itself, or with the reason why there is none.
onboarding-publish-go = What is coming up
