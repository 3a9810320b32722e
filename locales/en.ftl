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
storage-full = The disk of the server is full, so nothing was saved. Free some space, then try again.
internal = Something went wrong on our side. Try again; if it stays, give the operator the number shown as “instance”.
required = The field { $field } is needed. Fill it in.
too-short = This is too short: at least { $limit } are needed. Make it longer.
too-long = This is too long: at most { $limit } are allowed. Shorten it.
unknown-field = There is no field { $field } here. Check its spelling against the API document.

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
email-taken = There is an account with this e-mail address already. Log in with it, or use another address.
email-invalid = This is not an e-mail address. It has the form name@example.org.
password-too-short = The password is too short: use at least { $limit } characters.
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
media-crop-invalid = The crop reaches over the edge of the picture, or is empty. Give x, y, width and height in ten-thousandths.
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
setting-invalid = The setting { $name } does not have a value that { $platform } accepts. Correct or remove it.
setting-unknown = { $platform } has no setting { $name }. Remove it, or check its spelling.
language-invalid = { $name } is not a language tag. Use one such as en or pt-BR.
languages-too-many = { $platform } takes at most { $limit } languages; there are { $used }. Remove some.
link-invalid = { $name } is not a link that works here. Copy it again from the address bar.
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

## Connecting

platform-unknown = There is no network of that name here. The list of networks shows those that can be connected.
host-unknown = There is no server called { $host }. Check the spelling of its address.
host-private = { $host } is in a private network, which the server does not reach into. Ask the operator to open this host.
host-unreachable = The server { $host } does not answer. Check its address, or try again later.
host-not-supported = { $host } answers, but it is not a server of this network. Check its address.
credentials-refused = The network refused the credentials. Check both, and whether it wants an app password.
second-factor-needed = The account is protected by a second factor, which cannot be entered here. Use an app password.
account-unavailable = The account exists but is suspended or taken down. Settle that at the network first.
url-invalid = This is not a web address. It begins with https:// and has no spaces.

## Publishing

rate-limited = The network asks for slower requests. The post goes out by itself as soon as it may.
budget-spent = What the network allows for now is used up. The post goes out by itself as soon as it may.
platform-down = The network does not answer. It is tried again by itself.
needs-reconnect = The network no longer accepts the permission. Reconnect the channel; the post then goes out by itself.
platform-refused = The network refused the post. Read its words below, correct the post and retry.
operator-must-act = The network refuses this instance’s own access. The operator was told and must act.
outcome-unknown = The network did not say whether it took the post. Look there, then choose “it is there” or “publish again”.
internal-fault = Something went wrong on our side while publishing. Look at the attempts, then retry.
lease-lost = Another process took over while this one was publishing. Nothing needs to be done.
parent-missing = The post before this one in the thread is gone at the network. Publish the rest as a new post.
retries-exhausted = It was tried until its window was over, without success. Retry it, or give it another time.
author-left = Whoever scheduled this may no longer publish here. An admin can release it.
receiver-refused = The receiver refused the message. Read its answer below, correct the receiver and retry.

## Holds

held-approval = It waits for approval. Approve it, or ask somebody who may.
held-reconnect = It waits for its channel to be reconnected and then goes on by itself.
held-operator = It waits for the operator of this instance, who was told.
held-budget = It waits until the network allows more and then goes on by itself.
held-late = Its time passed before it could go out. Release it to publish it now, or cancel it.
held-paused = Publishing is paused. It goes on when publishing is resumed.
held-restored = This instance was restored from a backup, and the post may be out already. Look at the network, then release or cancel it.

## Notifications

note-published = Your post is out on { $channel }.
note-incomplete = The beginning of your thread is out on { $channel }, the rest is not. Open it to see why and to retry the rest.
note-failed = Your post did not go out on { $channel }. Open it to see why and what to do.
note-reconnect = The channel { $channel } has lost its permission. Reconnect it; its posts wait until then.
note-unconfirmed = It is not certain whether your post is out on { $channel }. Open it to look and decide.
note-held = Your post for { $channel } is held back. Open it to see why and to release it.
note-operator = { $platform } refuses the access of this instance. Check the platform app; its posts wait until then.
