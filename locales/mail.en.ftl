# What stands in e-mails around the sentences of en.ftl. Each is a phrase of crates/app/src/mail/words.rs.
# Subjects are one line. Dates and times are passed in already written out. British spelling.

## Greeting and end

greeting = Hello { $name },
footer-choices = You get this because you chose to be told by e-mail. Change it here:
footer-instance = Sent by Postrider at { $host }.

## What happened to posts and channels

subject-failed = Not published: { $channel }, { $time }
subject-incomplete = Only partly published: { $channel }, { $time }
subject-change-failed = Not changed: { $channel }, { $time }
subject-unconfirmed = Is it out? { $channel }, { $time }
subject-held = Held back: { $channel }, { $time }
subject-reconnect = Please reconnect { $channel }
subject-operator = { $platform } refuses the access of this instance
subject-schedule = The schedule of { $workspace } has changed
subject-published = Published: { $channel }, { $time }
subject-several = { $count } messages from Postrider: { $first }
about-delivery = { $workspace } · { $channel } · { $time }
about-channel = { $workspace } · { $channel }
about-workspace = { $workspace }
reason = Why: { $sentence }
open-post = Open the post:
open-channel = Open the channel:
open-workspace = Open the workspace:
more = { $count ->
        [one] There is one more message. Open Postrider to read it.
       *[other] There are { $count } more messages. Open Postrider to read them.
    }

## A new password

reset-subject = Set a new password
reset-why = Somebody, most likely you, asked for a new password for your account.
reset-link = Set it here, until { $time }:
reset-otherwise = If it was not you, do nothing: your password stays as it is.

## Invitations

invitation-subject = { $inviter } invites you to { $workspace }
invitation-why = { $inviter } invites you to the workspace { $workspace } on Postrider, where posts for social networks are planned together.
invitation-link = Accept it here, until { $time }:
invitation-otherwise = If you do not know { $inviter }, do nothing: you will not be written to again.
