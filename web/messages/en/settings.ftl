# A person's own pages, and those of a workspace.

profile-name-hint = Others in your workspaces see it.
profile-email-hint = You log in with it, and mail goes there.
profile-you = You
profile-password = Password
profile-current = Present password
profile-current-why = Needed for another address or password.
profile-password-why = Setting another password ends all your other sessions.
profile-change-password = Change the password
profile-password-changed = The password is changed. Your other sessions have ended.
profile-saved = Your profile is saved.
profile-appearance = Appearance
profile-theme = Colours
profile-sessions = Sessions
profile-sessions-why = Where you are logged in. End those that you do not know, and change your password.
profile-session-current = This one
profile-session-seen = Last used { $when } from { $address }
profile-session-end = End
profile-session-end-of = End the session in { $agent }
profile-session-end-others = End all others
profile-session-ended = The session has ended.
profile-sessions-ended = All other sessions have ended.
agent-in = { $browser } on { $system }
agent-unknown = A program that does not say what it is

workspace-settings = Workspace settings
workspace-general = General
workspace-name-owner = Only an owner can change the name.
workspace-zone-why = All times of this workspace are told in it. What is scheduled keeps its moment; the clock time shown for it may change.
workspace-missed = Late posts
workspace-missed-why = When the server was off, what is later than this does not go out by itself: it waits until somebody releases it.
workspace-missed-minutes = { $minutes } minutes
workspace-missed-hours = { $hours ->
    [one] { $hours } hour
   *[other] { $hours } hours
}
workspace-saved = The workspace is saved.
workspace-read-only = As { $role } you can look at this, but not change it. Ask an admin of the workspace.
workspace-publishing = Publishing
workspace-publishing-on = Posts go out at their times. While it is paused nothing does; what falls due then asks you afterwards.
workspace-publishing-off = Nothing goes out since { $since }. What falls due meanwhile asks you afterwards.
workspace-usage = Use
workspace-usage-of = { $used } of { $limit }
workspace-usage-free = { $used }, no limit
usage-channels = Channels
usage-members = Members
usage-posts_per_month = Posts this month
usage-storage_bytes = Storage


workspace-new = New workspace
workspace-another = Create another workspace
workspace-new-why = A workspace has its own channels, posts, files and people.
workspace-make = Make the workspace

labels = Labels
labels-why = A name and a colour, to find posts by.
labels-none = There are no labels yet.
labels-add = Add a label
labels-name = Name of the label
labels-colour = Colour of the label
labels-delete = Delete the label { $name }
labels-deleted = The label { $name } is deleted. Posts that had it stay.

keys = Keys for programs
keys-why = Programs use the API with a key. It can do what its role may, in this workspace alone.
keys-none = There are no keys.
keys-add = Make a key
keys-name = What is it for?
keys-role = The most it may do
keys-made = This is the key. It is shown this once; put it where the program finds it.
keys-hint = ends in { $hint }
keys-used = last used { $when }
keys-unused = never used
keys-revoke = Take back
keys-revoke-of = Take back the key { $name }
keys-revoked = The key { $name } no longer works.

role-viewer = Viewer
role-writer = Writer
role-publisher = Publisher
role-admin = Admin
role-owner = Owner
role-viewer-why = looks at everything, changes nothing
role-writer-why = drafts posts and uploads files
role-publisher-why = also schedules and publishes
role-admin-why = also connects channels and manages people
role-owner-why = also renames the workspace and makes owners
