"""Slack: mentions, direct messages, buttons, commands and reactions, on slack-bolt."""
