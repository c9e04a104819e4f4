"""What Discord tells: who said what, where, who may read it, and what becomes of it."""
