"""From grids to rows: headers to field paths, cells to values, rows that know their cells."""
