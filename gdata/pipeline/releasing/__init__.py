"""Builds to releases, and back."""
