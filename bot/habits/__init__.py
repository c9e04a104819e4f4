"""People's weeks: what they did and when, what is offered to them, and when they are nudged."""
