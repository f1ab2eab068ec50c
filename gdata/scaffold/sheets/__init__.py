"""The sheets that a team has: which they are, where their header block and their records lie."""
