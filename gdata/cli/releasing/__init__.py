"""The commands of release managers, one module each: move channels, sign, keep the store well."""
