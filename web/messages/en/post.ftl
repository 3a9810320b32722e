# One post: how it fares on each channel, what was tried, and what can be done.

post-page = Post
post-empty-text = A post without words
post-back = Back to the calendar
post-purged-title = Content deleted
post-purged = What this said was deleted here, as is promised some time after publishing. What is live on the networks stays there.
post-gone = This post is gone
post-gone-why = It was deleted here, or it never was in this workspace. What was live on the networks stays there.
post-draft-why = It is a draft: it goes nowhere until it is scheduled.
post-when-draft = No time yet
post-when-now = { $when } ({ $zone }), { $relative }
post-channel-count = { $count ->
    [one] One channel
   *[other] { $count } channels
}
post-out-of = { $out } of { $count } published
post-series = One of a series
post-says = What it says
post-says-shared = What it says where a channel has no words of its own
post-channels = Where it is to go
post-issues = What stands in the way

post-edit = Edit
post-duplicate = Duplicate
post-duplicated = A draft with the same words was made.
post-open = Open it
post-reschedule = Another time …
post-unschedule = Take off the schedule
post-unscheduled = Taken off the schedule. It is a draft again.
post-scheduled-again = Back on the schedule for { $when }.
post-cancel = Withdraw …
post-delete = Delete here …
post-more = More about this post

post-time-title = Another time
post-time-why = Everything of this post that is not out goes out at the new time.
post-time-label = New time
post-time-zone = By the clock of { $zone }.
post-time-save = Move it
post-moved = Moved to { $when } ({ $zone }).
post-now = Publish now
post-now-said = It goes out now.

post-cancel-title = Withdraw this post?
post-cancel-why = Nothing more of it goes out. What is out already stays there. This cannot be undone; a duplicate can be made at any time.
post-cancel-do = Withdraw
post-canceled = Withdrawn. Nothing more of it goes out.
post-delete-title = Delete this post here?
post-delete-why = It is deleted here with its history, for everybody in the workspace. What is live on a network stays there: delete it there first if you want it gone.
post-delete-live-too = { $count ->
    [one] It is live on one channel.
   *[other] It is live on { $count } channels.
}
post-delete-do = Delete here
post-deleted = Deleted here.

# One channel

post-delivery-menu = More about { $name }
post-went-out = Went out { $when }
post-goes-out = Goes out { $when }, { $relative }
post-due-out = Was to go out { $when }
post-waits-until = Waits until { $when }, { $relative }
post-under-way = Being published now
post-withdrawn = Withdrawn { $when }
post-removed = Deleted on the network { $when }
post-changed-why = Edited on the network { $when }. The words shown here are those that went out first.
post-stopping = The remaining parts are being stopped.
post-words = In the network’s own words
post-look = See it on { $network }
post-look-part = See part { $part } on { $network }
post-new-tab = opens in a new tab
post-open-channel = Open { $name }

post-part = Part { $part }
post-part-pending = Not out yet
post-part-published = Out since { $when }
post-part-failed = Not out
post-part-skipped = Not sent
post-part-deleted = Deleted on the network
post-part-delay = { $seconds } seconds after the part before
post-no-alt = No alternative text
post-file = File { $index }

post-do-retry = Try again
post-do-retry-rest = Retry the rest
post-do-confirm = It is there …
post-do-publish_again = Publish again …
post-do-release = Release
post-do-release-late = Publish now
post-do-release-tried = Try again
post-do-reschedule = Another time …
post-do-cancel = Withdraw …
post-do-stop = Stop the remaining parts
post-do-edit = Edit it
post-do-media = Replace the file
post-do-reconnect = Reconnect the channel
post-do-operator = Check the platform app
post-do-operator-other = Only the operator of this instance can mend this. They were told.
post-do-duplicate = Write the rest anew
post-do-duplicate-whole = Write it anew
post-do-report = Copy details for a report
post-reported = The details are copied. Nothing secret is in them.
post-report-refused = The browser does not let this page copy. Open “Sent and answered” below and copy it from there.
post-role = As { $role ->
    [viewer] a viewer
   *[other] a writer
} you may look at this but not decide it. Ask a publisher or an admin.

post-said-retry = It is tried again now.
post-said-confirm = Noted as published.
post-said-publish_again = It is sent again now.
post-said-release = Released. It goes on now.
post-said-cancel = Withdrawn. It does not go out here.
post-said-stop = The remaining parts are stopped.
post-said-delete-live = Being deleted on the network.
post-said-edit-live = Being edited on the network.

post-withdraw-title = Withdraw it from { $name }?
post-withdraw-why = It does not go out on this channel. The other channels are not touched. This cannot be undone.
post-stop-title = Stop the remaining parts?
post-stop-why = The parts that are out stay there; the others are not sent.
post-stop-do = Stop them

# A send whose outcome is not known

post-doubt = What is known
post-doubt-sent = Sent { $when }.
post-doubt-first = First sent { $first }, last { $when }.
post-doubt-ended = The connection ended { $after } without an answer that says whether it was taken.
post-doubt-open = It is not known whether the call ended.
post-doubt-none = { $network } cannot be asked what became of it, so only somebody who looks there can tell.
post-doubt-listing = { $network } was asked for the account’s newest posts.
post-doubt-key = { $network } was asked for the post by its own key and gave no clear answer.
post-doubt-nobody-answered = { $network } was asked and gave no clear answer.
post-doubt-candidates = { $count ->
    [0] None of them is certainly this one.
    [one] One of them may be it.
   *[other] { $count } of them may be it.
}

post-there-title = It is there: where?
post-there-why = Open the account at { $network }, copy the link of the post and paste it here. Nothing is sent; the rest of the post, if any, goes on.
post-there-pick = Which one is it?
post-there-other = Another one
post-there-same = says the same
post-there-near = says nearly the same
post-there-link = Link of the post
post-there-link-hint = As it stands in the address bar of the post.
post-there-do = That is it
post-again-title = Publish it again?
post-again-once = If it is there after all, people will see it twice. Look at the account first.
post-again-idempotent = It is sent with the same key as before: if { $network } still knows that key, it keeps one copy. After some time it forgets, and people would see it twice. Look at the account first.
post-again-account = Look at the account
post-again-do = Publish again

# What is live

post-live-delete = Delete on the network …
post-live-delete-title = Delete it on { $network }?
post-live-delete-why = { $parts ->
    [one] The post disappears from { $name } for everybody, with its replies and likes. The record here stays.
   *[other] All { $parts } parts disappear from { $name } for everybody, the last one first, with their replies and likes. The record here stays.
}
post-live-delete-do = Delete on the network
post-live-edit = Edit on the network …
post-live-edit-title = Edit it on { $network }
post-live-edit-why = Files stay as they are, and the network may mark it as edited. The other channels are not touched.
post-live-edit-earlier = It was edited before. These are the words that went out first: write what it is to say now.
post-live-edit-do = Change it there
post-change-delete = Deleting it on the network
post-change-edit = Editing it on the network
post-change-waiting = Under way, asked for { $when }.
post-change-failed = It did not work.
post-change-again = Ask for it again

# What was tried

post-tries = What was tried
post-tries-count = { $count ->
    [one] one try
   *[other] { $count } tries
}
post-tries-none = Nothing was tried yet.
post-try-part = Part { $part }
post-try-send = Sent it
post-try-read = Asked the network before sending
post-try-look = Looked whether it is there
post-try-refresh = Renewed the permission
post-try-rescue = Taken over from a process that had stopped
post-try-delete = Asked the network to delete it
post-try-edit = Asked the network to change it
post-came-ok = It worked.
post-came-look-ok = The network answered clearly.
post-came-look-ambiguous = The network could not tell.
post-came-refresh-ok = The permission is good again.
post-came-rescue = Another process went on with it.
post-came-rate-limited = The network asked for a pause.
post-came-transient = No usable answer; it may work later.
post-came-reauth = The network did not accept the permission.
post-came-user-action = The network wants the owner of the account to do something.
post-came-operator = The network refused this instance’s own access.
post-came-rejected = The network refused it.
post-came-ambiguous = It is not known whether it was taken.
post-came-bug = Something went wrong on our side.
post-try-status = HTTP { $status }
post-try-raw = Sent and answered
post-try-purged = What was sent and answered was deleted after its time.
post-raw-sent = Sent
post-raw-answer = Answered
post-raw-empty = nothing
