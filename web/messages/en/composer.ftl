# Writing a post.

composer-draft = Edit draft
composer-edit = Edit post
composer-text = Text
composer-part = Part { $place } of { $count }
composer-placeholder = What would you like to say?
composer-placeholder-next = And then?
composer-add-part = Add a part
composer-part-menu = Part { $place }: move, join or remove
composer-up = Move up
composer-down = Move down
composer-join = Join to the part before
composer-remove = Remove this part
composer-split = Split at the caret
composer-over = The marked end of the text does not fit.

composer-delay = Wait before part { $place }
composer-delay-none = right after
composer-delay-seconds = { $count } seconds later
composer-delay-minutes = { $count ->
    [one] 1 minute later
   *[other] { $count } minutes later
}
composer-delay-hours = { $count ->
    [one] 1 hour later
   *[other] { $count } hours later
}

composer-channels = Channels
composer-channel = { $name } on { $platform }
composer-no-channels = No channel is connected yet.
composer-connect = Connect a channel
composer-needs-reconnect = { $handle } on { $platform } does not let us in any more, so it cannot be chosen.
composer-reconnect = Connect again

composer-tabs = Text for
composer-all = All
composer-own-text = has its own text
composer-fork-hint = What you write here is for { $name } only. The others keep the shared text.
composer-reset = Reset to shared

composer-counts = Length
composer-count = { $platform }: { $used } of { $max } characters
composer-too-long = { $platform }: { $over } characters too long; { $max } fit

composer-options = Options for { $name }
composer-options-set = { $count } set

composer-labels = Labels
composer-no-labels = There are no labels yet.
composer-make-labels = Make some

composer-when = Time
composer-suggested = suggested
composer-when-quarter = Next quarter hour
composer-when-hour = In 1 hour
composer-when-tomorrow = Tomorrow at 09:30
composer-when-instead = Take { $time }
composer-date = Date
composer-time = Time of day
composer-zone = By the clock of { $zone }.

composer-problems = Problems
composer-error = Must be put right:
composer-warning = Worth knowing:
composer-problem-count = { $count ->
    [0] No problems
    [one] 1 problem
   *[other] { $count } problems
}
composer-warning-count = { $count ->
    [one] 1 piece of advice
   *[other] { $count } pieces of advice
}
composer-all-problems = Show all { $count }
composer-fewer = Show fewer
composer-in-the-way = { $count ->
    [one] One problem stands in the way: { $detail }
   *[other] { $count } problems stand in the way. The first: { $detail }
}
composer-fix-crop = Crop to { $ratio }
composer-fix-resize = Make it smaller
composer-fix-reencode = Convert it
composer-fix-split = Split into a thread
composer-fix-links = Shorten the links
composer-fix-what = { $what }. { $detail }
composer-fixed = Put right. Have a look at it.

composer-schedule = Schedule
composer-save-changes = Save changes
composer-save = Save
composer-now = Publish now
composer-keep-draft = Save as a draft
composer-unschedule = Take off the schedule
composer-other-ways = Other ways to go on
composer-not-publisher = Publishers and admins put posts on the schedule. Save it as a draft and tell one of them.
composer-toggle-preview = Text or preview
composer-go-tab = Go to a channel’s tab
composer-more = More for this draft
composer-delete = Delete the draft

composer-scheduled = Scheduled for { $time } ({ $zone }).
composer-kept = Saved. It goes out { $time } ({ $zone }).
composer-publishing = Publishing in 10 seconds.
composer-kept-as-draft = Saved as a draft.
composer-draft-again = It is a draft again.
composer-wrote-on = What you wrote since then is not in it yet, and stays open here.
composer-deleted = The draft is deleted.
composer-back = The draft is back.
composer-view = View
composer-open = Open

composer-state-new = Not saved yet
composer-state-draft = Draft
composer-state-saving = Draft · saving …
composer-state-saved = Draft · saved { $when }
composer-state-offline = The server does not answer. What you write is kept here and sent as soon as it does.
composer-state-conflict = Somebody else changed it too
composer-state-scheduled = Goes out { $time }
composer-state-past = Was to go out { $time }. Choose another time.
composer-state-unsaved = Changes are kept here. They go out once you save them.

composer-restored = Restored what you had written.
composer-afresh = Start afresh
composer-put-away = Started afresh.

composer-conflict = Somebody else changed this post too
composer-conflict-why = Nothing is lost: compare the two, then say how to go on.
composer-mine = Yours
composer-mine-note = As you have it here
composer-theirs = Theirs
composer-theirs-note = Saved { $time }
composer-keep-mine = Keep mine
composer-take-theirs = Take theirs
composer-keep-both = Keep both
composer-both-kept = Yours is a draft of its own now; this is theirs.
composer-theirs-taken = This is their version now.
composer-no-text = (no text)
composer-files = { $count ->
    [one] 1 file
   *[other] { $count } files
}

composer-locked = This post is out
composer-locked-why = What people may have seen is not edited here, since that would publish it again. Make a copy of it and change that.
composer-locked-canceled = This post was withdrawn
composer-locked-canceled-why = It will not go out any more. Make a copy of it and change that.
composer-duplicate = Duplicate
composer-duplicated = This is the copy; the first one is as it was.
composer-see-post = See the post

composer-write = Write
composer-preview = Preview
composer-view-of = What is shown
composer-preview-none = Choose a channel to see how it will look there.
