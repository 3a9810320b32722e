# What many screens say. British spelling; a sentence says what happened, why, and what to do next.

-product = Postrider
title = { $page } · { -product }

close = Close
cancel = Cancel
save = Save
saved = Saved
delete = Delete
undo = Undo
copy = Copy
copied = Copied
loading = Loading
try-again = Try again
reload = Load it again
more = More
back = Back
optional = optional
messages = Messages
skip = Go to the content
go-home = Go to the start
new-version = There is a new version of { -product }. What you have written is kept.

not-found = There is nothing here
not-found-why = The address leads nowhere, or what was there is gone. Check it, or go to the start.
no-workspace = This workspace is not yours to see
no-workspace-why = You are not a member of it, or it is gone. Ask somebody there to invite you.
unexpected-error-title = Something went wrong here
unexpected-error = Something went wrong in this page. Load it again; what was saved is safe.
server-error = The server answered with an error ({ $status }). Try again in a moment.
offline-error = The server does not answer. Check your connection and try again; nothing is lost.
request-id = Number of the request, for the operator: { $id }
offline = You are offline. What you write is kept and sent when you are back.
reconnecting = The connection is lost. Trying again …

log-in = Log in
log-out = Log out
password = Password
log-in-again = Log in again
log-in-again-why = Your session has ended. Log in as { $email } to go on; what you wrote is still here.

profile = Your profile
notification-choices = What you are told
account-menu = { $name }: your account
theme-system = Light or dark by the system
theme-system-short = As the system
theme-dark = Dark
theme-light = Light

nav-main = Main
nav-calendar = Calendar
nav-inbox = Inbox
nav-drafts = Drafts
nav-media = Media
nav-channels = Channels
nav-status = Status
nav-members = Members
nav-settings = Settings
nav-more = More
nav-search = Search
new-post = New post
switch-workspace = { $name }: switch to another workspace
attention-count = { $count ->
    [one] { $count } needs attention
   *[other] { $count } need attention
}

shortcuts = Keys
shortcuts-global = Everywhere
shortcuts-go = Go to
shortcuts-calendar = Calendar
shortcuts-composer = Composer
shortcuts-inbox = Needs attention
shortcuts-letters = Single letters are commands
shortcuts-letters-hint = Switch this off if you speak to your computer or press keys by accident. Keys with { $mod } still work.

status-draft = Draft
status-scheduled = Scheduled
status-publishing = Publishing
status-waiting = Waiting
status-held = On hold
status-approval = Awaits approval
status-unconfirmed = Unconfirmed
status-published = Published
status-incomplete = Partly published
status-failed = Failed
status-canceled = Withdrawn
