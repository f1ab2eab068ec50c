"""Compare two bundles of a target: schema, tables, rows, fields, and what old readers make of the new data."""
