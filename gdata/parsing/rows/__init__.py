"""Converted columns to the rows of a table."""
