-- Whether a message shows in the product, and whether it is still to be mailed.
ALTER TABLE notifications ADD COLUMN in_app BOOLEAN NOT NULL DEFAULT TRUE;
ALTER TABLE notifications ADD COLUMN mail_due BOOLEAN NOT NULL DEFAULT FALSE;
CREATE INDEX notifications_to_mail ON notifications (user_id) WHERE mail_due = TRUE;
