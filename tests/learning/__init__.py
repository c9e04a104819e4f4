"""Tests of the deciding half."""
