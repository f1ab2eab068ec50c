"""What changed between two builds, which of it the gate forbids, and how to show it."""
