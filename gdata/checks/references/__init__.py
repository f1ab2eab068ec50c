"""References of fields to the rows of other tables."""
