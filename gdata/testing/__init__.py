"""For tests of gdata and of its users: the Google API emulator, builders of bundles."""
