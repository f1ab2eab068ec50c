"""`gdata` on the command line: one module a command, each of them parse → call → render → exit code."""
