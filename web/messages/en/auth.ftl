# The door: set-up, log-in, reset, invitation.

auth-tagline = Write once, publish once, see what happened.
auth-email = E-mail address
auth-name = Your name
auth-new-password = New password
auth-password-hint = At least { $min } characters. A few unrelated words are easy to remember and hard to guess.
auth-show-password = Show password
auth-hide-password = Hide password

login-title = Log in
login-forgot = Forgot your password?

forgot-title = A new password
forgot-why = Give your e-mail address. If there is an account, a link that sets a new password is on its way to you.
forgot-send = Send the link
forgot-sent = If there is an account with { $email }, a link is on its way. It works once and for a short time.
forgot-no-mail = This instance cannot send e-mail. Ask its operator for a link that sets a new password; they can make one in a minute.
forgot-back = Back to the log-in

setup-title = Set up Postrider
setup-why = You are the first here, so you become the operator of this instance. It takes a minute.
setup-you = You
setup-workspace-heading = Your first workspace
setup-workspace = Its name
setup-workspace-hint = A workspace holds channels, posts and people, for example of one company.
setup-workspace-default = My workspace
setup-zone = Time zone
setup-zone-hint = All times are told in this zone. You can change it later.
setup-done = Set up
setup-no-token = This address is not complete. Use the one that the server printed when it started, with everything after the # sign.
setup-closed = This instance is set up already. Log in instead.

reset-title = Set a new password
reset-why = Afterwards every session and every key of your account ends, and you log in with the new password.
reset-save = Save the new password
reset-done = Your new password is set. Log in with it.
link-incomplete = This link is not complete. Use the whole address you were given, with everything after the # sign.

invite-title = You are invited
invite-why = Somebody invited you to work with them in { -product }. Make an account, or log in if you have one.
invite-as = You are logged in as { $email }. Join with this account?
invite-join = Join
invite-new = Make an account and join
invite-have = I have an account
invite-login = Log in to join with it
invite-other = Use another account
