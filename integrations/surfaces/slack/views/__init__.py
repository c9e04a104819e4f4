"""What Slack draws for us: dialogs and the tab."""
