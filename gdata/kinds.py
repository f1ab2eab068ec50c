"""Every kind of problem gdata can find: code, words, and what to do. The docs and translations read this list.

It is one list, in the order in which a value may meet them: its sheet, its header, its row, its cell, then what checks
find. Code gives a kind its cell and the words for its `{placeholders}` where it finds one: `CELL_BLANK.at(cell, …)`.
"""

from __future__ import annotations

from gdata.language import sentence
from gdata.problems import Kind

# --- sheets -------------------------------------------------------------------------------------------------

SHEET_MISSING = Kind(
    "sheet.missing",
    "the spreadsheet {spreadsheet} has no sheet {title}",
    "rename the sheet back, or mend its line in sheets.yaml (line {line})",
    about="A sheet that sheets.yaml names isn't in the spreadsheet: it was renamed, moved or deleted.",
)
SHEET_UNREADABLE = Kind(
    "sheet.unreadable",
    "{why}",
    "{then}",
    about="A file isn't there, is damaged or protected, or isn't in the encoding or format that is expected.",
)
SHEET_HIDDEN = Kind(
    "sheet.hidden",
    "the sheet is hidden, and {glob} takes it all the same",
    "show it, if its rows are meant; else delete it, or give it a title that {glob} doesn't match",
    severity="warning",
    about="A title with * or ? in sheets.yaml takes a sheet that nobody sees: an old copy, perhaps.",
)
RANGE_OUTSIDE = Kind(
    "range.outside",
    "there is no header in {range}",
    "mend `range` in sheets.yaml (line {line}), or write the headers there",
    about="The first row of the range that sheets.yaml gives a table is blank, or lies beyond the sheet's end.",
)
RANGE_CUT = Kind(
    "range.cut",
    "the rows go on below {range}, and those aren't read",
    "if they belong to the table, mend `range` in sheets.yaml (line {line}); without a last row it has no end",
    severity="warning",
    about="Just below the last row of a range that sheets.yaml gives a table stands another one in its columns.",
)
FIRST_ROW_OUTSIDE = Kind(
    "first_row.outside",
    "nothing stands in row {row} or below, where the data should begin",
    "mend `first_row` in sheets.yaml (line {line}), or write the rows there",
    severity="warning",
    about="By sheets.yaml the data begin below the sheet's last row, and there are rows above that nobody reads.",
)
RECORD_SEVERAL = Kind(
    "record.several",
    "{table} is one record, but several sheets hold it",
    "keep one of the sheets",
    about="Two sheets are mapped to a table of the vertical layout.",
)

# --- headers and columns ------------------------------------------------------------------------------------

HEADER_UNKNOWN = Kind(
    "header.unknown",
    "{value} is no header that {tables} knows",
    "if it is only a note, start it with #",
    about="A header text names no field of the table's message: it is misspelt, or the schema lacks the field.",
)
HEADER_RENAMED = Kind(
    "header.renamed",
    "{header} seems to be renamed {value}",
    "write {header} again; if the new name is to stay, ask a programmer to add it to the field's `column`",
    about="A header names no field, and stands where the column of a field is missing.",
)
HEADER_NONE = Kind(
    "header.none",
    "no header of {tables} stands in row {row}",
    "write the headers there, or mend header_row in sheets.yaml",
    about="The row that should name the fields names none of them: it was deleted, or rows were put above it.",
)
HEADER_DUPLICATE = Kind(
    "header.duplicate",
    "the field {field} has more than one header",
    "keep one of them; delete the others, or start them with #",
    about="Two headers mean the same field, perhaps under two of its names.",
)
HEADER_MISSING = Kind(
    "header.missing",
    "the field {field} has no header",
    "add the header {header} and its values; if the sheet may do without, a programmer can mark the field absent_ok",
    about="The message has a field for which the sheet has no column: perhaps somebody deleted or renamed it.",
)
HEADER_GAP = Kind(
    "header.gap",
    "{field} has no element {index}, but a later one",
    "number the columns of a list without a gap",
    about="The columns of a list skip an index.",
)
HEADER_ERROR = Kind(
    "header.error",
    "the header is the formula error {value}",
    "mend the formula, or write the header as text",
    about="A formula in the header row fails.",
)
HEADER_DIRECTIVE = Kind(
    "header.directive",
    "{value} is no directive",
    "directives are @enabled, @tags, @since and @until; a column for one target is field@tag, "
    "for versions from 1.4 on field@1.4+",
    about="A header starts with @ and is none of the directives @enabled, @tags, @since and @until.",
)
HEADER_VARIANT = Kind(
    "header.variant",
    "{value} names no variant of its field: {reason}",
    "write field@tag, field@1.4+ or field@tag@1.4+",
    about="What stands behind the @ of a header is neither a tag nor a version from which the column counts.",
)
HEADER_PATH = Kind(
    "header.path",
    "the header {value} leads nowhere: {reason}",
    "write it as list[1].field, message.field or map[key]",
    about="A header is a path that doesn't fit the message: an index on a field that is no list, and the like.",
)
HEADER_MERGED = Kind(
    "header.merged",
    "the header {value} is merged over several columns, and the values from {place} on would be read by nobody",
    "give each column a header of its own; under a merged header go on only a list, and messages of as many fields",
    about="A header is merged over columns with values, but what it names is neither a list that could go on in them "
    "nor a message of as many fields.",
)
HEADER_BLANK = Kind(
    "header.blank",
    "row {row} should hold the headers, but is blank",
    "write the headers there, or mend header_row in sheets.yaml",
    about="The row that should name the fields has nothing in it.",
)
TAG_UNKNOWN = Kind(
    "tag.unknown",
    "no target has the tag {tag}",
    "correct it (targets have the tags {known}), or start the header with #",
    severity="warning",
    about="A column `field@tag` is for a tag that no target of sheets.yaml has, so nobody reads it.",
)
COLUMN_BLANK = Kind(
    "column.blank",
    "every cell of the column {field} is blank",
    "fill it, or start its header with # if it isn't ready",
    severity="warning",
    about="A mapped column has no value at all.",
)

# --- rows: which there are, and their keys ------------------------------------------------------------------

ROW_FILLED = Kind(
    "row.filled",
    "{field} is filled again in a further row of one record",
    "clear it: only the columns of lists go on in further rows",
    about="In a sheet with several rows a record, a field that isn't a list has a value in a further row.",
)
ROW_ORPHAN = Kind(
    "row.orphan",
    "a row without a key stands above the first record",
    "write its key",
    about="In a sheet with several rows a record, the first row has no key.",
)
ROW_EXTRA_CELLS = Kind(
    "row.extra_cells",
    "the row has more cells than the header: {value} stands under none",
    "put a text with a comma in quotes, or write a header above the cells",
    about="A row of a .csv file is longer than its header, most often because a text with a comma isn't in quotes.",
)
ROW_UNQUOTED = Kind(
    "row.extra_cells",
    "row {row} has {count} cells under {width} headers: {value} is one value that isn't in quotes",
    'write it in quotes: "{value}"',
    about="A row of a .csv file is longer than its header, most often because a text with a comma isn't in quotes.",
)
ROW_THOUSANDS = Kind(
    "row.extra_cells",
    "row {row} has {count} cells under {width} headers: {value} is one number",
    "write it without separators: {number}",
    about="A row of a .csv file is longer than its header, most often because a text with a comma isn't in quotes.",
)
ROW_SHIFTED = Kind(
    "row.extra_cells",
    "row {row} has {count} cells under {width} headers: one of its values isn't in quotes",
    "put a text with a comma in quotes, or write a header above the cells",
    about="A row of a .csv file is longer than its header, most often because a text with a comma isn't in quotes.",
)
VALUE_CUT = Kind(
    "row.extra_cells",
    "{value} behind {first} isn't read, and seems to be of the same list",
    'write it in quotes: "{whole}"; if it is a note, begin it with {sign}',
    severity="warning",
    about="A row of a .csv file is longer than its header, most often because a text with a comma isn't in quotes.",
)
NUMBER_CUT = Kind(
    "row.extra_cells",
    "{value} behind {first} isn't read, and seems to be of the same number",
    "write it without separators: {number}; if it is a note, begin it with {sign}",
    severity="warning",
    about="A row of a .csv file is longer than its header, most often because a text with a comma isn't in quotes.",
)
ROW_NOTE = Kind(
    "row.note",
    "the row is left out as a note, for it begins with {start}",
    'if it is no note, write it otherwise, or add notes: "" to the line of the sheet in sheets.yaml',
    severity="warning",
    about="A row begins as notes do, but its first cell is in a column of text and other cells are filled.",
)
KEY_BLANK = Kind(
    "key.blank",
    "the key {field} is blank",
    "write the row's {field}, or clear the whole row",
    about="A row has values but no key.",
)
KEY_RANGE = Kind(
    "key.range",
    "{key} isn't among the keys of this sheet, {own}",
    "write a key of {own}, or change `keys` in sheets.yaml",
    about="A key lies outside of the range that sheets.yaml gives the sheet, or belongs to another sheet of the table.",
)
KEY_RANGE_OWNED = Kind(
    "key.range",
    "{key} isn't among the keys of this sheet, {own}; it belongs to the sheet {owner}",
    "write a key of {own}, or move the row to {owner}",
    about="A key lies outside of the range that sheets.yaml gives the sheet, or belongs to another sheet of the table.",
)
KEY_RANGE_KEPT = Kind(
    "key.range",
    "{key} belongs to the sheet {owner}, which has the keys {range}",
    "write a key outside of {range}, or move the row to {owner}",
    about="A key lies outside of the range that sheets.yaml gives the sheet, or belongs to another sheet of the table.",
)
KEY_PARTIAL = Kind(
    "key.partial",
    "part of the key is blank: {field}",
    "fill the whole key for a new record, or leave all of it blank to go on with the record above",
    about="In a sheet with several rows a record, a row has some key cells filled and some blank.",
)

# --- rows: whom they are for, and in which versions ---------------------------------------------------------

TAG_UNKNOWN_ROW = Kind(
    "tag.unknown",
    "no target has the tag {tag}",
    "correct it (targets have the tags {known}), or have the tag added to a target in sheets.yaml",
    severity="warning",
    about="A row's @tags name a tag that no target has, so no target with tags gets the row.",
)
TAG_SEPARATOR = Kind(
    "tag.separator",
    "{value} is read as one tag: tags stand apart by commas",
    "write {corrected}",
    about="The tags of a row are separated by something else than commas, so the row would go to no target with tags.",
)
TAG_UNKNOWN_NEAR = Kind(
    "tag.unknown",
    "no target has the tag {tag}",
    "did you mean {near}? Targets have the tags {known}",
    severity="warning",
    about="A row's @tags name a tag that no target has, and that is much like one of theirs.",
)
OVERLAY_INCOMPLETE = Kind(
    "overlay.incomplete",
    "no row has the key {value}, so this one would be new, and it lacks {headers}",
    "correct the key; or, if the row is meant to be new, add these columns",
    about="A row of an overlay has a key that the table lacks, so it adds a row: then it must be whole.",
)
OVERLAY_NO_ROW = Kind(
    "overlay.no_row",
    "no row has the key {value}, so there is none to take out",
    "correct the key, or delete this row",
    severity="warning",
    about="A row of an overlay takes out (@remove) a row that isn't there, or changes one that no target of it has.",
)
OVERLAY_LEFT_OUT = Kind(
    "overlay.no_row",
    "{value} ({place}) {why}, so this row changes nothing",
    "delete this row, or have both rows in the same targets and versions (@enabled, @tags, @since, @until)",
    severity="warning",
    about="A row of an overlay takes out (@remove) a row that isn't there, or changes one that no target of it has.",
)
CELL_NOT_VERSION = Kind(
    "cell.not_version",
    "{value} is not a version",
    "{instead}",
    about="What stands under @since or @until isn't a version: numbers with dots between them, as text.",
)
VERSION_NEVER = Kind(
    "version.never",
    "the row would be in no version: it ends with {until}, which isn't after {since}, where it begins",
    "write a later version under @until, or clear it",
    about="A row ends with the version with which it begins, or before it.",
)
VERSION_NOBODY = Kind(
    "version.nobody",
    "no target or channel has version {version} or a later one, so nobody gets what begins with it",
    'if it is to wait, leave it; else give a target or channel of sheets.yaml the version: "{version}"',
    severity="warning",
    about="Rows or a column begin with a version that no target and no channel of sheets.yaml has reached.",
)
VERSION_EMPTY = Kind(
    "version.empty",
    "in version {version} the table has no rows: all of them begin later, or have ended",
    "write the rows that {version} is to have, or let the table begin later (`since` in its .proto file)",
    severity="warning",
    about="A table has rows, but none in a version that some target has.",
)
VALUE_LATER = Kind(
    "version.value",
    "{value} begins with {version}, this row is in {own} already",
    "let this row begin with {version} too (@since), or write another value",
    about="A row has a choice that the version doesn't have: in the .proto file it begins later, or has ended.",
)
VALUE_ENDED = Kind(
    "version.value",
    "{value} ends with {version}, this row goes on",
    "let this row end with {version} too (@until), or write another value",
    about="A row has a choice that the version doesn't have: in the .proto file it begins later, or has ended.",
)

# --- cells: blank, or not what somebody typed ---------------------------------------------------------------

CELL_BLANK = Kind(
    "cell.blank",
    "{field} is blank",
    "write a value; 0 if zero is meant",
    about="A number, bool or enum has no value. Blank is never silently zero.",
)
CELL_BLANK_CHOICE = Kind(
    "cell.blank",
    "{field} is blank",
    "write one of: {choices}",
    about="A number, bool or enum has no value. Blank is never silently zero.",
)
CELL_BLANK_BOOL = Kind(
    "cell.blank",
    "{field} is blank",
    "write TRUE or FALSE",
    about="A number, bool or enum has no value. Blank is never silently zero.",
)
CELL_DATE = Kind(
    "cell.date",
    "{value} is a date or time, but {field} holds {type}",
    "format the column as plain text and write the value again",
    about="The spreadsheet holds a date, perhaps because it took 1-2 or 1:10 for one.",
)
CELL_EATEN = Kind(
    "cell.eaten",
    "the spreadsheet made a date or time ({value}) of what was written",
    "format the column as plain text and write the value again",
    about="Spreadsheets take 1001:10 for a time and 1-2 for a date.",
)
CELL_EATEN_COMMA = Kind(
    "cell.eaten",
    "{value} may have been a list: the spreadsheet reads 1,000 as one number",
    "format the column as plain text and check the cells that hold one number",
    severity="warning",
    about="In a list of numbers a spreadsheet takes the comma for a thousands separator.",
    once_a_column=True,
)
CELL_FORMULA_ERROR = Kind(
    "cell.formula_error",
    "the formula fails: {value}",
    "mend the formula, or what it refers to",
    about="A formula shows #N/A, #REF! or the like.",
)
CELL_LOADING = Kind(
    "cell.loading",
    "the formula was still loading when the sheet was read",
    "open the sheet, wait until the cell has its value, and build again",
    about="Functions such as IMPORTRANGE take their time; Google answered before they were ready.",
)
CELL_UNCOMPUTED = Kind(
    "cell.uncomputed",
    "the formula {value} was saved without its value",
    "open the workbook in Excel and save it, or write the value itself",
    about="A program wrote the workbook without computing its formulas.",
)
CELL_OUTDATED = Kind(
    "cell.uncomputed",
    "the workbook says that its formulas are still to be computed, so {value} may be no value of theirs",
    "open the workbook in Excel and save it, or write the value itself",
    severity="warning",
    about="A program wrote the workbook without computing its formulas.",
    once_a_column=True,
)
CELL_PERCENT = Kind(
    "cell.percent",
    "the sheet shows {percent}%, but the cell holds {held}",
    "format the cell as a number, and write {percent} if the field counts percent, or {held} if it doesn't",
    about="A cell formatted as percent holds a hundredth of what it shows: 100% is 1.",
)
CELL_PICTURE = Kind(
    "cell.picture",
    "the cell holds a picture, not a value",
    "write the value itself, the picture's name perhaps; or move the picture out of the cell",
    about="A picture was put into the cell (WPS writes it as =DISPIMG, Excel as an error value).",
)

# --- cells: one value ---------------------------------------------------------------------------------------

INFINITE_INSTEAD = sentence("write a number; infinity and NaN are none")
CELL_NOT_INTEGER = Kind(
    "cell.not_integer",
    "{value} is not a whole number",
    "{instead}",
    about="A field of whole numbers holds something else.",
)
CELL_OUT_OF_RANGE = Kind(
    "cell.out_of_range",
    "{value} is too large or too small for the field",
    "write a number from {low} to {high}",
    about="A number is too small or too large for the field's type.",
)
CELL_IMPRECISE = Kind(
    "cell.imprecise",
    "{value} is beyond what a number cell holds exactly",
    "format the cell as plain text and write all its digits",
    about="Spreadsheets keep 15 to 17 digits of a number: beyond 2^53 the last ones are lost.",
)
CELL_NOT_NUMBER = Kind(
    "cell.not_number",
    "{value} is not a number",
    "{instead}",
    about="A field of numbers holds something else.",
)
CELL_FLOAT_DIGITS = Kind(
    "cell.float_digits",
    "{value} becomes {stored}: the field keeps about 7 digits",
    "write at most 6 digits, or a programmer can make the field a double",
    severity="warning",
    about="A float has 32 bits, about 7 digits; the rest of the number is lost.",
)
CELL_DOUBLE_DIGITS = Kind(
    "cell.double_digits",
    "{value} becomes {stored}: the field keeps about 16 digits",
    "write at most 15 digits; for an id, a programmer can give the field another type",
    severity="warning",
    about="A double has 64 bits, about 16 digits; the last ones of a longer whole number are lost.",
)
CELL_NOT_BOOL = Kind(
    "cell.not_bool",
    "{value} is neither TRUE nor FALSE",
    "write TRUE or FALSE (yes/no, y/n, o/x and 1/0 do as well)",
    about="A yes-or-no field holds something else.",
)
CELL_NOT_ENUM = Kind(
    "cell.not_enum",
    "{value} is none of the choices of {enum}",
    "write one of: {choices}",
    about="A field with a fixed choice holds something that isn't one of them.",
)
CELL_NOT_COLOR = Kind(
    "cell.not_color",
    "{value} is not a color",
    "write it as #RRGGBB: two hexadecimal digits each of red, green and blue",
    about="The field holds a color, and the cell isn't one.",
)
CELL_COLOR_DIGITS = Kind(
    "cell.color_digits",
    "{value} is read as a number, and may be a color without its #",
    "write {color} if its digits are those of the color; else write it as #RRGGBB too",
    severity="warning",
    about="A cell of a color has six digits and no #. Told once a column.",
    once_a_column=True,
)
CELL_NOT_TIME = Kind(
    "cell.not_time",
    "{value} is not a date and time",
    "{instead}",
    about="A point in time isn't a date cell and isn't written as ISO 8601.",
)
CELL_TIME_MISSING = Kind(
    "cell.time_nonexistent",
    "{value} doesn't exist in {timezone}: the clock skips it",
    "write the time that is meant: {earlier} or {later}",
    about="On the day that summer time begins, an hour of local time doesn't exist.",
)
CELL_TIME_AMBIGUOUS = Kind(
    "cell.time_ambiguous",
    "{value} happens twice in {timezone}: the clock goes back",
    "write which one is meant: {earlier} or, once the clock went back, {later}",
    about="On the day that summer time ends, an hour of local time comes twice.",
)
CELL_NOT_DURATION = Kind(
    "cell.not_duration",
    "{value} is not a length of time",
    "{instead}",
    about="A length of time isn't written as one, or is a bare number without a unit.",
)
CELL_NOT_BASE64 = Kind(
    "cell.not_base64",
    "{value} is not base64",
    "write the bytes in base64: SGVsbG8=",
    about="A field of bytes holds text that isn't base64.",
)
CELL_NOT_FIELD_MASK = Kind(
    "cell.not_field_mask",
    "{value} is no list of field names",
    "write the names as the .proto file does, apart by commas: price, reward.item_id",
    about="A FieldMask holds something else than the paths of fields.",
)

# --- cells: several values, and JSON ------------------------------------------------------------------------

CELL_NOT_JSON = Kind(
    "cell.not_json",
    "the JSON in the cell can't be read: {reason}",
    "mend the JSON; in lists and messages a cell that starts with [ or {{ is JSON",
    about="A cell that is JSON is broken, or doesn't fit the field.",
)
CELL_JSON_NAME = Kind(
    "cell.not_json",
    "the JSON names {name}, which {message} doesn't have",
    "write one of: {names}",
    about="A cell that is JSON is broken, or doesn't fit the field.",
)
CELL_JSON_BLANK = Kind(
    "cell.blank",
    "the JSON leaves out {part}",
    "write it in as well; 0 if zero is meant",
    about="A number, bool or enum has no value. Blank is never silently zero.",
)
CELL_JSON_CHOICE = Kind(
    "cell.blank",
    "the JSON leaves out {part}",
    "write it in as well, one of: {choices}",
    about="A number, bool or enum has no value. Blank is never silently zero.",
)
CELL_JSON_BOOL = Kind(
    "cell.blank",
    "the JSON leaves out {part}",
    "write it in as well, true or false",
    about="A number, bool or enum has no value. Blank is never silently zero.",
)
CELL_EMPTY_ELEMENT = Kind(
    "cell.empty_element",
    "the list has an empty element: {value}",
    "remove the extra {separator}",
    about="Two separators stand side by side, or one at an end.",
)
CELL_SEPARATOR = Kind(
    "cell.separator",
    "{character} is not what separates the values here",
    "write {corrected}",
    about="Values in one cell stand apart by a wrong sign, a full-width comma of an input method for example.",
)
CELL_PARTS = Kind(
    "cell.parts",
    "{value} doesn't have the parts {expected}",
    "write it as {expected}, with all of its parts and no more",
    about="A message in one cell has too many or too few parts.",
)
CELL_NO_PARTS = Kind(
    "cell.parts",
    "{field} has no parts, so {value} is none",
    "write TRUE if it is meant, or clear the cell",
    about="A message in one cell has too many or too few parts.",
)
CELL_MAP_KEY = Kind(
    "cell.map_key",
    "the key {value} stands in the map twice",
    "remove one of them",
    about="A map in a cell, or over columns, names a key twice.",
)

# --- cells: texts -------------------------------------------------------------------------------------------

TEXT_NUMBER = Kind(
    "text.number",
    "{value} is a number in a column of text",
    "format the column as plain text: leading zeros and long numbers may be lost",
    severity="warning",
    about="A text field's cell holds a number; what was typed, 007 perhaps, may be lost.",
    once_a_column=True,
)
TEXT_CONTROL = Kind(
    "text.control_character",
    "the text holds a control character ({character})",
    "delete it; it came with a copy from another program",
    severity="warning",
    about="A character that nobody sees and programs stumble over.",
)
TEXT_BROKEN = Kind(
    "text.broken",
    "the text holds half a character: {value}",
    "write it again; the emoji or letter in it was cut in two",
    about="A character outside the basic plane was cut by a program that counts in 16 bits.",
)
TEXT_ZERO_WIDTH = Kind(
    "text.zero_width",
    "the text holds a character without width ({character})",
    "delete it; it came with a copy from a web page or messenger",
    severity="warning",
    about="Two texts look equal and aren't.",
)
TEXT_REPLACED = Kind(
    "text.replaced",
    "the text holds \ufffd, which stands where a letter was lost",
    "write it again; it was read in a wrong encoding before it came into the sheet",
    severity="warning",
    about="A program that didn't know the text's encoding put a replacement character in place of letters.",
)
TEXT_BLANK_ENDS = Kind(
    "text.blank_ends",
    "the text begins or ends with a blank",
    "delete the blank",
    severity="warning",
    about="A blank at the start or end of a text is hardly ever meant.",
)
TEXT_BREAK_ENDS = Kind(
    "text.blank_ends",
    "the text begins or ends with a line break",
    "delete the line break: in the cell, put the cursor at its end and press Backspace",
    severity="warning",
    about="A blank at the start or end of a text is hardly ever meant.",
)
TEXT_FORMULA = Kind(
    "text.formula",
    "{value} is a formula that was kept as a text",
    "give the cell the format Automatic (in Excel: General), and write the formula again",
    severity="warning",
    about="A cell formatted as plain text keeps a formula as it was typed, and never computes it.",
)
TEXT_ESCAPED = Kind(
    "text.escaped",
    "{escape} in the text is how the file of a workbook writes {character}",
    "delete it, or write what is meant in its place",
    severity="warning",
    about="A program that wrote or read a workbook left an escape of the file's own in the text.",
)
TEXT_GUARDED = Kind(
    "text.guarded",
    '{value} is a text within the ="…" that keeps its zeros in Excel',
    "write {corrected}",
    severity="warning",
    about='Programs write ="00123" into csv so that Excel keeps the zeros; other readers get all of it.',
)
TEXT_ERROR = Kind(
    "text.error",
    "{value} is what a program writes where it has nothing",
    "write the text that is meant, or clear the cell",
    severity="warning",
    about="A formula's error or a script's `undefined` was pasted as a text.",
)
TEXT_ROUNDED = Kind(
    "text.rounded",
    "{value} is a long number without its last digits",
    "format the column as plain text in the spreadsheet, write the number again, and save the file anew",
    severity="warning",
    about="Excel shows a number of twelve digits or more as 3.5103E+17, and saves that into csv files.",
)

TEXT_EXPONENT = Kind(
    "text.exponent",
    "{value} is the number {corrected} in the form that R writes",
    "write {corrected}",
    severity="warning",
    about="R's write.csv makes 1e+05 of 100000, and of no number near it; a column of texts keeps that.",
)

# --- values over several cells ------------------------------------------------------------------------------

ONEOF_CASE = Kind(
    "oneof.case",
    "{value} is none of the choices of {oneof}",
    "write one of: {choices}",
    about="The column ….@case says which member of a oneof a row has, and the columns ….@1, ….@2 hold its values.",
)
ONEOF_CASE_BLANK = Kind(
    "oneof.case",
    "{oneof} has a value, but {case} doesn't say what it is",
    "write one of: {choices}; or clear the value",
    about="The column ….@case says which member of a oneof a row has, and the columns ….@1, ….@2 hold its values.",
)
ONEOF_CASE_EXTRA = Kind(
    "oneof.case",
    "{member} takes {count} of the columns of {oneof}, and this is one more",
    "clear the cell, or write another choice in {case}",
    about="The column ….@case says which member of a oneof a row has, and the columns ….@1, ….@2 hold its values.",
)
ONEOF_SEVERAL = Kind(
    "oneof.several",
    "only one of {members} may be filled",
    "clear all but one of them",
    about="Two fields of a oneof are filled in one row.",
)
LIST_GAP = Kind(
    "list.gap",
    "{field} is blank, but a later element is filled: the list closes up over the gap (rows like this: {count})",
    "write a value (0 if zero is meant), or move the later ones up",
    severity="warning",
    about="A list over columns or rows has a blank before a filled value; it closes up, so the later ones move up.",
)

# --- checks: constraints ------------------------------------------------------------------------------------

CONSTRAINT = Kind(
    "constraint.*",
    "{text}",
    "change the value, or have a programmer change the rule of {rule_of}",
    about="A value breaks a rule of the .proto file. The message is the rule's own; the code ends in its id.",
)
CONSTRAINT_BLANK = Kind(
    "constraint.*",
    "{field} is blank",
    "write a value; if it may be blank, a programmer can change the rule of {rule_of}",
    about="A value breaks a rule of the .proto file. The message is the rule's own; the code ends in its id.",
)
CONSTRAINT_ONE_OF = Kind(
    "constraint.*",
    "none of {members} is filled",
    "fill one of them; if all may be blank, a programmer can change the rule of {rule_of}",
    about="A value breaks a rule of the .proto file. The message is the rule's own; the code ends in its id.",
)
CONSTRAINT_PATTERN = Kind(
    "constraint.*",
    "{value} doesn't have the form that {field} asks for: {pattern}",
    "write it in that form, or have a programmer change the rule of {rule_of}",
    about="A value breaks a rule of the .proto file. The message is the rule's own; the code ends in its id.",
)
CONSTRAINT_PATTERN_LIKE = Kind(
    "constraint.*",
    "{value} doesn't have the form that {field} asks for: {pattern}",
    "write it in the form of {example} ({example_cell}), or have a programmer change the rule of {rule_of}",
    about="A value breaks a rule of the .proto file. The message is the rule's own; the code ends in its id.",
)
CONSTRAINT_FAILED = Kind(
    "constraint.failed",
    "the rule {rule} can't be computed for this row: {reason}",
    "check the cells it uses (a division by zero?), or ask a programmer to mend the rule in the .proto file",
    about="A rule of the .proto file fails while it runs. The row's other rules weren't run either.",
)
CONSTRAINT_TABLE = Kind(
    "constraint.table_failed",
    "the rule {rule} over the whole table can't be computed: {reason}",
    "rules over a whole table end at 9,999 rows; a programmer can write a sum, a sequence or a check in Python instead",
    about="A rule on the table message, not on its rows, fails while it runs.",
)

# --- checks: keys -------------------------------------------------------------------------------------------

KEY_DUPLICATE = Kind(
    "key.duplicate",
    "{count} rows have the key {key}",
    "give each row its own {field}; the other is {first}",
    about="Two rows of a table have the same key, so nobody can tell which one is meant.",
)
KEY_GONE = Kind(
    "key.gone",
    "{table} no longer has {row}, the last release has it; {cells}",
    "put the row back, or change the cells that refer to it",
    about="A row was deleted, or its key changed, and other cells still refer to it.",
)
KEY_OVERTYPED = Kind(
    "key.gone",
    "{table} no longer has {row}, the last release has it; {cells}",
    "write {key} here again; if the key changed on purpose, change the cells that refer to it",
    about="A row was deleted, or its key changed, and other cells still refer to it.",
)
KEY_ABSENT = Kind(
    "key.absent",
    "{table} has no row with {field} = {value}; {cells}",
    "add the row, or put it back where it was deleted; else change the cells that refer to it",
    about="Several columns refer to a row that isn't there, and no release had it: it was deleted, or not yet written.",
)
UNIQUE_DUPLICATE = Kind(
    "unique.duplicate",
    "{value} stands in {count} cells of {field}, where every value must be another",
    "change one of them; the other is {first}",
    about="A field that the .proto file calls unique has a value twice.",
)
CONSTANT_NAME = Kind(
    "constant.name",
    "{value} can't be the name of a constant in generated code",
    "write a letter from A to Z first, then such letters, digits and _; or leave it blank, and the row has no constant",
    about="A table's rows have constants in generated code, and what one is to be called is no name there.",
)
CONSTANT_TWICE = Kind(
    "constant.twice",
    "{value} names {count} rows, and a constant has one value",
    "change one of them; the other is {first}",
    about="A table's rows have constants in generated code, and two are called the same, but for capital letters.",
)
KEY_DECOMPOSED = Kind(
    "key.duplicate",
    "{value} looks like the key in {first}, but is another: in {decomposed} the letters {letters} are decomposed",
    "type {decomposed} anew (names copied from a Mac have decomposed letters), and give each row its own {field}",
    about="Two rows of a table have the same key, so nobody can tell which one is meant.",
)
UNIQUE_DECOMPOSED = Kind(
    "unique.duplicate",
    "{value} looks like the value in {first}, but is another: in {decomposed} the letters {letters} are decomposed",
    "type {decomposed} anew (names copied from a Mac have decomposed letters), and change one of the two",
    about="A field that the .proto file calls unique has a value twice.",
)
UNIQUE_TOGETHER = Kind(
    "unique.duplicate",
    "{count} rows have the same {field}: {key}",
    "change one of them; the first is {first}",
    about="Rows of a table have the same values of fields that the .proto file calls unique together.",
)
KEY_LOOKALIKE = Kind(
    "text.lookalike",
    "{value} holds {character}, which looks like {plain} and is another character",
    "write it as {instead}",
    severity="warning",
    about="A key or code holds a letter of another alphabet, or a full-width one, that looks like a plain one.",
)

# --- checks: references -------------------------------------------------------------------------------------

REFERENCE_MISSING = Kind(
    "reference.missing",
    "{target} has no row with {key} = {value}",
    "write one that is there ({place}), or add the row to {target}",
    about="A value points at a row of another table that isn't there: it was misspelt, deleted, or not yet written.",
)
REFERENCE_OFF = Kind(
    "reference.missing",
    "{value} is in {place}, but switched off",
    "switch it on there (@enabled), or write another one",
    about="A value points at a row of another table that isn't there: it was misspelt, deleted, or not yet written.",
)
REFERENCE_OTHER_TAGS = Kind(
    "reference.missing",
    "{value} is in {place}, but only for targets with the tags {tags}",
    "give both rows the same tags, or write another one",
    about="A value points at a row of another table that isn't there: it was misspelt, deleted, or not yet written.",
)
REFERENCE_REMOVED = Kind(
    "reference.missing",
    "{value} is in {place}, but {overlay} takes it out",
    "take this row out there too (@remove), or write another one",
    about="A value points at a row of another table that isn't there: it was misspelt, deleted, or not yet written.",
)
REFERENCE_LATER = Kind(
    "reference.missing",
    "{value} begins with {version}, this row is in {own} already",
    "let this row begin with {version} too (@since), or write another one ({place})",
    about="A value points at a row of another table that isn't there: it was misspelt, deleted, or not yet written.",
)
REFERENCE_ENDED = Kind(
    "reference.missing",
    "{value} ends with {version}, this row goes on",
    "let this row end with {version} too (@until), or write another one ({place})",
    about="A value points at a row of another table that isn't there: it was misspelt, deleted, or not yet written.",
)
REFERENCE_DECOMPOSED = Kind(
    "reference.missing",
    "{value} looks like {place}, but is another: in {decomposed} the letters {letters} are decomposed",
    "type {decomposed} anew: names copied from a Mac have decomposed letters",
    about="A value points at a row of another table that isn't there: it was misspelt, deleted, or not yet written.",
)
REFERENCE_BLANK_ENDS = Kind(
    "reference.missing",
    "{value} begins or ends with a blank; {cells} as {key}",
    "delete the blank",
    about="A value points at a row of another table that isn't there: it was misspelt, deleted, or not yet written.",
)
REFERENCE_UNSEEN = Kind(
    "reference.missing",
    "{value} only looks like {key}, for it holds {character}; {cells} as {key}",
    "type {key} anew, in place of copying it",
    about="A value points at a row of another table that isn't there: it was misspelt, deleted, or not yet written.",
)
REFERENCE_UNFED = Kind(
    "reference.no_sheet",
    "{field} points at {target}, but no sheet is mapped to that table",
    "add its sheet to sheets.yaml, or ask a programmer to remove the ref",
    about="A field refers to a table that sheets.yaml doesn't feed, so no reference to it can be right.",
)

# --- checks: sums, sequences, files -------------------------------------------------------------------------

SUM_WRONG = Kind(
    "sum.wrong",
    "{field} of {group} sums to {sum}, not to {expected}",
    "change the values so that they sum to {expected}; the {count} cells go from {first} to {last}",
    about="The values of a group of rows, drop rates for example, don't have the sum that the .proto file asks for.",
)
SUM_WRONG_ALONE = Kind(
    "sum.wrong",
    "{field} of {group} sums to {sum}, not to {expected}",
    "write {expected}, or add the rows that are missing",
    about="The values of a group of rows, drop rates for example, don't have the sum that the .proto file asks for.",
)
SEQUENCE_BROKEN = Kind(
    "sequence.broken",
    "{field} of {group} is {value}, where {expected} comes next",
    "number them from {start} in steps of {step}, without a gap, in the order of the rows",
    about="Values that should count up, levels for example, skip one, repeat one or start elsewhere.",
)
PATH_MISSING = Kind(
    "path.missing",
    "there is no file {path}",
    "correct the name, or add the file",
    about="A field names a file under asset_root that isn't there. Upper and lower case count.",
)
PATH_OUTSIDE = Kind(
    "path.outside",
    "{path} leads out of the asset folder",
    "write the file's name without .. and without a leading /",
    about="A field names a file outside asset_root.",
)
PATH_UNCHECKED = Kind(
    "path.unchecked",
    "whether the files are there wasn't checked: {reason}",
    "set asset_root in sheets.yaml to the folder that holds them",
    severity="warning",
    about="A field has the option `path`, but the folder of the files isn't known here.",
)

# --- checks: in Python --------------------------------------------------------------------------------------

CHECK = Kind(
    "check.*",
    "{text}",
    "{hint}",
    about="A check written in Python by the project's programmers found this; the code ends in the check's name.",
)
CHECK_FAILED = Kind(
    "check.failed",
    "the check {check} stopped here: {reason}",
    "this is a fault of the check at {place}; ask the programmer who wrote it",
    about="A check written in Python raised an exception or yielded something that is no finding.",
)

# --- metrics: in Python -------------------------------------------------------------------------------------

METRIC = Kind(
    "metric.*",
    "{text}",
    "{hint}",
    about="A metric written in Python is below its `min`, above its `max`, or can't be computed; the code ends in its "
    "name.",
)
