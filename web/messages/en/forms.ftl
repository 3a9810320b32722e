# Forms that are made from the settings a network has.

forms-settings = Settings
forms-none = There is nothing to set for this network.
forms-default = As the account has it
forms-default-is = { $value } (usual)
forms-only-some = Only some …
forms-add-entry = Add
forms-entry = { $name }, { $number }
forms-remove-entry = Remove { $name }, { $number }
forms-share = { $name } (%)
forms-json = as JSON
forms-json-syntax = This is not JSON yet. Check the quotation marks, commas and brackets.
forms-json-object = This has to be a JSON object: begin it with { "{" } and end it with { "}" }.
forms-span = { $unit ->
    [day] { $count ->
        [one] 1 day
       *[other] { $count } days
    }
    [hour] { $count ->
        [one] 1 hour
       *[other] { $count } hours
    }
    [minute] { $count ->
        [one] 1 minute
       *[other] { $count } minutes
    }
   *[second] { $count ->
        [one] 1 second
       *[other] { $count } seconds
    }
}

# Words that settings offer.
forms-value-public = Everyone
forms-value-unlisted = Everyone, but not in public timelines
forms-value-private = Followers
forms-value-direct = Only people who are mentioned
forms-value-everyone = Everyone
forms-value-nobody = Nobody
forms-value-mentioned = People who are mentioned
forms-value-following = People the account follows
forms-value-followers = Followers of the account
forms-value-sexual = Suggestive
forms-value-nudity = Nudity
forms-value-porn = Adult content
forms-value-graphic-media = Graphic media
