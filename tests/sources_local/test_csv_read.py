import csv
import dataclasses
import io
import tracemalloc
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from workbook_files import read

from gdata.config import SheetEntry, Spreadsheet
from gdata.errors import ConfigError, SourceError
from gdata.problems import Cell
from gdata.sources.csv import CsvFolders
from gdata.sources.grid import CellValue, Pulled, SheetRequest


def rows_of(folder: Path, content: bytes, encoding: str = "utf-8") -> list[list[CellValue]]:
    (folder / "Item.csv").write_bytes(content)
    return read(folder, "Item", encoding=encoding).grids[0].rows


def refused(folder: Path, content: bytes, encoding: str = "utf-8") -> SourceError:
    with pytest.raises(SourceError) as caught:
        rows_of(folder, content, encoding)
    assert str(caught.value).startswith(f"{folder.name}/Item.csv")
    assert caught.value.hint
    return caught.value


@pytest.mark.parametrize(
    ("content", "rows"),
    [
        (b"id,name\n1,a\n", [["id", "name"], ["1", "a"]]),
        (b"\xef\xbb\xbfid\n1\n", [["id"], ["1"]]),
        (b"a\r\nb\r\n", [["a"], ["b"]]),
        (b"a\rb\r", [["a"], ["b"]]),
        (b"a,,\n\n,b", [["a", "", ""], [], ["", "b"]]),
        (b'"x\ny",1\n"a ""b""",2\n', [["x\ny", "1"], ['a "b"', "2"]]),
        (b'"x\r\ny"\r\n', [["x\r\ny"]]),
        ("가격,名前\u2028x\n".encode(), [["가격", "名前\u2028x"]]),
        (b'5" blade,1\n', [['5" blade', "1"]]),
        (b"", []),
    ],
)
def test_every_record_is_a_row_of_the_sheet(tmp_path: Path, content: bytes, rows: list[list[str]]) -> None:
    assert rows_of(tmp_path, content) == rows


def test_other_encodings_are_named(tmp_path: Path) -> None:
    assert rows_of(tmp_path, "이름\n검\n".encode("cp949"), "cp949") == [["이름"], ["검"]]
    assert rows_of(tmp_path, "이름\n검\n".encode("utf-16"), "utf-16") == [["이름"], ["검"]]


def test_a_long_cell_is_read(tmp_path: Path) -> None:
    assert rows_of(tmp_path, b"a," + b"x" * 2_000_000) == [["a", "x" * 2_000_000]]


SAVED_BY_MISTAKE = [
    ("이름,희귀도,가격", "cp949"),
    ("剣の名前,カテゴリ", "cp932"),
    ("我们的物品,是这个", "gb18030"),
    ("Größe,Höhe", "cp1252"),
    ("傳說,蛋糕,用戶,塔樓", "big5"),
    ("名称,価格", "cp932"),
    ("имя,цена", "cp1251"),
]


@pytest.mark.parametrize(("text", "encoding"), SAVED_BY_MISTAKE)
def test_bytes_that_do_not_fit_name_the_likely_encoding(tmp_path: Path, text: str, encoding: str) -> None:
    error = refused(tmp_path, b"id\n" + text.encode(encoding))
    assert "isn't utf-8" in str(error)
    assert f"looks like {encoding}" in error.hint


def test_a_text_too_short_to_tell_names_all_that_it_may_be(tmp_path: Path) -> None:
    assert "it may be cp949 / gb18030 / big5" in refused(tmp_path, "검".encode("cp949")).hint


def test_utf8_in_a_folder_of_another_encoding(tmp_path: Path) -> None:
    """Bytes of UTF-8 are text in GB 18030 too, but another one."""
    text = "编号,名称,长剑"
    assert text.encode().decode("gb18030") != text
    assert rows_of(tmp_path, text.encode(), "gb18030") == [text.split(",")]
    assert rows_of(tmp_path, b"\xef\xbb\xbf" + text.encode(), "gb18030") == [text.split(",")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp949", "cp932", "gb18030", "cp1251"])
def test_auto_recognises_each_file(tmp_path: Path, encoding: str) -> None:
    texts = {"cp932": "名称,価格,カテゴリ", "gb18030": "我们的物品,是这个", "cp1251": "имя,цена"}
    text = texts.get(encoding, "이름,희귀도,가격")
    assert rows_of(tmp_path, text.encode(encoding), "auto") == [text.split(",")]


def test_auto_says_where_a_text_is_too_short_to_tell(tmp_path: Path) -> None:
    assert "it may be cp949 / gb18030 / big5" in refused(tmp_path, "검".encode("cp949"), "auto").hint


def test_files_have_encodings_of_their_own(tmp_path: Path) -> None:
    encodings = '{"Item": "cp949", "Old *": "cp932"}'
    for name, text, encoding in [("Item", "이름", "cp949"), ("Old 1", "剣", "cp932"), ("New", "검", "utf-8")]:
        (tmp_path / f"{name}.csv").write_bytes(text.encode(encoding))
    grids = read(tmp_path, "Item", "Old 1", "New", encoding=encodings).grids
    assert [one.rows for one in grids] == [[["이름"]], [["剣"]], [["검"]]]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("Item.tsv", b"id\tname\n1\ta, b\n"),
        ("Item.TSV", b'id\tname\r\n1\t"a, b"\r\n'),
        ("Item.txt", "id\tname\r\n1\ta, b\r\n".encode("utf-16")),
        ("Item.csv", b"sep=;\r\nid;name\r\n1;a, b\r\n"),
        ("Item.csv", b'\xef\xbb\xbf"sep=|"\nid|name\n1|"a, b"\n'),
        ("Item.csv", "sep=\t\nid\tname\n1\ta, b\n".encode("utf-16")),
        ("Item.csv", b'sep=,\nid,name\n1,"a, b"\n'),
    ],
)
def test_cells_may_be_separated_by_tabs_or_as_the_first_line_says(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    (tmp_path / "readme.txt").write_text("What these are:\n\tsheets\n")
    found = read(tmp_path, "Item")
    assert found.grids[0].rows == [["id", "name"], ["1", "a, b"]]
    assert found.titles == ["Item"]


def test_a_text_beside_its_csv_is_no_sheet(tmp_path: Path) -> None:
    (tmp_path / "Item.csv").write_bytes(b"id\n1\n")
    (tmp_path / "Item.txt").write_bytes(b"a\tb\n")
    assert read(tmp_path, "Item").grids[0].rows == [["id"], ["1"]]


def test_a_tsv_of_commas_is_told(tmp_path: Path) -> None:
    (tmp_path / "Item.tsv").write_bytes(b"id,name\n1,a\n")
    with pytest.raises(SourceError, match="separated by commas, not tabs"):
        read(tmp_path, "Item")


def test_the_line_and_the_byte_are_named(tmp_path: Path) -> None:
    assert "Item.csv, line 2: its text isn't utf-8" in str(refused(tmp_path, b"a\n\xb0\xa1"))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'a\n"b\nc', "row 2: a quoted cell begins there and never ends"),
        (b'a\n"b"c\n', "line 2: not CSV"),
        (b"a\nb\0c\n", "line 2: holds a zero byte"),
        (b"PK\x03\x04rest", "is a workbook or zip file, not CSV"),
        (b"id;name\n1;a\n", "line 1: the cells are separated by semicolons"),
        (b"id\tname\n1\ta\n", "line 1: the cells are separated by tabs"),
        (b"id|name\n1|a\n", "line 1: the cells are separated by vertical bars"),
        (
            b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 1\n",
            "is a pointer of Git LFS, not the file",
        ),
        (b"id,v\r\n<<<<<<< HEAD\r\na,1\r\n=======\r\nb,2\r\n>>>>>>> c\r\n", "line 2: git couldn't merge it"),
        (b"<<<<<<< HEAD\nid\n=======\nkey\n>>>>>>> c\na\n", "line 1: git couldn't merge it"),
        (b"\xef\xbb\xbfid;name;rate\r\n1;Schwert;0,25\r\n", "line 1: the cells are separated by semicolons"),
    ],
)
def test_what_is_no_csv(tmp_path: Path, content: bytes, message: str) -> None:
    assert message in str(refused(tmp_path, content))


def test_a_quote_that_nobody_closed_in_a_large_file_takes_no_memory_for_what_follows(tmp_path: Path) -> None:
    content = b'id,name\n1,"sword\n' + b"2,shield\n" * 150_000
    tracemalloc.start()
    try:
        assert "row 2: a quoted cell begins there and never ends" in str(refused(tmp_path, content))
        assert tracemalloc.get_traced_memory()[1] < 20 * len(content)
    finally:
        tracemalloc.stop()
    # What stands before it isn't kept either.
    content = b"2,shield\n" * 100_000 + b'3,"bow\n'
    assert "row 100001: a quoted cell begins there" in str(refused(tmp_path, content))


def test_arrows_are_a_text(tmp_path: Path) -> None:
    (tmp_path / "Item.csv").write_bytes(b"id,v\na,>>>>>>> <<<<<<< \n<<<<<<< b,2\n")
    assert read(tmp_path, "Item").grids[0].rows[1:] == [["a", ">>>>>>> <<<<<<< "], ["<<<<<<< b", "2"]]


def test_quotes_inside_of_cells_need_no_partner(tmp_path: Path) -> None:
    assert rows_of(tmp_path, b'id,name\n1,a 5" pipe\n2,"b\rc"\n') == [["id", "name"], ["1", 'a 5" pipe'], ["2", "b\rc"]]


def test_a_zero_byte_that_is_none_in_the_file(tmp_path: Path) -> None:
    assert "line 2: holds a zero byte" in str(refused(tmp_path, b"id,s\n1,a+AAA-b\n", "utf-7"))


def test_a_note_with_a_semicolon_is_no_separator(tmp_path: Path) -> None:
    assert rows_of(tmp_path, b"# a; b\nid,name\n")[1] == ["id", "name"]


def test_all_wrong_files_are_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "A.csv").write_bytes(b"\xff")
    (tmp_path / "B.csv").write_bytes(b'"')
    with pytest.raises(SourceError) as caught:
        read(tmp_path, "A", "B")
    assert [line.split(",")[0] for line in str(caught.value).splitlines()] == [
        f"{tmp_path.name}/A.csv",
        f"{tmp_path.name}/B.csv",
    ]


def test_only_the_files_asked_for_are_read(tmp_path: Path) -> None:
    for name in ("Item.csv", "Weapon a.CSV", "Note.csv", "x.txt", ".Item.csv", "~$Item.csv"):
        (tmp_path / name).write_text("id\n")
    (tmp_path / "folder.csv").mkdir()
    pulled = CsvFolders().pull_one(
        Spreadsheet("a", (SheetEntry("Item", ("g.T",)), SheetEntry("W*", ("g.T",))), path=tmp_path)
    )
    assert set(pulled.files) == {"Item.csv", "Weapon a.CSV", "folder.json"}
    found = CsvFolders().read(pulled, [SheetRequest("W*", is_glob=True), SheetRequest("Item"), SheetRequest("Notes")])
    assert [grid.sheet for grid in found.grids] == ["Weapon a", "Item"]
    assert (found.missing, found.titles) == (["Notes"], ["Item", "Note", "Weapon a"])


def test_a_file_in_capitals_is_found_again(tmp_path: Path) -> None:
    (tmp_path / "Item.CSV").write_text("id\n")
    spreadsheet = Spreadsheet("a", (), path=tmp_path)
    assert Path(CsvFolders().link(spreadsheet, Cell("a", "Item", 1, 1), None)).samefile(tmp_path / "Item.CSV")
    assert [path.name for path in CsvFolders().paths_of(spreadsheet)] == ["Item.CSV"]


def test_titles_are_composed(tmp_path: Path) -> None:
    import unicodedata

    (tmp_path / f"{unicodedata.normalize('NFD', '아이템')}.csv").write_text("id\n")
    assert read(tmp_path, "아이템").grids[0].sheet == "아이템"


def test_two_files_of_one_title_are_refused(tmp_path: Path) -> None:
    (tmp_path / "Item.csv").write_text("")
    (tmp_path / "Item.CSV").write_text("")
    if len(list(tmp_path.iterdir())) == 1:
        pytest.skip("this file system doesn't tell upper from lower case")
    with pytest.raises(SourceError, match=r"Item\.CSV and Item\.csv are the same title"):
        read(tmp_path, "Item")


def test_a_sheet_that_two_globs_take_is_refused(tmp_path: Path) -> None:
    (tmp_path / "Item.csv").write_text("")
    with pytest.raises(ConfigError, match="two entries take the sheet Item"):
        read(tmp_path, "I*", "*m")


def test_a_folder_that_is_gone(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="gone: the folder can't be read"):
        CsvFolders().pull_one(Spreadsheet("a", (), path=tmp_path / "gone"))


cells = st.text(st.characters(exclude_characters="\0\ufeff", exclude_categories=["Cs"]), max_size=8)


@given(st.lists(st.lists(cells, min_size=2, max_size=5), max_size=6), st.sampled_from(["\r\n", "\n"]))
def test_a_grid_written_as_csv_is_read_back(grid: list[list[str]], ending: str) -> None:
    buffer = io.StringIO(newline="")
    csv.writer(buffer, lineterminator=ending, quoting=csv.QUOTE_ALL).writerows(grid)
    files = {"Item.csv": buffer.getvalue().encode(), "folder.json": b'["Item.csv"]'}
    pulled = Pulled("a", "csv", files, datetime.now(UTC))
    assert CsvFolders().read(pulled, [SheetRequest("Item")]).grids[0].rows == grid


def test_an_encoding_for_no_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "Item.csv").write_bytes("id\n가\n".encode("cp949"))
    spreadsheet = Spreadsheet("s", (SheetEntry("Item", ()),), path=tmp_path, location="sheets")
    CsvFolders().pull_one(dataclasses.replace(spreadsheet, encoding='{"It*": "cp949"}'))
    with pytest.raises(SourceError, match="`encoding:` names Itm, and no file has that title") as caught:
        CsvFolders().pull_one(dataclasses.replace(spreadsheet, encoding='{"Itm": "cp949"}'))
    assert "Item" in caught.value.hint
