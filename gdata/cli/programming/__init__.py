"""The commands of programmers, one module each: adopt sheets, fetch bundles, generate code."""
