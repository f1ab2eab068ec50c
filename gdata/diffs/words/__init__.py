"""What people are told of a diff: how things are called, and one report that all renderers show."""
