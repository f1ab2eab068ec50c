"""What must hold for any sheet: what the emulator answers, gdata reads back."""

from datetime import UTC, datetime
from unicodedata import normalize

from hypothesis import given
from hypothesis import strategies as st

from gdata.sources.google.answers import combine_readings, find_disagreements, read_google
from gdata.sources.google.index import (
    INDEX_NAME,
    ReadingIndex,
    ReadingPlace,
    quote_title,
    titles_of_batch,
    unquote_title,
)
from gdata.sources.google.spreadsheet import split_by_length
from gdata.sources.grid import DateCell, Pulled, SheetRequest
from gdata.testing.google import EmulatedSpreadsheet
from gdata.testing.google.answers import RenderOptions, batch_get_values
from gdata.testing.google.server import encode_json
from gdata.testing.google.sheets import parse_range

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
titles = texts.filter(bool)
dates = st.builds(DateCell, st.integers(-1_000_000, 9_000_000).map(lambda n: n / 4 + 0.0), texts)
numbers = st.integers(-(10**14), 10**14) | st.floats(allow_nan=False, allow_infinity=False).filter(
    lambda number: not number.is_integer()
)
cells = st.none() | texts | numbers | st.booleans() | dates
grids = st.lists(st.lists(cells, max_size=5), max_size=5)


def cut(rows: list[list]) -> list[list]:
    """Without blanks at the ends, as Google answers; a date that shows nothing isn't blank."""
    kept = [["" if cell is None else cell for cell in row] for row in rows]
    for row in kept:
        while row and row[-1] == "":
            row.pop()
    while kept and not kept[-1]:
        kept.pop()
    return kept


def answers(title: str, rows: list[list], *, pretty: bool) -> dict[str, bytes]:
    spreadsheet = EmulatedSpreadsheet.of("s", {title: rows})
    ranges = [quote_title(title)]
    readings = {"values": "FORMATTED_STRING", "serial": "SERIAL_NUMBER"}
    return {
        name: encode_json(
            batch_get_values(spreadsheet, ranges, RenderOptions("UNFORMATTED_VALUE", dates, "ROWS")), pretty=pretty
        )
        for name, dates in readings.items()
    }


@given(titles, grids, st.booleans())
def test_any_sheet_reads_back_as_it_was(title, rows, pretty):
    index = ReadingIndex({title: ReadingPlace("values", 0)}, {title: ReadingPlace("serial", 0)})
    files = {INDEX_NAME: index.to_json(), **answers(title, rows, pretty=pretty)}
    pulled = Pulled("s", "google", files, datetime.now(UTC))
    (grid,) = read_google(pulled, [SheetRequest(title, has_times=True)]).grids
    assert cut(grid.rows) == cut(rows)
    kinds = [[type(cell) for cell in row] for row in cut(grid.rows)]
    assert kinds == [[type(cell) for cell in row] for row in cut(rows)]


@given(titles, grids, st.booleans())
def test_titles_are_found_whatever_the_cells_say(title, rows, pretty):
    body = answers(title, [*rows, ['{"range":"x"', '{ "range" : "', "}]}"]], pretty=pretty)["values"]
    assert titles_of_batch(body) == [title]


@given(titles)
def test_titles_survive_quoting(title):
    assert unquote_title(f"{quote_title(title)}!A1:B2") == title
    spreadsheet = EmulatedSpreadsheet.of("s", {title: []})
    area = parse_range(quote_title(title), spreadsheet)
    assert normalize("NFC", unquote_title(str(area))) == normalize("NFC", title)


@given(st.lists(titles, unique=True), st.integers(1, 200))
def test_chunks_lose_no_title_and_keep_their_order(all_titles, longest):
    chunks = split_by_length(all_titles, longest)
    assert [title for chunk in chunks for title in chunk] == all_titles
    assert all(chunks)


@given(grids)
def test_a_reading_agrees_with_itself(rows):
    rows = [[cell for cell in row if not isinstance(cell, DateCell)] for row in rows]
    assert find_disagreements(rows, rows) == frozenset()
    assert combine_readings(rows, rows) == rows
