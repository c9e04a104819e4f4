"""Tests of the built-in experts."""
