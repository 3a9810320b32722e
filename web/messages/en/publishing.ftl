# Pausing and resuming publishing, wherever it is asked for.

publishing-pause = Pause publishing
publishing-resume = Resume publishing
publishing-paused = Publishing is paused. What is being sent right now is finished; nothing else goes out until it is resumed.
publishing-resumed = Publishing goes on. What is late by now asks you in the inbox.
