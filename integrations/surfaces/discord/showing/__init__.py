"""What Discord is shown: messages, layouts and files."""
