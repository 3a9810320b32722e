# Whether publishing works, in sentences.

standing-title = Status
standing-ok = Publishing works
standing-ok-next = The next post goes out { $when } ({ $zone }).
standing-ok-none = Nothing is scheduled.
standing-late = { $count ->
    [one] Publishing works, one post is late
   *[other] Publishing works, { $count } posts are late
}
standing-late-why = Each has its reason below. The oldest was due { $when }.
standing-stuck = { $count ->
    [one] One post is late, and nothing is in its way
   *[other] { $count } posts are late, and nothing is in the way
}
standing-stuck-why = The oldest was due { $when }. The publisher of this instance does not seem to run; tell its operator. Nothing is lost: what is late asks before it goes out.
standing-paused = Publishing is paused
standing-paused-by = { $name } paused it { $when }. What falls due meanwhile asks you afterwards.
standing-paused-since = It was paused { $when }. What falls due meanwhile asks you afterwards.
standing-paused-instance = The operator paused the whole instance { $when }. Only the operator lets it go on; nothing is lost meanwhile.
standing-resume-who = An admin of this workspace can resume it.

standing-now = Right now
standing-running = Being published
standing-next = Next
standing-next-none = Nothing
standing-wants = What wants somebody
standing-wants-none = All clear: nothing waits for anybody.
standing-unconfirmed = { $count ->
    [one] One post may be out or not
   *[other] { $count } posts may be out or not
}
standing-unconfirmed-why = The network did not say. Look there, then decide.
standing-failed = { $count ->
    [one] One post failed in the last seven days
   *[other] { $count } posts failed in the last seven days
}
standing-failed-why = Each says why, and what helps.
standing-channels = { $count ->
    [one] One channel must be reconnected
   *[other] { $count } channels must be reconnected
}
standing-channels-why = What is scheduled for it waits and then goes out by itself.
standing-decide = Decide
standing-repair = Repair
standing-reconnect = Reconnect

standing-held-release = See and release
standing-held-see = See them
standing-held-approval = { $count ->
    [one] One post awaits approval
   *[other] { $count } posts await approval
}
standing-held-approval-why = Somebody who may approve has to look.
standing-held-reconnect = { $count ->
    [one] One post waits for its channel
   *[other] { $count } posts wait for their channels
}
standing-held-reconnect-why = What waits goes out by itself once its channel is reconnected.
standing-held-operator = { $count ->
    [one] One post waits for the operator
   *[other] { $count } posts wait for the operator
}
standing-held-operator-why = The network refuses this instance’s own access; the operator was told.
standing-held-budget = { $count ->
    [one] One post waits because a budget is spent
   *[other] { $count } posts wait because a budget is spent
}
standing-held-budget-why = Give it more and release them, or withdraw them.
standing-held-late = { $count ->
    [one] One post missed its time
   *[other] { $count } posts missed their times
}
standing-held-late-why = Nothing goes out late without asking. Release what should still go out.
standing-held-paused = { $count ->
    [one] One post is paused with everything else
   *[other] { $count } posts are paused with everything else
}
standing-held-paused-why = It goes on when publishing is resumed.
standing-held-restored = { $count ->
    [one] One post may be out already
   *[other] { $count } posts may be out already
}
standing-held-restored-why = This instance was restored from a backup. Look at the network, then release or withdraw them.

standing-overdue = Late, and why
standing-overdue-for = Was due { $when }
standing-overdue-more = { $count ->
    [one] One more is late for reasons like these.
   *[other] { $count } more are late for reasons like these.
}
standing-looked = This page looks again by itself. Last looked at { $time }.
