"""Who lets us in, with which rights and tokens, and who is who there."""
