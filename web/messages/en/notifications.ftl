# What a person is told, and where.

notifications = Notifications
notifications-unread = { $count ->
    [0] Notifications
    [one] Notifications: { $count } is new
   *[other] Notifications: { $count } are new
}
notifications-none = Nothing to tell
notifications-none-why = When a post fails, waits or needs you, it says so here.
notifications-read-all = Mark all as read
notifications-choose = Choose what you are told

choices-title = What you are told
choices-why = For each kind of news, choose whether it is shown here and whether it comes by e-mail.
choices-kind = News
choices-here = Here
choices-mail = E-mail
choices-no-mail = This instance does not send e-mail, so only what is shown here counts. Its operator can set up a mail server.
choices-here-of = { $kind }: shown here
choices-mail-of = { $kind }: by e-mail
choices-saved = Your choice is saved.
choice-failed = A post failed
choice-failed-why = Something did not go out, or not all of it.
choice-unconfirmed = A post is unconfirmed
choice-unconfirmed-why = Nobody knows whether it is out; you decide.
choice-held = A post is on hold
choice-held-why = It waits for you, for example because it is late.
choice-reconnect = A channel needs reconnecting
choice-reconnect-why = Its access ended, so its posts wait.
choice-schedule = The schedule changed by itself
choice-schedule-why = Times moved, or a series waits.
choice-published = A post is out
choice-published-why = Each time something was published.
