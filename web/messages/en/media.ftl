# Files: uploads, the strip of a post, cropping, the library.

media-refused-empty = { $file } is empty. Choose another file, or export it again.
media-refused-active = { $file } is not taken: SVG and HTML files can contain programs. Export it as PNG or JPEG.
media-refused-type = { $file } is neither a picture nor a video. Use JPEG, PNG, WebP or GIF, or MP4, MOV, WebM or MKV.
media-too-large = { $file } has { $size }; at most { $limit } can be stored. Make it smaller, or ask the operator for a higher limit.
media-too-large-between = { $file } is larger than a server on the way lets through. Ask the operator to raise the size of requests it takes.
media-failed = { $file } could not be read. Export it again, or choose another file.

media-phase-queued = Waits for its turn
media-phase-sending = { $share }
media-phase-paused = Paused at { $share }
media-phase-waiting = Interrupted. It goes on by itself.
media-phase-processing = Being looked at …
media-phase-ready = Ready
media-phase-lost = Stopped at { $share }. Choose the same file again to go on.
media-not-all-there = { $share } has arrived
media-progress = Upload of { $file }
media-pause = Pause { $file }
media-resume = Go on with { $file }
media-retry = Try { $file } again
media-cancel-upload = Stop the upload of { $file }
media-dismiss = Take { $file } off the list
media-pick-again = Choose the file
media-remove = Remove { $file }

media-strip = Pictures and videos
media-strip-drop = Drop files here
media-add = Add pictures or videos
media-add-upload = Upload from this device
media-add-library = Choose from the library
media-full = { $count ->
    [one] This post takes one file
   *[other] This post takes { $count } files
}
media-file = the file
media-tile = { $file }, { $number } of { $count }
media-tile-menu = What to do with { $file }
media-alt = Alternative text
media-alt-for = Alternative text of { $file }
media-alt-placeholder = Describe it for people who do not see it
media-alt-missing = Alternative text is missing
media-alt-count = { $used } of { $limit } characters
media-crop-menu = Crop and focal point …
media-earlier = Move earlier
media-later = Move later
media-replace-none = Remove from the post
media-moved = { $file } is now number { $number } of { $count }
media-removed = { $file } is removed from the post
media-fit = Let it be encoded anew
media-fit-hint = Where a network wants it smaller or in another format
media-gone = This file is not there any more. Remove it, or add another.
media-cropped = Cropped
media-open-library = Open in the library

media-crop-title = Crop and focal point
media-crop-what = What to change
media-crop-mode-crop = Crop
media-crop-mode-focus = Focal point
media-crop-ratio = Shape
media-crop-original = Original
media-crop-free = Free
media-crop-position = Position
media-crop-from = From
media-crop-to = To
media-crop-axis = Cut off
media-crop-axis-x = At the sides
media-crop-axis-y = At top and bottom
media-crop-result = { $width } × { $height } pixels are left.
media-crop-why = One pair of edges can be cut. The file itself stays as it is; only this post shows it cropped.
media-focus-why = Networks that crop keep this point in sight. Press on the picture, or use the sliders.
media-focus-x = From the left
media-focus-y = From the top
media-focus-clear = Back to the middle
media-apply = Apply

media-files = Files
media-not-taken = Not taken
media-no-alt = No alternative text
media-select = Choose { $file }
media-search = Search names and descriptions
media-kind = Kind of file
media-kind-all = All files
media-kind-image = Pictures
media-kind-animation = Animations
media-kind-video = Videos
media-kind-unfinished = Not ready
media-more = Load more
media-library-title = Choose from the library
media-library-empty-why = What you upload to a post stands here afterwards, ready to be used again.
media-empty = No files yet
media-no-match = No files match
media-no-match-why = Look for other words, or choose another kind of file.
media-use = Add to the post
media-chosen = { $count ->
    [one] 1 file is chosen
   *[other] { $count } files are chosen
}

media-upload = Upload
media-import = From an address
media-choose-files = Choose files
media-empty-why = Drop pictures and videos anywhere on this page, paste them, or choose them. They can then be used in any post.
media-empty-viewer = Nobody has uploaded anything to this workspace yet.
media-no-match-yet = Nothing that is loaded matches. Load more, look for other words, or choose another kind of file.
media-clear-filters = Clear filters
media-drop-page = Drop files to upload them
media-storage = { $used } stored
media-storage-of = { $used } of { $limit } stored
media-tray = Uploads
media-tray-busy = { $count ->
    [one] 1 file is on its way
   *[other] { $count } files are on their way
}
media-tray-clear = Clear what is done
media-selection = Chosen files
media-selection-clear = Choose none

media-details = File
media-name = Name
media-name-empty = A file needs a name.
media-alt-why = Describe it: people who do not see it will not know what it shows.
media-alt-uses = Posts use this where they bring no text of their own.
media-focus = Focal point
media-write = Write a post with it
media-download = Download
media-fact-type = Type
media-fact-size = Size
media-fact-pixels = Pixels
media-fact-length = Length
media-fact-sound = Sound
media-fact-added = Added
media-pixels = { $width } × { $height }
media-sound = With sound
media-silent = Silent
media-renditions = Made for networks
media-renditions-why = Where a network does not take the file as it is, a copy is fitted to it. The file itself stays.
media-rendition-waiting = Being fitted …
media-rendition-failed = This copy could not be made.
media-uses = Used by
media-unused = No post uses it.
media-uses-more = Show { $count } more
media-use-unsent = Not out yet
media-use-series = A series of posts
media-use-no-text = A post without text
media-delete = Delete
media-delete-unsent = A post that is not out yet uses it. Take it out of the post first, or wait.
media-delete-title = { $count ->
    [one] Delete this file?
   *[other] Delete { $count } files?
}
media-delete-why = It is gone for good. What has been published stays on the networks. A file that a post still needs is kept.
media-delete-kept = { $count ->
    [one] One file is kept
   *[other] { $count } files are kept
}
media-deleted = { $count ->
    [one] The file is deleted
   *[other] { $count } files are deleted
}

media-import-title = Fetch a file from an address
media-import-why = The server downloads it; you need not wait.
media-import-url = Address
media-import-go = Fetch it
media-import-begun = The file is being fetched. It appears here when it is ready.
