"""Pictures of figures, for chats."""
