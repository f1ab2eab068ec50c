"""A project's own functions: checks and metrics."""
