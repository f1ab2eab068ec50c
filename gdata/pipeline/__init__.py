"""The order of the stages: pull, parse, check, encode, write, compare, publish. Nothing else knows it."""
