"""The commands of planners, one module each: build, look, compare."""
