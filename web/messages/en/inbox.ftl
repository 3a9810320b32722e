# What waits for somebody.

inbox-title = Needs attention
inbox-clear = All clear
inbox-clear-why = Nothing waits for you.
inbox-clear-next = Nothing waits for you. The next post goes out { $when } ({ $zone }), { $relative }.
inbox-none-here = Nothing of this kind
inbox-none-here-why = { $count ->
    [one] One other needs somebody.
   *[other] { $count } others need somebody.
}
inbox-show-all = Show all
inbox-to-calendar = Open the calendar
inbox-no-text = Its words were deleted here

inbox-filters = Kinds
inbox-all = All
inbox-unconfirmed = Unconfirmed
inbox-failed = Failed
inbox-incomplete = Partly published
inbox-held = On hold
inbox-channel = Channel
inbox-channel-all = All channels

inbox-group-unconfirmed = It is not certain whether these are out
inbox-group-failed = These did not go out
inbox-group-incomplete = Only the beginning of these is out
inbox-group-late = Their time passed before they could go out
inbox-group-restored = They may have gone out before the backup was restored
inbox-group-reconnect = Their channel has lost its permission
inbox-group-operator = The operator must act first
inbox-group-budget = There is no room for these
inbox-group-paused = Publishing is paused
inbox-group-approval = They wait for approval

inbox-release-all = { $count ->
    [one] Release it
   *[other] Release all { $count }
}
inbox-release-restored-title = Release what may be out already?
inbox-release-restored-why = These may have gone out before the backup was restored. What did is published a second time. Look at the networks first, and release one by one what is not there.
inbox-released = { $count ->
    [0] None was released.
    [one] One was released and goes out now.
   *[other] { $count } were released and go out now, one after the other.
}
inbox-skipped = { $count ->
    [one] One stays:
   *[other] { $count } stay:
} { $why }

inbox-zone = Times in { $zone }
inbox-said-retry = It is tried again.
inbox-said-confirm = Noted as published.
inbox-said-publish_again = It is sent again.
inbox-said-release = Released: it goes out now.
inbox-said-reschedule = It has another time.
inbox-said-cancel = Withdrawn.
inbox-said-stop = The remaining parts are stopped.
inbox-said-resume = Publishing goes on.

inbox-key-next = Next
inbox-key-previous = Previous
inbox-key-act = Press the button of the row
inbox-key-edit = Edit
inbox-key-withdraw = Withdraw
