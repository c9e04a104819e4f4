"""What Slack is sent: messages, streams and files, at the pace that it allows."""
