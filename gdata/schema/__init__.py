"""From .proto files to descriptors, plans of tables and fields, and the schema that a bundle carries."""
