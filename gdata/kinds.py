"""Every kind of problem gdata can find: code, words, and what to do. The docs and translations read this list."""

from __future__ import annotations

from gdata.problems import Kind

# --- sheets -----------------------------------------------------------------------------------------------

SHEET_MISSING = Kind(
    "sheet.missing",
    "the spreadsheet {spreadsheet} has no sheet {title}",
    "{nearest}rename the sheet back, or mend its line in sheets.yaml (line {line})",
    about="A sheet that sheets.yaml names isn't in the spreadsheet: it was renamed, moved or deleted.",
)
