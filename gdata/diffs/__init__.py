"""What changed between two bundles, which of it the gate forbids, and how to show it."""
