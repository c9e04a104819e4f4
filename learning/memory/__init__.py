"""What is remembered of people: how it is found in their words, kept, and faded."""
