"""One cell, or a column of them, to values."""
