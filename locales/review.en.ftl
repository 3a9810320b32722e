# What stands in the kit for a network's app review. Each is a phrase of crates/app/src/publishing/review/words.rs.
# Messages of several lines are lists, an item on each line; an empty line is no item.
# In recordings ` | ` stands between what is shown and what is said.
# What stands between “ and ” is a label of the web app (web/messages), letter by letter; a test compares them.
# Reviewers read these in English. British spelling.

-product = Postrider

## The document

title = App review of { -product } at { $platform }
intro = Made from what { $instance } does: the permissions that it asks { $platform } for, and its settings. Whoever changes either makes this anew. What is quoted is written to be pasted.
heading-missing = Missing
heading-addresses = What the console asks for
heading-prepare = Before anything is handed in
heading-reviewer = An account for the reviewer
heading-permissions = Permissions
heading-checklist = What reviews refuse for
label-console = Console
label-what = Field
label-value = Value
label-where = set by
label-required = required
label-optional = optional
label-instructions = Instructions for the reviewer
label-why = What people read before they consent
label-usage = How it is used
label-without = When it is declined
label-test = How to test it
label-recording = Screen recording
label-show = Show
label-say = Say
none-missing = Nothing.
not-set = not set

## What the console asks for

address-website = Website of the app
address-redirect = Redirect address (OAuth callback), exactly
address-deauthorise = Deauthorise callback: who removes the app is cut off here
address-delete-data = Data deletion callback: who asks for it gets a code and a page
address-privacy = Privacy policy
address-terms = Terms of service
address-deletion = How people have their data deleted
address-contact = Contact

## What is missing

missing-public-url = { $instance } is not an address that reviewers and { $platform } can open: it has to be one of the internet and begin with https://. Set { $setting }.
missing-privacy = Without the address of a privacy policy no review begins. Set { $setting }.
missing-terms = Most reviews ask for terms of service. Set { $setting }.
missing-deletion = Reviews ask where people read how to have their data deleted. Set { $setting }.
missing-contact = Reviews ask whom to write to. Set { $setting }.
missing-keys = There are no working keys for { $platform } here yet, so a reviewer could not be sent there. Register the app, then enter its keys: “Channels”, “Connect a channel”, { $platform }, “Keys for { $platform }”.

## Before anything is handed in

prepare =
    Open the console of { $platform }, make the app there or open it, and enter each of the addresses above, letter by letter. Some consoles add a slash to the end of an address: take it away.
    Give the app a name, an icon and a category of its own; neither name nor icon may look like those of { $platform }.
    Add each permission below to the app. Ask for none besides: what is not shown in use is refused.
    Enter client ID and client secret here and press “Save and check”: “Channels”, “Connect a channel”, { $platform }, “Keys for { $platform }”. “Check now” asks { $platform } about keys that are there.
    While the app is not reviewed, networks let in only people that the app names as its testers. Name the test account there, and accept that with the account itself.
    Use each permission once with the test account, as its test below says. Consoles often open a permission for review only after a first successful call.

## An account for the reviewer

reviewer =
    Log in at { $instance }, open the menu of the workspace and choose “Create another workspace”. Call it App review: nothing of anybody else is in it, and whoever is a member of it alone sees nothing else.
    In it, open “Members” and press “Invite somebody”. Enter a mailbox that you read and give the role “{ $role }”: it is the least that may connect an account, and it reaches no further than this workspace.
    The invitation works once, so accept it yourself: open the link in a private window, choose “Make an account and join”, and keep the password. The reviewer gets this e-mail address and this password.
    There is no second factor and no code by e-mail at the log-in, so the two are all that a reviewer needs.
    Whoever should not connect may be a “Publisher” instead; then connect the test account before, or give the reviewer a link: “Channels”, “Make a link”. It works once.
    Paste the instructions below into the field for them, and the steps of each permission into its own.
    When the review is over, remove the reviewer: “Members”, “Remove”. Then disconnect the test account: “Channels”, “Disconnect”.

instructions = Log in at { $login } with the e-mail address and the password given here; there is no other step. The workspace App review opens, in which nothing but this review is. Connect the test account of { $platform } as the steps of the first permission say, then follow the steps of each permission.

## How a permission is used: sentences to paste

usage-connect = { -product } publishes posts that its users write, at the time they choose, to accounts of their own. { $scope } is used when a user connects an account at { $platform }: it lets { -product } read which account that is, so that the user sees its name and can choose it for a post. It is used for no other purpose.
usage-publish = Users of { -product } write posts for their own account at { $platform } and publish them at once or at a time they choose. { $scope } is used to publish these posts{ $media ->
        [yes] {" "}with their pictures and videos
       *[no] {""}
    }, each of them once, and nothing that the user did not write. It is used for no other purpose.
usage-media = Users of { -product } put pictures and videos into the posts that they publish to their own account at { $platform }. { $scope } is used to hand these files over with their post. It is used for no other purpose.
usage-lookup = When a connection breaks before { $platform } has answered, { -product } does not know whether a post is out. { $scope } is then used to look for this one post in what the same account has published, so that it is not published twice. It is used for no other purpose.
usage-comment = Users of { -product } may write further parts to a post, such as a first comment. { $scope } is used to publish these parts under the user’s own post at { $platform }. It is used for no other purpose.
usage-edit = Users of { -product } can change a post that they published with it. { $scope } is used to change that post at { $platform }, when the user asks for it. It is used for no other purpose.
usage-delete = Users of { -product } can delete a post that they published with it, on the page of that post. { $scope } is used to delete it at { $platform }, when the user has asked for it and confirmed it. No other post is touched, and it is used for no other purpose.
usage-other = { -product } publishes posts that its users write, at the time they choose, to accounts of their own at { $platform }. { $scope } is used for the purpose that users read before they consent, and for no other: “{ $why }”

## What is off without it

without-required = It is required: a consent that leaves it out is not kept, and the account is not connected.
without-connect = The account can be connected, but not everything about it is shown.
without-publish = What needs it is not published; the composer says so before the post is scheduled.
without-media = Posts go out without pictures and videos; the composer says so before the post is scheduled.
without-lookup = A post whose answer was lost stays “Unconfirmed”, and a person decides whether it is there. Everything else works.
without-comment = Posts go out, but without the parts that follow. Everything else works.
without-edit = Posts that are out cannot be changed from here. Everything else works.
without-delete = Posts that are out cannot be deleted from here. Everything else works.
without-other = What needs it is switched off. Everything else works.

## How to test it

test-begin =
    Log in at { $login } with the account that you were given.
    If the account is not connected yet: open “Channels”, press “Connect a channel” and choose { $platform }. Under “You will be asked for” each permission stands with its reason, { $scope } among them. Press “Continue to { $platform }”, log in there with the test account, and agree.
test-connect =
    { $platform } leads back to { $instance }, which says that the account is connected. If { $platform } gave access to several accounts, tick one and add it.
    Press “See your channels”: the account stands in the list under its name, with “Fine”.
    Open it. Under “Permissions”, { $scope } is listed as “Allowed”.
test-publish =
    Press “New post”. Under “Channels” choose the account, and write a text{ $media ->
        [yes] {" "}with a picture
       *[no] {""}
    }. Beside it, “Preview” shows how it will look.
    Open “Other ways to go on” beside “Schedule” and choose “Publish now”.
    Open “Calendar” and press the post. After a moment it says “Published”.
    Follow “See it on { $platform }”: the post is on the test account, with the same words.
test-media =
    Press “New post”. Under “Channels” choose the account, write a text and add a picture.
    Open “Other ways to go on” beside “Schedule” and choose “Publish now”.
    Open “Calendar” and press the post. After a moment it says “Published”.
    Follow “See it on { $platform }”: the post is on the test account, with its picture.
test-lookup =
    Press “New post”, choose the account, write a text, open “Other ways to go on” and choose “Publish now”.
    Open “Calendar” and press the post. Under “What was tried” each call to { $platform } stands with what came of it.
    The permission is used only when the answer of { $platform } got lost on the way. Then the list has “Looked whether it is there”, and the post becomes “Published” without having been sent again.
    No button breaks a connection, so the screen recording shows this case. Under “Channels”, the account lists { $scope } as “Allowed”.
test-comment =
    Press “New post”. Under “Channels” choose the account, write a text, press “Add a part” and write the part that follows.
    Open “Other ways to go on” beside “Schedule” and choose “Publish now”.
    Open “Calendar” and press the post. After a moment all its parts are out.
    Follow “See it on { $platform }”: the second part stands under the post.
test-edit =
    Publish a post: “New post”, choose the account, write a text, “Other ways to go on”, “Publish now”. Open it in “Calendar” and wait for “Published”.
    In the menu of the channel on the page of the post, choose “Edit on the network …”. Change the text and press “Change it there”.
    Follow “See it on { $platform }”: the post has the new words.
test-delete =
    Publish a post: “New post”, choose the account, write a text, “Other ways to go on”, “Publish now”. Open it in “Calendar” and wait for “Published”. Follow “See it on { $platform }” and keep that page open.
    In the menu of the channel on the page of the post, choose “Delete on the network …” and confirm with “Delete on the network”.
    After a moment the page of the post says that it was deleted. Load the page at { $platform } again: the post is gone.
test-other =
    Open “Channels” and the account. Under “Permissions”, { $scope } stands with its reason, as “Allowed”.
    Press “New post”, choose the account, write a text that uses it, open “Other ways to go on” and choose “Publish now”.
    Open “Calendar” and press the post. After a moment it says “Published”. Follow “See it on { $platform }”.

## The screen recording

film-begin =
    { $login } with the address bar in sight, the language of the browser being English | This is { -product }, with which people write posts and publish them to accounts of their own. I log in.
    “Channels”, then “Connect a channel”, then { $platform }: the list under “You will be asked for”, the pointer on { $scope } | Before anybody is sent to { $platform }, they read each permission and why it is asked. { $scope }: { $why }
    “Continue to { $platform }”; the whole log-in at { $platform } without a cut; the consent screen with the name of the app and every permission; then agree | { $platform } asks for the consent. I leave { $scope } on and agree.
film-connect =
    The page of { $instance } that { $platform } leads back to, with the name of the account | { $platform } has led back. { -product } read which account it is and shows its name.
    “See your channels”, the account, its “Permissions” with { $scope } | The account can now be chosen for posts. The permission was used for that.
    “New post” with the account under “Channels” | Here a user chooses the account by the name that was read.
film-publish =
    “New post”: the account is chosen, a text is written{ $media ->
        [yes] , a picture is added
       *[no] {""}
    }, “Preview” is shown | A user writes a post and sees how it will look.
    “Other ways to go on”, then “Publish now” | They publish it. { $scope } is used now.
    The post in “Calendar” until it says “Published” | { $platform } has taken it.
    “See it on { $platform }”: the post on the account at { $platform } | This is the same post at { $platform }.
film-media =
    “New post”: the account is chosen, a text is written, a picture is added from a file | A user puts a picture into their post.
    “Other ways to go on”, then “Publish now”; the post until it says “Published” | { $scope } is used to hand the picture over.
    “See it on { $platform }”: the post with its picture | This is the same picture at { $platform }.
film-lookup =
    “New post”: a text is written, then “Other ways to go on”, “Publish now”; the page of the post is opened | A user publishes a post.
    While the page says “Being published now”, a terminal on the server, in which a firewall rule drops everything that comes back from { $api } | The connection breaks before { $platform } can answer. Nobody knows whether the post is out.
    The rule is taken away after half a minute; the page of the post until “What was tried” has “Looked whether it is there” | { $scope } is used now: { -product } looks for this post in what the account has published.
    The post says “Published”; “See it on { $platform }” shows it there once | It was found, so it is not sent again.
film-comment =
    “New post”: a text is written, “Add a part”, a second text is written | A user writes a post and the part that follows it.
    “Other ways to go on”, then “Publish now”; the post until all its parts are out | { $scope } is used to publish the second part.
    “See it on { $platform }”: the second part under the post | This is the same at { $platform }.
film-edit =
    A post that is out, and the same at { $platform } | This post was published by the user with { -product }.
    The menu of the channel, “Edit on the network …”, a changed text, “Change it there” | The user changes it. { $scope } is used now.
    The post at { $platform }, loaded again | It has the new words.
film-delete =
    A post that is out, and the same at { $platform } | This post was published by the user with { -product }.
    The menu of the channel, “Delete on the network …”, the question, “Delete on the network” | The user deletes it and confirms that. { $scope } is used now.
    The page at { $platform }, loaded again | The post is gone. No other was touched.
film-other =
    “Channels”, the account, its “Permissions” with { $scope } | The permission was given. What it is for: { $why }
    “New post” and what is set there that needs { $scope }; “Other ways to go on”, then “Publish now” | A user writes a post that uses it.
    “See it on { $platform }” | This is the same at { $platform }.

## What reviews refuse for

checklist =
    The recording does not show the whole log-in at { $platform }, the consent with the permission, and its use until the result is seen at { $platform }. Make one for each permission, without cuts in the consent.
    A permission is asked for whose use nobody sees. Take it off the app, or show it.
    The reviewer cannot get in: the password is wrong, the invitation was used up, the address is blocked for their country, or the certificate is not valid. Try all of it in a private window, from another network.
    The test account at { $platform } asks the reviewer for a second factor, or is not connected any more.
    The redirect address differs by a slash, by http or by another host.
    The privacy policy does not open without a log-in, does not name { $platform } and what is kept of it, or does not say how data are deleted.
    The way to have data deleted leads to a page that is not there.
    Name or icon of the app look like those of { $platform }, or the app has none.
    The screens are not in English, and the recording has no captions.
    The description is the same for every permission. Paste the one of each.
    The business behind the app is not verified, where the console asks for that.
