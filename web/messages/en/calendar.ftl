# The calendar: what goes out and went out, and when.

calendar-week = Week
calendar-list = List
calendar-view = View
calendar-today = Today
calendar-previous-week = Week before
calendar-next-week = Week after
calendar-previous-list = Four weeks before
calendar-next-list = Four weeks after
calendar-zone = { $city } time
calendar-zone-full = All times are in the zone of the workspace, { $zone }.
calendar-when = { $time } ({ $zone })
calendar-loading = The posts are being loaded

calendar-filter = Filter
calendar-filter-count = Filter: { $count ->
    [one] { $count } chosen
   *[other] { $count } chosen
}
calendar-filter-channels = Channels
calendar-filter-statuses = States
calendar-filter-labels = Labels
calendar-filter-scheduled = Scheduled
calendar-filter-publishing = Publishing
calendar-filter-attention = Needs attention
calendar-filter-published = Published
calendar-clear-filters = Clear filters

calendar-keys-hint = Arrow keys go from slot to slot, Page Up and Page Down from post to post. Enter opens, N writes a post here, M or Space lifts a post to move it.
calendar-slot = New post, { $time }
calendar-slot-over = { $time } is over
calendar-slot-past = This time is over. Choose a later one.
calendar-slot-read-only = You can look at this workspace, but not write in it. Ask an admin for another role.
calendar-now = Now, { $time }

calendar-to = to { $handles }
calendar-no-text = A post without text
calendar-some-published = { $published } of { $count } published
calendar-card-more = More of the post at { $time }
calendar-stack = { $count } more posts around { $time }
calendar-stack-short = +{ $count }
calendar-of-series = of a series
calendar-planned = A series will post here
calendar-planned-blocked = The series waits, so this will not be posted as things are

calendar-open = Open
calendar-edit = Edit
calendar-move = Move to …
calendar-lift = Move with the arrow keys
calendar-duplicate = Duplicate
calendar-choose = Choose
calendar-withdraw = Take off the schedule
calendar-new-here = New post here
calendar-show-week = Show weeks
calendar-show-list = Show the list
calendar-next = Next
calendar-previous = Previous

calendar-lifted = Lifted: { $text }. It is at { $time }. Arrow keys move it, Enter puts it down, Escape leaves it where it was.
calendar-carried = { $time }
calendar-carried-past = { $time }, which is over
calendar-left = The post stays at { $time }.
calendar-moved = Moved to { $when }
calendar-moved-back = Moved back to { $when }
calendar-withdrawn = Taken off the schedule. It is in the drafts now.
calendar-put-back = Back on the schedule.
calendar-see-drafts = See drafts
calendar-duplicated = Copied to the drafts.
calendar-edit-copy = Edit the copy
calendar-fixed-publishing = Publishing has begun, so this can no longer be moved. Wait for the result.
calendar-fixed-published = This is published, so it stays where it is. Duplicate it to post it again.
calendar-fixed-unconfirmed = It is not known whether this is out, so it stays where it is. Open it and say what you see.
calendar-fixed-restored = This may be out already, since the instance was restored. Open it, then release or withdraw it.
calendar-fixed-role = You may not move posts in this workspace. A publisher or an admin can.

calendar-move-title = Move to another time
calendar-move-date = Day
calendar-move-time = Time
calendar-move-hint = By the clock in { $city }, where it is { $now } now.
calendar-move-do = Move
calendar-move-missing = Choose a day and a time.

calendar-empty-week = Nothing scheduled this week
calendar-empty-week-why = Press a time in the grid, or write a post and choose when it goes out.
calendar-empty-list = Nothing scheduled in these weeks
calendar-empty-list-why = Write a post and choose when it goes out.
calendar-no-match = No posts match
calendar-no-match-why = There are posts in this time, but none of the kind that you chose.
calendar-unconnected-why = Posts go out through channels: connect one, then write.
calendar-connect = Connect a channel
calendar-truncated = There is more than fits here. Narrow it with a filter or look at one week.
calendar-day-empty = Nothing on this day

calendar-select = Choose the post at { $time }: { $text }
calendar-selected = { $count ->
    [one] { $count } post chosen
   *[other] { $count } posts chosen
}
calendar-select-none = Choose none
calendar-withdrawn-count = { $count ->
    [one] { $count } post taken off the schedule. It is in the drafts now.
   *[other] { $count } posts taken off the schedule. They are in the drafts now.
}
