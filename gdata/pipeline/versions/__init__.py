"""Builds at the versions of a game."""
