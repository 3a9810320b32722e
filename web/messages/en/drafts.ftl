# Drafts: what is written and has no time yet.

drafts-empty = Ideas live here
drafts-empty-why = What you write without a time is kept here until you give it one.
drafts-write = Write
drafts-loading = The drafts are being loaded
drafts-list = Drafts, the latest first
drafts-more = Show more
drafts-no-text = A draft without text
drafts-purged = What this said was deleted, as is promised some time after it was written.
drafts-changed = Changed { $when }
drafts-parts = { $count ->
    [one] { $count } part
   *[other] Thread of { $count }
}
drafts-no-channel = No channel yet
drafts-actions = More of this draft: { $text }
drafts-open = Open
drafts-duplicate = Duplicate
drafts-duplicated = Copied. The copy is the first draft now.
drafts-delete = Delete
drafts-deleted = Draft deleted
drafts-restored = The draft is back.
