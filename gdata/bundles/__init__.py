"""Bundles: encode tables, write them whole or not at all, read them back verified."""
