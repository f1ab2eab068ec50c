"""Releases: the store, its channels and their logs, publishing and rolling back."""
