"""From pulled sheets to tables: what is unchanged out of the cache, the rest parsed and checked on all cores."""
