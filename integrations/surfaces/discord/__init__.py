"""Discord: guilds that let us in, people who write to us, and what we answer there."""
