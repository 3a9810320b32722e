# Previews of posts. Words that a network shows itself are near to its own.

previews-title = Preview
previews-differ = Preview — may differ
previews-theme = Colours of the preview
previews-light = Light
previews-dark = Dark
previews-screen = Width of the preview
previews-desktop = Desktop
previews-phone = Phone
previews-none = Choose a channel to see how the post will look.
previews-of = { $name } on { $network }
previews-now = now
previews-alt = ALT
previews-show = Click to show
previews-hide = Hide
previews-sensitive = Sensitive content
previews-read-more = Read more
previews-show-more = Show more
previews-show-less = Show less
previews-card = The network makes the link preview itself, after the post is out.
previews-quote = Quoted post: { $link }
previews-more = more
previews-less = less
previews-see-more = See more
previews-see-less = See less
previews-carousel = Pictures and videos
previews-slide = { $number } of { $count }
previews-previous = Previous
previews-next = Next
previews-further = { $count ->
    [one] 1 more
   *[other] { $count } more
}
previews-no-file = Nothing goes without a picture or video.
previews-with = and
previews-tagged = Tagged: { $names }
previews-place = Place { $id }
previews-at-place = is at place { $id }
previews-reel = Reel
previews-trial = Trial reel
previews-sound = Original audio
previews-story = Story { $number } of { $count }
previews-story-textless = A story shows no text.
previews-comments = First comments
previews-like = Like
previews-comment = Comment
previews-share = Share
previews-spoiler = Spoiler
previews-replies-nobody = Replies are off
previews-replies-some = Some people can reply
previews-replies-accounts_you_follow = Only profiles you follow can reply
previews-replies-followers_only = Only followers can reply
previews-replies-mentioned_only = Only profiles that are mentioned can reply
previews-poll-one = One choice
previews-poll-several = Several choices
previews-poll-open = open for { $span }
