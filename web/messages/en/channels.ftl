# Channels: the list, connecting, one channel, links for others.

channels-title = Channels
channels-connect = Connect a channel
channels-lead-fine = { $count ->
    [one] One channel, and it is fine.
   *[other] { $count } channels, all fine.
}
channels-lead-attention = { $attention } of { $count } { $attention ->
    [one] needs
   *[other] need
 } somebody.
channels-empty = No channels yet
channels-empty-why = A channel is an account, a page or a chat that you post to. Connect one and write the first post.
channels-empty-ask = A channel is an account, a page or a chat that you post to. Admins of this workspace connect them.
channels-list = Channels of this workspace
channels-gone-show = Show what was disconnected
channels-gone-hide = Hide what was disconnected
channels-more = More about { $name }
channels-see = See it at { $platform }
channels-write = Write a post
channels-reconnect = Reconnect
channels-reconnect-name = Reconnect { $name }
channels-connect-again = Connect it again
channels-disconnect = Disconnect
channels-disconnect-name = Disconnect { $name }
channels-on = { $platform }, { $host }

## How a channel is doing: a word, then a sentence

channels-health-fine = Fine
channels-health-limited = Limited
channels-health-expired = Being renewed
channels-health-operator = Operator must act
channels-health-reconnect = Reconnect
channels-health-disconnected = Disconnected

channels-said-new = Connected { $when }; nothing was published with it yet.
channels-said-fine = Last used { $when }.
channels-said-limited = It works, but without { $scopes }. Reconnect it and leave that permission on to switch the rest on.
channels-said-expired = Its access ended { $when } and is renewed by itself; posts wait for that. Reconnect it if this lasts longer than a few minutes.
channels-said-operator = The network refuses this instance’s own access, not this account. Its posts wait; the operator was told.
channels-said-reconnect = { $platform } stopped accepting its permission { $when }. Its posts wait and go out by themselves after you reconnect it.
channels-said-reconnect-undated = { $platform } no longer accepts its permission. Its posts wait and go out by themselves after you reconnect it.
channels-said-disconnected = Disconnected { $when }. Its tokens are destroyed; connect it again to go on.

## Choosing a network

channels-new-title = Connect a channel
channels-new-lead = Choose where you want to post. You need an account of your own there.
channels-new-forbidden = Only admins connect channels
channels-new-forbidden-why = Ask an owner or an admin of this workspace to connect it, or to give you that role.
channels-networks = Networks
channels-demo = Demo channel
channels-demo-why = A simulated network of this demonstration. Nothing leaves this machine.
channels-demo-connect = Connect { $name }
channels-by-session = You log in with an app password
channels-by-fixed = You enter its address or key
channels-by-oauth = You consent on its own page
channels-needs-keys = Needs keys – how
channels-unknown-network = There is no network of that name here
channels-unknown-network-why = The address names a network that this instance does not know. Choose one from the list.
channels-all-networks = All networks
channels-takes = Takes { $kinds }
channels-kind-text = text
channels-kind-thread = threads
channels-kind-quote = quotes
channels-kind-image = pictures
channels-kind-video = videos
channels-kind-card = link cards
channels-kind-poll = polls
channels-kind-link = links
channels-kind-images = several pictures
channels-kind-carousel = albums
channels-kind-reel = reels
channels-kind-story = stories
channels-kind-comment = comments

## The form of a network

channels-connect-to = Connect { $platform }
channels-reconnect-to = Reconnect { $name }
channels-reconnect-why = Posts, times and settings of this channel stay as they are. Consent with the same account; another one would become a channel of its own.
channels-about = Documentation of { $platform } for developers
channels-more-settings = More settings
channels-continue = Continue to { $platform }
channels-connect-now = Connect
channels-connecting = Asking the network …
channels-scopes-ask = You will be asked for
channels-scopes-none = It asks for no separate permissions: with the app password, posts can be written and deleted. The password itself is not kept.
channels-scopes-fixed = There is no consent at the network. What you enter is sealed, is used to publish alone, and is destroyed when you disconnect.
channels-scope-optional = can be left out
channels-full-redirect = The page of the network opens here and leads back.

channels-field-host = Server
channels-field-host-hint = Where the account lives. Change it only if you know that it is not the usual one.
channels-field-identifier = Handle or e-mail address
channels-field-identifier-hint = As you log in there, such as ada.example.org. Without the @.
channels-field-password = App password
channels-field-password-hint = Make one at the network, in the settings of your account under app passwords. It is used once and not kept; your own password stays yours.
channels-field-code = Code from an e-mail
channels-field-code-hint = Only if the network sent you one when you logged in just now.
channels-field-video-service = Server for videos
channels-field-video-service-hint = Where videos are prepared. The usual one is right for nearly everybody.
channels-field-server = Server
channels-field-server-hint = The address of the server where your account is, such as social.example.org.
channels-field-nsec = Secret key
channels-field-nsec-hint = It begins with nsec. It signs your posts, is kept sealed here and is destroyed when you disconnect.
channels-field-relays = Relays
channels-field-relays-hint = Where your posts are sent: addresses that begin with wss://, one on each line. At most 20.
channels-field-quorum = Relays that must accept
channels-field-quorum-hint = A post counts as published when this many have taken it.
channels-field-media-server = Server for files
channels-field-media-server-hint = Where pictures and videos are put. Without one, posts have no files.
channels-field-url = Address
channels-field-url-hint = Where each post is sent. It is kept sealed, as addresses often are keys themselves.
channels-field-secret = Signing secret
channels-field-secret-hint = The receiver checks with it that a post comes from here. It is base64, also with whsec_ before it.
channels-field-name = Name
channels-field-name-hint = What the channel is called here.
channels-field-deduplicates = The receiver drops repetitions
channels-field-deduplicates-hint = Switch it on if it remembers the webhook-id of what it has taken. What is uncertain is then sent again by itself.

## Keys of a platform app

channels-keys-title = Keys for { $platform }
channels-keys-why = { $platform } lets programs in only with keys of their own. Whoever runs this instance registers { -product } there once; then everybody here connects with one click.
channels-keys-registers = This instance registers itself at each server, so there is nothing to do. Enter keys only for a server that does not allow that.
channels-keys-step-register = Register an app at the network
channels-keys-console = Open the console of { $platform }
channels-keys-step-redirect = Enter this redirect address there, exactly as it is
channels-keys-redirect = Redirect address
channels-keys-redirect-of = Redirect address for { $platform }
channels-keys-shared-with = The same app connects { $platform } too: enter its address there as well, and the keys below serve both.
channels-keys-step-callbacks = Enter these too, so that the network can tell when somebody withdraws their permission or wants their data deleted
channels-keys-deauthorise = Deauthorise callback address
channels-keys-deletion = Data deletion request address
channels-keys-step-enter = Enter what the network shows then
channels-keys-client-id = Client ID
channels-keys-client-secret = Client secret
channels-keys-client-secret-hint = It is sealed and never shown again.
channels-keys-for = Who may use it
channels-keys-for-workspace = This workspace
channels-keys-for-instance = Every workspace of this instance
channels-keys-save = Save and check
channels-keys-there = Keys that are there
channels-keys-registered = Registered by itself
channels-keys-shared = For every workspace
channels-keys-own = For this workspace
channels-keys-check = Check now
channels-keys-check-one = Check now: { $id }
channels-keys-delete = Delete
channels-keys-delete-one = Delete { $id }
channels-keys-deleted = The keys are deleted.
channels-keys-accepted = The network accepts these keys.
channels-keys-refused = The network refuses these keys.
channels-keys-unknown = The network could not be asked; the keys are saved. Check them again later.
channels-keys-working = In use
channels-keys-broken = Refused since { $when }
channels-network-words = The network says: { $words }

## The kit for an app review

channels-review-title = App review at { $platform }
channels-review-why = { $platform } looks at a program before it lets everybody use it. This is what it asks for, made from what this instance does: addresses, an account for the reviewer, and for each permission its use, a test and a script for the screen recording.
channels-review-download = Download as Markdown
channels-review-missing = Missing
channels-review-complete = Nothing is missing here.
channels-review-addresses = What the console asks for
channels-review-unset = not set; the setting is
channels-review-prepare = Before anything is handed in
channels-review-reviewer = An account for the reviewer
channels-review-instructions = Instructions for the reviewer
channels-review-permissions = Permissions to ask for
channels-review-required = required
channels-review-usage = How it is used
channels-review-test = How to test it
channels-review-recording = Screen recording
channels-review-show = Show
channels-review-say = Say
channels-review-checklist = What reviews refuse for

## Coming back

channels-back-title = Connecting
channels-back-none = No connection is under way
channels-back-none-why = It has ended, or was begun in another browser. Begin again, or look at your channels.
channels-back-waiting = { $platform } has not sent you back yet
channels-back-waiting-why = You have until { $time } to consent there. If you closed that page, begin again.
channels-back-running = Asking { $platform } for the account …
channels-back-expired = It took too long
channels-back-expired-why = A connection waits a quarter of an hour for you. Nothing was connected. Begin again.
channels-back-confirm = Somebody else came back
channels-back-confirm-why = The page of the network was finished in another browser. Whoever is there is asked whether they want this.
channels-back-begin-again = Begin again
channels-back-pending = Connecting { $platform } is not finished.
channels-back-not = Connecting { $platform } did not work.
channels-back-see = See how it stands
channels-back-forget = Forget it
channels-done = { $count ->
    [one] { $names } is connected
   *[other] { $names } are connected
}
channels-done-resumed = { $count ->
    [0] You can write a post now.
    [one] One post was waiting for this and goes out by itself.
   *[other] { $count } posts were waiting for this and go out by themselves.
}
channels-done-missing = Not allowed, so what needs it stays switched off: { $scopes }.
channels-done-too = Connect { $platform } too
channels-done-another = Connect another
channels-done-see = See your channels
channels-failed = Nothing was connected
channels-failed-step = Step
channels-failed-words = The network’s own words
channels-failed-expected = Expected redirect address
channels-failed-received = Received redirect address
channels-failed-number = Number in the log
channels-step-fields = Reading the form
channels-step-find_server = Finding the server
channels-step-find_receiver = Finding the receiver
channels-step-find_app = Looking for keys
channels-step-register = Registering at the server
channels-step-authorize = Preparing the consent
channels-step-callback = Coming back from the network
channels-step-consent = Consenting at the network
channels-step-exchange_code = Exchanging the code
channels-step-scopes = Comparing the permissions
channels-step-identify = Finding the accounts
channels-step-choose = Choosing the accounts
channels-step-confirm = Confirming
channels-step-log_in = Logging in

channels-pick = Which accounts?
channels-pick-lead = { $platform } gave access to these. All that can be used are ticked.
channels-pick-accounts = Accounts that were found
channels-pick-known = connected already; this renews it
channels-pick-add = { $count ->
    [0] Add accounts
    [one] Add one account
   *[other] Add { $count } accounts
}
channels-pick-none = Tick at least one account.

## One channel

channels-one-health = How it is doing
channels-one-ok = Last success
channels-one-failure = Last failure
channels-one-never = Never yet
channels-one-expires = Access until
channels-one-expires-by-itself = { $time }, then renewed by itself
channels-one-since = Connected since
channels-one-server = Server
channels-one-account = Account
channels-one-permissions = Permissions
channels-one-permissions-none = This network knows no separate permissions.
channels-one-allowed = Allowed
channels-one-missing = Not allowed
channels-one-planned = What is planned
channels-one-planned-none = Nothing is scheduled for this channel.
channels-one-planned-count = { $count ->
    [one] One post is scheduled
   *[other] { $count } posts are scheduled
}
channels-one-planned-next = The next goes out { $when }.
channels-one-held-count = { $count ->
    [one] One post is on hold
   *[other] { $count } posts are on hold
}
channels-one-calendar = See it in the calendar
channels-one-held-see = See what is on hold
channels-one-end = Disconnect
channels-one-end-why = The tokens are destroyed at once and its scheduled posts are put on hold. What is published stays published.

## Disconnecting

channels-end-title = Disconnect { $name }?
channels-end-tokens = Its tokens are destroyed here at once, and { $platform } is asked to forget them. There is no way to take that back; to post again, somebody has to connect it again.
channels-end-held = { $count ->
    [0] Nothing is scheduled for it, so nothing is held.
    [one] One scheduled post is put on hold. It is not lost: it goes out after the account is connected again.
   *[other] { $count } scheduled posts are put on hold. They are not lost: they go out after the account is connected again.
}
channels-end-counting = What is scheduled for it is put on hold. It is not lost: it goes out after the account is connected again.
channels-end-published = What is published already stays at { $platform }, and its records stay here.
channels-end-identity = Its name, handle and ids are kept for a while, so that your records can be exported, and are then erased. The exact day is shown after this.
channels-end-done = { $name } is disconnected
channels-end-destroyed = The tokens are destroyed.
channels-end-shared = The tokens stay: another channel of the same consent still uses them.
channels-end-held-done = { $count ->
    [0] No scheduled posts were affected.
    [one] One post is on hold until the account is connected again.
   *[other] { $count } posts are on hold until the account is connected again.
}
channels-end-kept = Its name, handle and ids are kept until { $time }, then erased.
channels-end-revoked = { $platform } has taken the consent back.
channels-end-not_offered = { $platform } offers no way to take a consent back from here. Remove the app in your settings there if you want it gone.
channels-end-still_used = The consent stays at { $platform }: another channel uses it.
channels-end-used_elsewhere = The consent stays at { $platform }: the same account is connected elsewhere, and only all of it can be taken back.
channels-end-nothing = There was no consent left to take back.
channels-end-failed = { $platform } did not take the consent back. Remove the app in your settings there if you want it gone.
channels-end-list = Back to the channels

## Links for somebody else

channels-links = Let somebody else connect
channels-links-why = Whoever has the account is not always here. A link lets them connect one account, without a password of theirs passing through anybody’s hands.
channels-links-make = Make a link
channels-links-list = Open links
channels-links-until = Works until { $time }
channels-links-by = made { $when }
channels-links-revoke = Take back
channels-links-revoke-one = Take back the link for { $platform }
channels-links-revoked = The link no longer works.
channels-links-title = A link to connect with
channels-links-description = It works once, for one account. You can take it back as long as nobody used it.
channels-links-network = Network
channels-links-note = A word to them
channels-links-note-hint = They read it on the page, beside your name and the name of this workspace.
channels-links-days = It works for
channels-links-day = { $count ->
    [one] a day
   *[other] { $count } days
}
channels-links-ready = The link is ready
channels-links-once = Hand it over now: it is shown only this once.
channels-links-url = Link
channels-links-done = Done
