# One message for each code of crates/domain/src/code.rs; the id is the code with - for _.
# Each says what happened, why, and what to do next. British spelling.
# Figures and names come from the code that emits the code; one that is missing reads "(not given)".

## Requests

bad-body = The request body cannot be read: { $reason }. Send one JSON object as the API document describes it.
bad-field = The field { $field } does not have the expected form: { $reason }. Correct it and send the request again.
invalid-fields = Some fields are not right, so nothing was saved. Correct those listed below and send it again.
bad-id = This is not an id of the expected kind. Use the id exactly as the API returned it.
bad-cursor = The cursor was not made by this list. Leave it out to start from the beginning.
body-too-large = The request body is larger than the { $limit } bytes that are accepted here. Send less at once.
unsupported-media-type = The request body is not JSON. Send it with “Content-Type: application/json”.
not-found = There is nothing at this address, or not for you. Check the address and whether you belong to the workspace.
method-not-allowed = This address does not know the method. The API document lists those it knows.
conflict = There is one of that name already. Choose another name, or change the existing one.
stale-version = Somebody else changed this meanwhile, so nothing was saved. Load it again and repeat your change.
version-required = This change needs to know which version it is based on. Send the ETag you received as “If-Match”.
idempotency-mismatch = This idempotency key was used for another request before. Use a new key for a new request.
idempotency-in-flight = The first request with this idempotency key is still being handled. Wait a moment and send it again.
idempotency-key-invalid = An idempotency key is 1 to 255 visible ASCII characters. Send another one, such as a UUID.
too-many-requests = Too many requests in a short time: { $limit } a minute are allowed. Try again in { $seconds } seconds.
unavailable = The database does not answer at the moment. Nothing was changed; try again shortly.
busy = The server is busy checking passwords. Nothing was changed; try again in { $seconds } seconds.
request-timeout = The request took too long to arrive, so it was not looked at. Send it again.
too-many-streams = You follow { $limit } streams of events already. Close one first, or try again in { $seconds } seconds.
storage-full = The disk of the server is full, so nothing was saved. Free some space, then try again.
internal = Something went wrong on our side. Try again; if it stays, give the operator the number shown as “instance”.
required = The field { $field } is needed. Fill it in.
too-short = This is too short: at least { $limit } are needed. Make it longer.
too-long = This is too long: at most { $limit } are allowed. Shorten it.
unknown-field = There is no field or parameter { $field } here. Check its spelling against the API document.

## Access

not-logged-in = This needs a log-in. Log in, or send a key as “Authorization: Bearer …”.
wrong-credentials = The e-mail address or the password is wrong. Check both, or ask the operator for a link that sets a new password.
login-throttled = Too many failed log-ins, so further ones are not looked at. Try again in { $seconds } seconds, or ask the operator for a link that sets a new password.
session-expired = Your session has ended. Log in again.
key-expired = This key has expired. Make a new one in the workspace’s settings.
key-unknown = This key is unknown or was revoked. Check that it is complete, or make a new one.
cross-site = The request came from another site and was refused. Open the product in its own tab and try again.
forbidden = { $role ->
        [viewer] As a viewer you may look but not change anything. Ask an admin of the workspace for another role.
        [writer] As a writer you may draft but not do this. Ask an admin of the workspace for another role.
        [publisher] As a publisher you may schedule but not do this. Ask an admin of the workspace.
        [admin] Only an owner of the workspace may do this. Ask one.
       *[other] Your role does not allow this. Ask an admin of the workspace.
    }
person-needed = A key cannot do this, because it concerns a person and not a workspace. Log in instead.
operator-needed = Only the operator of this instance may do this. Ask the operator.
setup-closed = This instance is set up already, so this page is gone. Log in instead.
setup-token = The set-up token is missing or wrong. Use the address that the server printed when it started.
link-used = This link no longer works: it was used, taken back or has expired. Ask for a new one.
mail-off = This instance sends no e-mail. Ask its operator for a link that sets a new password.
reset-throttled = A new password was asked for too often. Look for the e-mails that were sent, or try again in { $seconds } seconds.
email-taken = There is an account with this e-mail address already. Log in with it, or use another address.
email-invalid = This is not an e-mail address. It has the form name@example.org.
password-too-short = The password is too short: use at least { $limit } characters.
password-wrong = This is not your present password. Check it; if you do not know it, ask the operator for a link that sets a new one.
last-owner = A workspace needs an owner, and this is its last one. Make somebody else an owner first.
already-member = This person belongs to the workspace already. Change their role instead.
entitlement-exceeded = { $meter ->
        [channels] No more channels fit: { $used } of { $limit } are in use. Disconnect one, or ask the operator for a higher limit.
        [members] No more members fit: { $used } of { $limit } are in use. Remove one, or ask the operator for a higher limit.
        [posts_per_month] This month’s posts are used up: { $used } of { $limit }. Wait for the next month, or ask the operator for a higher limit.
        [storage_bytes] The storage is used up: { $used } of { $limit } bytes. Delete media, or ask the operator for a higher limit.
        [upload_bytes] One upload may have at most { $limit } bytes. Upload a smaller file, or ask the operator for a higher limit.
        [ai_calls_per_month] This month’s AI calls are used up: { $used } of { $limit }. Wait for the next month, or ask the operator for a higher limit.
       *[other] A limit of the workspace is reached: { $used } of { $limit }. Ask the operator for a higher one.
    }

## Time

time-missing-offset = The time does not say how it relates to UTC. Add an offset such as +02:00 or Z, or send a local time with a zone.
time-invalid = This is not a time. Write it as 2026-03-01T09:00:00+01:00.
time-in-gap = This time does not exist, because the clocks go forward over it. Choose { $before } or { $after }.
time-offset-disagrees = The zone does not have the offset { $given } at this time; it has { $expected }. Correct one of them.
time-out-of-range = This time is too far away to be planned. Choose an earlier one.
time-past = This time is over. Choose a later one, or publish now.
zone-unknown = There is no time zone { $zone }. Use an IANA name such as Europe/Berlin.
rule-invalid = This is not a rule to repeat by: { $reason }. Write it as FREQ=WEEKLY;BYDAY=MO,TH.
rule-too-often = This repeats more than { $limit } times a day. Choose fewer times.
rule-never = By this rule no post would follow. Check its dates and where it ends.
occurrence-unknown = The series has no occurrence at { $occurrence }. Take one from its list of times.

## Content

text-too-long = The text is too long for { $platform }: { $used } characters of { $limit }. Shorten it, or split it into parts.
text-too-many-bytes = The text is too large for { $platform }: { $used } bytes of { $limit }. Use fewer emoji and rare characters, or shorten it.
text-empty = There is no text. Write something.
parts-too-many = { $platform } takes at most { $limit } parts in one thread; there are { $used }. Join or remove some.
parts-unsupported = { $platform } has no threads. Join the parts into one.
part-delay-too-long = The wait before this part is too long: { $used } seconds of at most { $limit }. Shorten it.
media-unsupported = { $platform } cannot take this file. Remove it, or use another format.
media-too-many = There are too many files: { $used } of at most { $limit }. Remove some.
media-unknown = The file does not exist in this workspace, or was deleted. Upload it again, or remove it from the post.
media-not-ready = The file is not all there yet. Wait until its upload is finished.
media-will-be-fitted = { $platform } does not take this picture as it is; it will be encoded anew to fit. Nothing needs to be done.
media-ratio = { $platform } does not take a picture of { $width } × { $height } pixels: its sides are too unequal. Crop it.
media-too-narrow = { $platform } takes no picture that is less than { $limit } pixels wide, and this one has { $used }. Use a larger one.
media-crop-invalid = The crop reaches over the edge of the picture, is empty, or leaves neither its whole width nor its whole height. Give x, y, width and height in ten-thousandths.
media-focus-invalid = The focal point lies outside the picture. Give x and y from 0 to 10000.
media-mixed = { $platform } does not take pictures and videos in one post. Remove one or the other.
animation-stands = { $platform } takes no moving pictures: only the first frame will be shown. Upload it as a video, or leave it so.
videos-too-many = { $platform } takes at most { $limit ->
    [one] one video
   *[other] { $limit } videos
 } in a post; there are { $used }. Remove some.
video-too-long = The video is too long for { $platform }: { $used } seconds of { $limit }. Shorten it.
video-too-short = The video is too short for { $platform }: { $used } seconds; it takes { $limit } or more. Use a longer one.
video-needs-encoding = { $platform } does not take this video as it is. Let it be encoded anew, or upload it as MP4 with H.264 in the size that the platform takes.
video-no-encoder = { $platform } does not take this video as it is, and this server cannot encode videos because ffmpeg is not installed. Upload it as MP4 with H.264 in the size that the platform takes.
alt-too-long = The alternative text is too long for { $platform }: { $used } characters of { $limit }. Shorten it.
alt-missing = The picture has no alternative text: people who do not see it will not know what it shows. Describe it.
media-required = On { $host } every post has a picture or a video. Add one.
poll-limit = { $platform } does not take this poll: { $used } where { $limit } is the limit. Change it.
poll-with-media = On { $platform } a poll stands in the place of files. Remove the files, or the poll.
polls-unsupported = The server { $host } has no polls. Remove the poll.
visibility-unsupported = The server { $host } cannot show a post only to those whom it mentions. Choose another visibility.
quotes-unsupported = The server { $host } cannot quote posts. Remove the quote, or put the link into the text.
media-server-missing = This { $platform } account has no server for files. Connect it again with one, or remove the files.
card-with-media = On { $platform } a link card stands in the place of files: it may have one picture and nothing else. Remove the others, or the card.
card-alone = On { $platform } a link card stands in the place of files and of a poll. Remove those, or the card.
links-too-many = There are { $used } different links, and { $platform } takes at most { $limit }. Remove some.
public-url-needed = { $platform } fetches files from this instance, and cannot reach it. Whoever runs it has to set public_url to an address on the internet; posts without files go out all the same.
hashtags-too-many = There are { $used } hashtags, and { $platform } takes at most { $limit }. Remove some.
hashtags-many = There are { $used } hashtags. The app of { $platform } takes { $limit }; whether more are refused here is not known. Remove some to be safe.
mentions-too-many = There are { $used } mentions, and { $platform } takes at most { $limit }. Remove some.
text-unsupported = On { $platform } a post of this kind has no text. Remove the text, or choose another kind.
video-required = On { $platform } a post of this kind has exactly one video. Add one, or choose another kind.
video-frames-few = The video has { $used } frames a second, and { $platform } takes at least { $limit }. Choose another one.
setting-invalid = The setting { $name } does not have a value that { $platform } accepts. Correct or remove it.
setting-unknown = { $platform } has no setting { $name }. Remove it, or check its spelling.
setting-unused = The setting { $name } does nothing for this post on { $platform }. Remove it, or choose the kind of post that it belongs to.
language-invalid = { $name } is not a language tag. Use one such as en or pt-BR.
languages-too-many = { $platform } takes at most { $limit } languages; there are { $used }. Remove some.
link-invalid = { $name } is not a link that works here. Copy it again from the address bar.
quote-not-own = This link leads to a post of somebody else, and { $platform } does not tell which one that is. Quote a post of { $handle }, or give the id that { $platform } has for the post. If this account was renamed there, reconnect it first.
quote-not-latest = The post that is quoted is not among the latest five hundred posts and replies that could be read, and an older one is not found by its link. Give the id that the network has for it, or check the link.
quote-not-found = The post that is quoted was not found. It may have been deleted; check the link.
mention-unresolved = Nobody is called { $name } there, so the mention will be plain text. Check the spelling.
no-channels = No channel is chosen, so the post would go nowhere. Choose at least one.
channel-unknown = There is no such channel in this workspace. Choose one from its list of channels.
label-unknown = There is no such label in this workspace. Choose one from its list of labels.
channel-twice = This channel is named twice. Keep one of the two.
channel-disconnected = This channel was disconnected. Connect it again, or leave it out.
channel-needs-reconnect = This channel has lost its permission. Reconnect it; what is scheduled for it then goes on by itself.

## Posts and deliveries

already-publishing = Publishing has begun, so this can no longer be changed. Wait for the result.
already-published = This is published already and is not changed here any more. Duplicate it to write a new one.
not-possible-now = This is not possible in its present state. Load it again to see what is.
preflight-failed = The post breaks rules of the channels it is meant for. Correct the issues listed below.
evidence-missing = Where is it? Give the link of the published post, or pick it from the list.
link-taken = This link already belongs to another part that was published here. Copy the link of the one in question.
series-ended = This series has ended, so nothing about it changes any more. Make a new one.
change-unsupported = { $kind ->
        [delete] { $platform } cannot delete what was published there through its interface. Delete it on the network itself.
       *[other] { $platform } does not let a published post be edited. Delete it there and publish a new one.
    }
change-under-way = This is being changed on its network already. Wait for the result, then try again.
change-empty = It says this on its network already, so there is nothing to change. Send another text or other settings.
change-parts-differ = { $limit ->
        [one] One part of this is live on its network and { $used } were sent. Send one text.
       *[other] { $limit } parts of this are live on its network and { $used } were sent. Send one text for each.
    }
content-purged = What this says was deleted here, as is promised some time after publishing, so it can no longer be edited from here. Edit it on the network itself, or delete it.

## Connecting

platform-unknown = There is no network of that name here. The list of networks shows those that can be connected.
host-unknown = There is no server called { $host }. Check the spelling of its address.
host-private = { $host } is in a private network, which the server does not reach into. Ask the operator to open this host.
host-unreachable = The server { $host } does not answer. Check its address, or try again later.
host-not-supported = { $host } answers, but it is not a server of this network. Check its address.
credentials-refused = The network refused the credentials. Check both, and whether it wants an app password.
second-factor-needed = The account is protected by a second factor, which cannot be entered here. Use an app password.
account-personal = This is a personal account, which programs cannot post to. Make it a professional one in the app of the network, then connect again.
page-role-missing = Who connected this has no right to publish here. Ask an owner of it for that right, then connect again.
account-not-linked = No professional account is linked to this page. Link one in the settings of the page at the network, then connect again.
account-unavailable = The account exists but is suspended or taken down. Settle that at the network first.
url-invalid = This is not a web address. It begins with https:// and has no spaces.
scope-read-account = To know which account was connected, and to show its name and picture.
scope-read-posts = To find a post that was sent when the answer got lost, so that it is not sent twice.
scope-write-posts = To publish, change and delete your posts.
scope-delete-posts = To delete your posts when you ask for it here.
scope-comments = To write the first comments below your posts, and to find one when the answer got lost.
scope-portfolios = To find the pages that belong to a business of yours or were shared with it.
scope-write-media = To upload the pictures and videos of your posts.
key-is-public = This is the public half of the key, which cannot sign. Enter the secret one: it begins with nsec.
consent-needed = This network asks for consent on its own page. Start the connection, then open the address that it answers with.
consent-not-used = This network is not connected by a consent page but by its form. Fill that in.
app-missing = There is no platform app for { $host } yet, so nobody can be sent there. Register one at the network with the redirect address { $redirect }, then enter its client id and secret here.
app-in-use = { $channels ->
    [one] One channel is connected through this platform app, which could then neither be renewed nor revoked. Disconnect it first.
   *[other] { $channels } channels are connected through this platform app, which could then neither be renewed nor revoked. Disconnect them first.
 }
client-id-format = This does not look like a client id of { $platform }. Copy it again, whole and without quotes or spaces.
client-secret-format = This does not look like a client secret of { $platform }. Copy it again, whole and without quotes or spaces.
registration-refused = { $host } does not let this instance register itself. Ask its operators, or register a platform app there by hand and enter it here.
oauth-state-unknown = Nobody here began this connection, or it was too long ago. Begin it again from the list of channels.
notice-refused = This message about a person is not signed by an app that is registered here, or it is too old. Nothing was changed. Check the secret of the platform app, then send it again.
oauth-state-expired = It took longer than 15 minutes to come back from the network, so this connection has ended. Begin it again.
oauth-state-used = This connection was finished already with another answer of the network, so this one is not used. Begin a new one.
oauth-running = This connection is being finished at this moment. Wait a little, then load the page again.
oauth-other-browser = This connection was begun elsewhere, so it must be confirmed here. Check who asks and for what, then confirm or close the page.
oauth-page-stale = This page is no longer the newest one of its connection. Load the address again that the network sent you to, or begin again.
oauth-denied = The permission was not given at the network, so nothing was connected. Begin again if that was a mistake.
oauth-redirect = The redirect address does not match: this instance expects { $expected }, and it was { $received }. Enter the expected one at the network, exactly as it is, then begin again.
oauth-client-refused = { $host } refuses the client id or the secret of the platform app. Check both and enter them again.
oauth-client-forgotten = { $host } no longer knows this instance. Begin again: it then registers itself anew.
oauth-code-refused = { $host } did not accept the code that it gave out itself, for the redirect address { $expected }. Begin again; if it stays, compare the redirect address that is entered there.
oauth-scope-refused = { $host } does not know a permission that was asked for, or the platform app may not ask for it. Check the permissions of the platform app.
oauth-scope-missing = Without these permissions nothing can be published: { $scopes }. Begin again and leave them switched on.
oauth-server-down = { $host } does not answer when its code is to be exchanged. Begin again in a while.
oauth-refused = { $host } refused the connection. Its own words are shown with this; begin again when they are settled.
oauth-answer-unreadable = { $host } answered with something that is no token. Check whether it is a server of this network.
oauth-no-accounts = There is no account at { $host } that can be posted to with this permission. Use another account, or ask for the right to publish there.
oauth-too-many-accounts = { $host } lists more accounts than can be shown here, so none was left out silently and nothing was connected. Begin again, and choose at the network only those that you want to connect.
oauth-not-picking = There is nothing to choose here: the connection is finished, has ended, or waits for the network. Look at its state.
permission-missing = This channel was connected without the permission { $scope }, so { $platform } does not take this. Reconnect it and leave that permission on, or leave this out.
account-left-out = The last consent at the network left this account out, so its access was destroyed here. Reconnect it, and choose it at the network as well.
account-not-offered = This account was not found by the connection, or it cannot be posted to. Choose one of those that are offered.

## Publishing

rate-limited = The network asks for slower requests. The post goes out by itself as soon as it may.
budget-spent = The budget for this is used up. The post goes out by itself as soon as there is room in it again.
platform-down = The network does not answer. It is tried again by itself.
needs-reconnect = The network no longer accepts the permission. Reconnect the channel; the post then goes out by itself.
platform-refused = The network refused the post. Read its words below, correct the post and retry.
operator-must-act = The network refuses this instance’s own access. The operator was told and must act.
outcome-unknown = { $state ->
    [waiting] The network did not say whether it took the post. It is asked before anything is sent again; nobody has to do anything now.
    [over] The network did not say whether it took the post.
   *[other] The network did not say whether it took the post. Look there, then choose “it is there” or “publish again”.
}
internal-fault = Something went wrong on our side while publishing. Look at the attempts, then retry.
lease-lost = Another process took over while this one was publishing. Nothing needs to be done.
parent-missing = The post before this one in the thread is gone at the network. Publish the rest as a new post.
retries-exhausted = It was tried until its window was over, without success. Retry it, or give it another time.
author-left = Whoever scheduled this may no longer publish here. An admin can release it.
change-author-left = Whoever asked for this change may no longer publish here, so it was not made. Ask for it again.
change-exhausted = The network did not take the change within a day. Check that it is in service, then ask for the change again.
change-restored = This instance was restored from a backup while the change was under way, so it may have been made or not. Look at the network, then ask for it again if it was not.
receiver-refused = The receiver refused the message. Read its answer below, correct the receiver and retry.

## Holds

held-approval = It waits for approval. Approve it, or ask somebody who may.
held-reconnect = It waits for its channel to be reconnected and then goes on by itself.
held-operator = It waits for the operator of this instance, who was told.
held-budget = The budget has no room for this and gets none by itself. Give it more and release the post, or cancel it.
held-late = Its time passed before it could go out. Release it to publish it now, or cancel it.
held-paused = Publishing is paused. It goes on when publishing is resumed.
held-restored = This instance was restored from a backup, and the post may be out already. Look at the network, then release or cancel it.

## What is late

overdue-busy = Another post of this account is on its way. This one follows it.
overdue-resting = The account pauses until { $until }, because its network allows only so many posts at a time. It goes out after that.
overdue-stuck = Nothing is in its way, so publishing itself has stopped. Tell the operator of this instance; it goes on by itself once that is put right.

## Notifications

note-published = Your post is out on { $channel }.
note-incomplete = The beginning of your thread is out on { $channel }, the rest is not. Open it to see why and to retry the rest.
note-failed = Your post did not go out on { $channel }. Open it to see why and what to do.
note-reconnect = The channel { $channel } has lost its permission. Reconnect it; its posts wait until then.
note-ending = { $days ->
        [one] The permission of the channel { $channel } ends within a day, and nothing renews it. Reconnect the channel before, so that its posts need not wait.
       *[other] The permission of the channel { $channel } ends within { $days } days, and nothing renews it. Reconnect the channel before, so that its posts need not wait.
    }
note-data-deleted = Somebody asked { $platform } that what is stored here about their account be deleted. Its channel is disconnected, and its posts are held. Ask them before you connect it again.
note-unconfirmed = It is not certain whether your post is out on { $channel }. Open it to look and decide.
note-held = Your post for { $channel } is held back. Open it to see why and to release it.
note-operator = { $platform } refuses the access of this instance. Check the platform app; its posts wait until then.
note-change-failed = { $kind ->
        [delete] Your post on { $channel } could not be deleted there, or not all of it. Open it to see why and what to do.
       *[other] Your post on { $channel } could not be edited there, or not all of it. Open it to see why and what to do.
    }

## Uploads and media

upload-offset = The upload stands at byte { $expected }. Ask where it stands and go on from there.
upload-lost = A part of this upload was lost on the server. Please begin it again.
upload-interrupted = The connection was lost during the upload. It can go on where it stopped.
upload-too-large = This is larger than { $limit } bytes, the most that can be stored. Upload a smaller file.
range-invalid = The file has { $len } bytes, and what was asked for begins after them.
storage-unavailable = The storage for media does not answer. Try again in a moment.
storage-refused = The storage for media refuses this server. The operator must check its address and credentials.
media-empty = This file is empty. Choose another one, or export it again.
media-truncated = This file is cut off: its end is missing. Upload it again, or export it again.
media-damaged = This file is damaged and cannot be read. Export it again, or choose another one.
media-active = SVG and HTML files are not taken, because they can contain programs. Export it as PNG or JPEG.
media-type-unknown = This type of file is not taken. Use JPEG, PNG, WebP or GIF for pictures, MP4, MOV, WebM or MKV for videos.
media-flavour = This is a rare variant of its format that cannot be read ({ $what }). Export it again with usual settings.
media-needs-converter = { $mime } pictures need ffmpeg on the server to be converted. Export it as JPEG, or ask the operator to install ffmpeg.
media-cannot-fit = This cannot be made smaller than { $limit } bytes without becoming unusable. Use a simpler or shorter one.
image-side-too-long = A side of this picture has { $side } pixels, { $limit } at most are possible. Make it smaller.
image-too-many-pixels = This picture has { $pixels } pixels, { $limit } at most are possible. Make it smaller.
animation-too-long = This animation has { $frames } frames, { $limit } at most are possible at its size. Shorten it, or make it smaller.
video-no-track = There is no picture in this video file, only sound or nothing. Choose another file.
converter-missing = This needs ffmpeg, which is not installed on the server. Upload it as it should be, or ask the operator to install ffmpeg.
converter-failed = The video could not be converted. Export it again as MP4 with H.264, or choose another one.
converter-timed-out = Converting took longer than { $seconds } seconds and was stopped. Upload a shorter or smaller video.
upload-header = The upload cannot be understood: { $header } { $reason }. Use a client that speaks tus 1.0.0.
upload-version = This server speaks tus { $version }. Send it in the header Tus-Resumable.
upload-busy = Another request is sending this upload at the moment. Wait for it to end, then go on.
upload-expired = This upload stood still for too long and was given up. Please begin it again.
upload-checksum = What arrived is not what was sent. Nothing of it was kept; send this piece again.
upload-chunk-too-large = A piece with a checksum may have { $limit } bytes at most. Send smaller pieces.
import-failed = { $host } does not give out this file: it answered { $status }. Check the address, or download the file and upload it.
import-broke-off = The file could not be fetched from { $host }: the connection broke off. Try again later.
import-too-slow = { $host } sends this file too slowly, so it was given up. Download the file and upload it.
media-crashed = The server broke down { $times } times while it worked on this file, perhaps for want of memory, so it is not tried again. Use a smaller file.
media-rendering = { $file } is being fitted to the network. It goes out as soon as that is done.
media-in-use = This file is used by posts or series that are still to go out. Take it out of them first, or wait.
media-gone = This file was deleted. Choose another one.
media-link-invalid = This link is not valid any more. Ask for a new one.
media-mislabelled = The file is something else than its name says. It is treated as what it really is.
media-animation-dropped = Only the first picture of the animation is used.
media-transparency-filled = Transparent parts are filled with a colour.
media-cropped = Parts at the edges are cut off.
media-quality-reduced = The quality is reduced to fit the size limit.
media-shortened = Only the beginning of the video is used.
note-series-blocked = { $reason ->
        [entitlement_exceeded] This month’s posts are used up: { $used } of { $limit }. A series of posts waits before its post of { $next } and goes on by itself when there is room.
        [author_left] Whoever made a series of posts may no longer publish here, so it waits before its post of { $next }. An admin can let it go on.
       *[other] A series of posts waits before its post of { $next }. Open it to see why.
    }
note-series-missed = { $count ->
        [one] A post of a series was not made, because its time, { $from }, passed while the series waited. It goes on from now.
       *[other] { $count } posts of a series were not made, because their times, from { $from } to { $to }, passed while the series waited. It goes on from now.
    }
note-times-moved = { $count ->
        [one] The rules of a time zone have changed, and a post of yours moved with its wall-clock time: { $list }. Reschedule it if you meant the old instant.
       *[other] The rules of a time zone have changed, and { $count } posts of yours moved with their wall-clock times: { $list }. Reschedule those for which you meant the old instant.
    }
