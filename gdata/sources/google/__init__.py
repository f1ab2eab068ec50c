"""Google Sheets as a source."""
