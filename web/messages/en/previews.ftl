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
previews-replies-nobody = Replies are off
previews-replies-some = Some people can reply
previews-poll-one = One choice
previews-poll-several = Several choices
previews-poll-open = open for { $span }
