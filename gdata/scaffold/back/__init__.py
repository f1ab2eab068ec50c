"""The way back: sheets for planners, made from a schema and the rows of a build."""
