# Search and commands.

palette-title = Search and commands
palette-placeholder = A command, a channel or words of a post
palette-results = { $count ->
    [0] Nothing found
    [one] One result
   *[other] { $count } results
}
palette-none = Nothing found for “{ $query }”
palette-none-why = Commands, channels and the words of the latest posts were looked through.
palette-looking = Looking through posts …
palette-hint-move = to move
palette-hint-run = to choose
palette-hint-close = to close

palette-group-recent = Used last
palette-group-screen = On this screen
palette-group-command = Commands
palette-group-go = Go to
palette-group-workspace = Workspaces
palette-group-channel = Channels
palette-group-post = Posts

palette-connect = Connect a channel
palette-theme-dark = Dark theme
palette-theme-light = Light theme
palette-theme-system = Theme of the system
palette-switch = Switch to { $name }
palette-post-meta = { $status } · { $when }
palette-post-draft = { $status }
