"""What a short request may mean, and when to ask instead of guess."""
