"""What was guessed, as the text of .proto files and sheets.yaml."""
