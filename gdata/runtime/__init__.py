"""What a game server imports: load, look up, refresh."""
