"""What `.gdata/` keeps of the last build, and what follows from it."""
