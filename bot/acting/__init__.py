"""Doing things: wanted, allowed, performed, recorded, learned from."""
