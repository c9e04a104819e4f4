"""Questions with known answers, to learn from before anybody has asked anything."""
