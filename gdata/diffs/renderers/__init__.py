"""A diff's report as people get it: on a terminal, in a comment, as a page."""
