"""Folders of .csv files as a source."""
