"""Where sheets come from: Google, workbooks, folders of csv files; and snapshots of what was read."""
