"""Two builds or releases side by side."""
