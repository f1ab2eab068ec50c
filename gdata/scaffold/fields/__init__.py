"""From columns to fields: their types, lists over several, enums, keys and references."""
