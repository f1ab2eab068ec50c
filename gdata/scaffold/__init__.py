"""From sheets that exist to a project: guess the tables in them, and write .proto files and sheets.yaml."""
