"""What Slack sends, read: nothing here looks anything up or does anything."""
