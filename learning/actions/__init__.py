"""What is learned from what was done: parameters, mending, approaches, habits of work."""
