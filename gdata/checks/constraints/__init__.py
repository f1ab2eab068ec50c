"""The constraints that .proto files have, over whole tables."""
