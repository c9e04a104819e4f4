"""What is known of a project beside its passages: how it is built, and where things are."""
