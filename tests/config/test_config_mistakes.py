"""Each kind of mistake in sheets.yaml: what is said, and of which line."""

from pathlib import Path

import pytest

from gdata.configfile import load_config
from gdata.errors import ConfigError

HEAD = "version: 1\nspreadsheets: {a: {id: x, sheets: {Item: game.ItemTable}}}\n"


def mistake(folder: Path, text: str | bytes) -> ConfigError:
    (folder / "protos").mkdir(exist_ok=True)
    path = folder / "sheets.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ConfigError) as caught:
        load_config(path, {})
    assert caught.type is ConfigError
    return caught.value


# A line added below HEAD, what the message says after `sheets.yaml:3: `, and a part of the hint.
THIRD_LINE = [
    ("protoz: x", "protoz: unknown key", "did you mean protos?"),
    ("<<: {}", "<<: merge keys aren't known here", "write the lines out"),
    ("version: 1", "version: stands here twice, first in line 1", "delete one of them"),
    ("timezone: Asia/Soul", "timezone: there is no time zone `Asia/Soul`", "did you mean Asia/Seoul?"),
    ("timezone: ../../etc/passwd", "timezone: there is no time zone", "Asia/Seoul"),
    ("timezone: Asia", "timezone: there is no time zone", "Asia/Seoul"),
    ("timezone: localtime", "timezone: there is no time zone", "Asia/Seoul"),
    ("timezone: 9", "timezone: expected text, found a number `9`", "put it in quotes"),
    ("timezone:", "timezone: expected text, found nothing", ""),
    ("timezone: ' '", "timezone: is empty", "delete the line"),
    ("timezone: [UTC]", "timezone: expected text, found a list", ""),
    ("timezone: !!python/object:os.system ls", "timezone: expected text, found a value of type", ""),
    ('output: "a\\0b"', "output: holds a control character", "delete it"),
    ("protos: protoss", "protos: there is no folder", "did you mean protos?"),
    ("protos: nowhere/protos", "protos: there is no folder", "isn't there either"),
    ("output: .", "output: ", "a folder of its own"),
    ("output: protos", "output: ", "a folder of its own"),
    ("output: releases", "output: ", "a folder of its own"),
    ("output: s3://bucket/x", "output: `s3://bucket/x` is a URL, not a path", "on this computer"),
    ("releases: http://host/x", "releases: `http://host/x` can't hold releases", "s3://BUCKET"),
    ("releases: file:///x", "releases: `file:///x` can't hold releases", "write a folder"),
    ("releases: s3://", "releases: `s3://` can't hold releases", "s3://BUCKET"),
    ("google: {endpoint: 127.0.0.1:9000}", "google.endpoint: `127.0.0.1:9000` isn't an endpoint", "http://127.0.0.1:9000"),
    ("google: {endpoint: 'http://h:99999'}", "google.endpoint: `http://h:99999` isn't an endpoint", ""),
    ("google: {credential: x}", "google.credential: unknown key", "did you mean credentials?"),
    ("google: key.json", "google: expected a mapping, found text `key.json`", ""),
    ("targets: {}", "targets: names no target", "server: {}"),
    ("targets: [server]", "targets: expected a mapping, found a list", ""),
    ("targets: {a/b: {}}", "targets.a/b: the name `a/b` holds `/`", "use letters"),
    ("targets: {..: {}}", "targets...: the name `..` begins or ends with a dot", "use letters"),
    ("targets: {nul: {}}", "targets.nul: the name `nul` is reserved by Windows", ""),
    ("targets: {COM1.x: {}}", "targets.COM1.x: the name `COM1.x` is reserved by Windows", ""),
    ("targets: {a: {}, A: {}}", "targets.A: differs from `a` in upper and lower case alone", "rename"),
    ("targets: {'x y ': {}}", "targets.x y : the name `x y ` begins or ends", ""),
    (f"targets: {{{'x' * 101}: {{}}}}", "targets.", ""),
    ("targets: {a: {group: [x]}}", "targets.a.group: unknown key", "did you mean groups?"),
    ("targets: {a: {groups: x}}", "targets.a.groups: expected a list, found text `x`", "write [x]"),
    ("targets: {a: {tags: [[x]]}}", "targets.a.tags[1]: expected a name, found a list", ""),
    ("targets: {a: {format: jsn}}", "targets.a.format: `jsn` isn't known", "did you mean json?"),
    ("checks: [economy.py]", "checks[1]: there is no file", ""),
    ("checks: [protos]", "checks[1]: protos isn't a Python file", ".py"),
    ("severity: {cell.blank: fatal}", "severity.cell.blank: `fatal` isn't known", "choose error, warning, off"),
    ("severity: {ItemTable: {cell.blank: 1}}", "severity.ItemTable.cell.blank: expected text", ""),
    ("severity: {cell.blnk: off}", "severity.cell.blnk: there is no problem of the code", "did you mean cell.blank?"),
    ("severity: {ItemTable: {x: off}}", "severity.ItemTable.x: there is no problem of the code `x`", "cell.blank"),
    ("severity: {check.*: off}", "severity.check.*: there is no problem of the code", "as the problem shows it"),
    ("gate: {schema: wires}", "gate.schema: `wires` isn't known", "did you mean wire?"),
    ("gate: {rule: []}", "gate.rule: unknown key", "did you mean rules?"),
    ("gate: on", "gate: expected a mapping, found true or false `on`", ""),
    ("gate: {rules: [{deny: any}]}", "gate.rules[1]: `name` is missing", "name: no-removed-items"),
    ("gate: {rules: [{name: schema, deny: any}]}", "gate.rules[1].name: schema can't name a rule", "another name"),
    ("gate: {rules: [{name: a/b, deny: any}]}", "gate.rules[1].name: the name `a/b` holds `/`", ""),
    ("gate: {rules: [{name: a}]}", "gate.rules[1]: a rule needs exactly one of deny, max_change", "rule of its own"),
    ("gate: {rules: [{name: a, deny: any, max_change: 1}]}", "gate.rules[1]: a rule needs exactly one", ""),
    ("gate: {rules: [{name: a, deny: all}]}", "gate.rules[1].deny: `all` isn't known", "removed_rows"),
    ("gate: {rules: [{name: a, max_change: lots}]}", "gate.rules[1].max_change: `lots` isn't a limit", "20%"),
    ("gate: {rules: [{name: a, max: 20%}]}", "gate.rules[1].max: `20%` isn't a number", "-1 or 0.5"),
    ("gate: {rules: [{name: a, max_change: -1}]}", "gate.rules[1].max_change: `-1` isn't a limit", ""),
    ("gate: {rules: [{name: a, max_change: .inf}]}", "gate.rules[1].max_change: `.inf` isn't a limit", ""),
    ("gate: {rules: [{name: a, deny: any, level: stop}]}", "gate.rules[1].level: `stop` isn't known", "block, warn"),
    ("gate: {rules: [{name: a, deny: any, tables: A}]}", "gate.rules[1].tables: expected a list", "write [A]"),
    ("gate: {rules: [{name: a, deny: any, tables: []}]}", "gate.rules[1].tables: the list is empty", "all are meant"),
    ("gate: {rules: [{name: a, deny: any, fields: ['r[1].x']}]}", "gate.rules[1].fields[1]: `r[1].x` isn't", "indexes"),
    ("gate: {rules: [{name: a, deny: removed_rows, fields: [x]}]}", "gate.rules[1].fields: deny: removed_rows is", ""),
    ("gate: {rules: [{name: a, deny: any}, {name: a, deny: any}]}", "a rule a stands in line 3 too", "rename"),
    ("channels: {live: {protect: true}}", "channels.live.protect: unknown key", "did you mean protected?"),
    ("channels: {live: {protected: 1}}", "channels.live.protected: expected true or false, found a number `1`", ""),
    ("channels: {a/b: {}}", "channels.a/b: the name `a/b` holds `/`", ""),
    ("default_channel: dev/x", "default_channel: the name `dev/x` holds `/`", ""),
    ("default_channel: dev-*", "default_channel: the name `dev-*` holds `*`", ""),
    ("? [a]\n: 1", "the file: a key must be a name", ""),
]  # fmt: skip


@pytest.mark.parametrize(("line", "message", "hint"), THIRD_LINE)
def test_a_wrong_line(tmp_path: Path, line: str, message: str, hint: str) -> None:
    error = mistake(tmp_path, f"{HEAD}{line}\n")
    assert str(error).startswith(f"sheets.yaml:3: {message}")
    assert hint in error.hint


# The spreadsheet `a` in line 3, what is said of it, and a part of the hint.
SPREADSHEETS = [
    ("{sheets: {I: g.I}}", "a: needs exactly one of id, url and path, found none", "keep one"),
    ("{id: x, path: y, sheets: {I: g.I}}", "a: needs exactly one of id, url and path, found id and path", ""),
    ("{id: x}", "a: `sheets` is missing", "game.ItemTable"),
    ("{id: x, sheets: {}}", "a.sheets: names no sheet", "Item: game.ItemTable"),
    ("{id: x, sheet: {I: g.I}, sheets: {I: g.I}}", "a.sheet: unknown key", "did you mean sheets?"),
    ("x", "a: expected a mapping, found text `x`", ""),
    ("{id: 'https://docs.google.com/spreadsheets/d/x', sheets: {I: g.I}}", "a.id: `https", "write `url:`"),
    ("{id: 'x y', sheets: {I: g.I}}", "a.id: `x y` isn't the id", "the part ID of"),
    ("{url: 1AbC, sheets: {I: g.I}}", "a.url: `1AbC` isn't the address", "write `id:`"),
    ("{url: 'https://docs.google.com/document/d/x', sheets: {I: g.I}}", "a.url: ", "copy its address"),
    ("{url: 'https://docs.google.com/spreadsheets/d/e/2P/pub', sheets: {I: g.I}}", "a.url: ", "published page"),
    ("{id: x, encoding: cp949, sheets: {I: g.I}}", "a.encoding: only a folder of .csv files", "delete the line"),
    ("{path: csv, encoding: cp94, sheets: {I: g.I}}", "a.encoding: there is no encoding `cp94`", "did you mean cp949?"),
    ("{path: csv, encoding: {I: cp94}, sheets: {I: g.I}}", "a.encoding.I: there is no encoding `cp94`", "cp949"),
    ("{path: csv, encoding: [cp949], sheets: {I: g.I}}", "a.encoding: expected a name, found a list", ""),
    ("{path: csv, encoding: base64, sheets: {I: g.I}}", "a.encoding: there is no encoding `base64`", ""),
    ("{path: old.xls, sheets: {I: g.I}}", "a.path: gdata can't read `old.xls`", "save it as .xlsx"),
    ("{path: csv/I.csv, sheets: {I: g.I}}", "a.path: gdata can't read `I.csv`", "name the folder"),
    ("{path: sheets.yaml, sheets: {I: g.I}}", "a.path: gdata can't read `sheets.yaml`", ".xlsx, .xlsm"),
    ("{path: ~$book.xlsx, sheets: {I: g.I}}", "a.path: ~$book.xlsx is the lock file", "write book.xlsx"),
    ("{id: x, sheets: {I: 'g I'}}", "a.sheets.I: `g I` isn't the name of a message", "game.ItemTable"),
    ("{id: x, sheets: {I: 5}}", "a.sheets.I: expected text, found a number", ""),
    ("{id: x, sheets: {I: }}", "a.sheets.I: expected text, found nothing", ""),
    ("{id: x, sheets: {I: []}}", "a.sheets.I: names no table", ""),
    ("{id: x, sheets: {I: [g.I, g.I]}}", "a.sheets.I: names g.I twice", ""),
    ("{id: x, sheets: {I: g.I, I: g.J}}", "a.sheets.I: stands here twice", ""),
    ("{id: x, sheets: {I: {layout: rows}}}", "a.sheets.I: `table` is missing", ""),
    ("{id: x, sheets: {I: {table: g.I, tables: g.J}}}", "a.sheets.I.tables: unknown key", "did you mean table?"),
    ("{id: x, sheets: {I: {table: g.I, layout: row}}}", "a.sheets.I.layout: `row` isn't known", "did you mean rows?"),
    ("{id: x, sheets: {I: {table: g.I, header_row: 0}}}", "a.sheets.I.header_row: 0 is too small", "write 1 or more"),
    ("{id: x, sheets: {I: {table: g.I, header_row: '2'}}}", "a.sheets.I.header_row: expected a whole number", ""),
    ("{id: x, sheets: {I: {table: g.I, header_row: 1.5}}}", "a.sheets.I.header_row: expected a whole number", ""),
    ("{id: x, sheets: {I: {table: g.I, header_row: 99999999999}}}", "a.sheets.I.header_row: expected a whole", ""),
    ("{id: x, sheets: {I: {table: g.I, header_row: 3, first_row: 3}}}", "a.sheets.I.first_row: the", "write 4"),
    ("{id: x, sheets: {I: {table: g.I, multirow: maybe}}}", "a.sheets.I.multirow: expected true or false", ""),
    ("{id: x, sheets: {I: {table: g.I, layout: vertical, header_row: 1}}}", "a.sheets.I.header_row: a vert", "del"),
    ("{id: x, sheets: {I: {table: g.I, merged: yes}}}", "a.sheets.I.merged: `yes` isn't known", "choose fill"),
    ("{id: x, sheets: {I: {table: g.I, header_rows: 3}}}", "a.sheets.I.header_rows: 3 is too large", ""),
    ("{id: x, sheets: {I: {table: g.I, header_rows: 2, first_row: 2}}}", "a.sheets.I.first_row: the", "write 3"),
    ("{id: x, sheets: {I: {table: g.I, layout: vertical, header_rows: 2}}}", "a.sheets.I.header_rows: a", "delete"),
    ("{id: x, sheets: {I: {table: g.I, blank: '-'}}}", "a.sheets.I.blank: expected a list", "write [-]"),
    ("{id: x, sheets: {I: {table: g.I, blank: ['']}}}", "a.sheets.I.blank[1]: is empty", ""),
    ("{id: x, sheets: {I: {table: g.I, notes: 1}}}", "a.sheets.I.notes: expected text", "quotes"),
    ("{id: x, sheets: {I: {table: g.I, range: A}}}", "a.sheets.I.range: `A` isn't a range of cells", "A1:F40"),
    ("{id: x, sheets: {I: {table: g.I, range: 'C:A'}}}", "a.sheets.I.range: `C:A` ends before it begins", ""),
    ("{id: x, sheets: {I: {table: g.I, range: 'A9:B3'}}}", "a.sheets.I.range: `A9:B3` ends before", "first cell"),
    ("{id: x, sheets: {I: {table: g.I, range: [A, B]}}}", "a.sheets.I.range: expected text, found a list", ""),
    ("{id: x, sheets: {I: {table: g.I, range: 'A2:B9', header_row: 1}}}", "a.sheets.I.header_row: 1 lies outside", ""),
    ("{id: x, sheets: {I: {table: g.I, range: 'A2:B9', first_row: 10}}}", "a.sheets.I.first_row: 10 lies outside", ""),
    ("{id: x, sheets: {I: {table: g.I, range: 'A2:A9', layout: vertical}}}", "a.sheets.I.range: a vertical", "A:B"),
    ("{id: x, sheets: {I: [{table: g.I, range: 'A:B'}, {table: g.J}]}}", "a.sheets.I[2]: `range` is missing", "A:C"),
    ("{id: x, sheets: {I: [{table: g.I, range: 'A:B'}, g.J]}}", "a.sheets.I[2]: expected a mapping, found text", ""),
    ("{id: x, sheets: {I: {table: g.I, keys: 9000}}}", "a.sheets.I.keys: expected text, found a number", "quotes"),
    ("{id: x, sheets: {I: {table: g.I, keys: 1-a}}}", "a.sheets.I.keys: `1-a` isn't a range of keys", "9000-9999"),
    ("{id: x, sheets: {I: {table: g.I, keys: '1-5, 9-7'}}}", "a.sheets.I.keys: `9-7` ends before it begins", ""),
]  # fmt: skip


@pytest.mark.parametrize(("spreadsheet", "message", "hint"), SPREADSHEETS)
def test_a_wrong_spreadsheet(tmp_path: Path, spreadsheet: str, message: str, hint: str) -> None:
    (tmp_path / "csv").mkdir()
    (tmp_path / "book.xlsx").touch()
    error = mistake(tmp_path, f"version: 1\nspreadsheets:\n  a: {spreadsheet}\n")
    assert str(error).startswith(f"sheets.yaml:3: spreadsheets.{message}")
    assert hint in error.hint


WHOLE_FILES: list[tuple[str | bytes, str, str]] = [
    ("", "sheets.yaml:1: the file is empty", "gdata init"),
    ("# nothing\n", "sheets.yaml:1: the file is empty", "gdata init"),
    ("- a\n", "sheets.yaml:1: the file: expected a mapping, found a list", ""),
    ("just words", "sheets.yaml:1: the file: expected a mapping, found text `just words`", ""),
    ("spreadsheets: {}\n", "sheets.yaml:1: the file: `version` is missing", "add `version: 1`"),
    ("version: 1\n", "sheets.yaml:1: the file: `spreadsheets` is missing", ""),
    ("version: 1\nspreadsheets: {}\n", "sheets.yaml:2: spreadsheets: names no spreadsheet", "add one"),
    ("version: 2\nunheard: of\n", "sheets.yaml:1: version 2 is newer than this gdata", "update gdata"),
    ("version: 0\n", "sheets.yaml:1: version: 0 is too small", ""),
    ("version: one\n", "sheets.yaml:1: version: expected a whole number, found text `one`", ""),
    ("version: 1\na: b: c\n", "sheets.yaml:2: not YAML: mapping values are not allowed", "quote texts"),
    ("version: 1\na:\n\tb: 1\n", "sheets.yaml:3: not YAML", "indent with blanks"),
    ("version: 1\na: *b\n", "sheets.yaml:2: not YAML: found undefined alias", ""),
    ("version: 1\na: 'x\n", "sheets.yaml:2: not YAML", ""),
    ("a: 1\n---\nb: 2\n", "sheets.yaml:2: not YAML", ""),
    ("version: 1\na: \x01\n", "sheets.yaml:2: a control character", "delete it"),
    (b"version: 1\na: \xb0\xa1\n", "sheets.yaml:2: the byte 0xb0 isn't UTF-8", "save the file as UTF-8"),
    ("version: 1\n".encode("utf-16"), "sheets.yaml:1: the byte 0xff isn't UTF-8", ""),
    ("a: " + "[" * 200_000, "sheets.yaml:1: nested too deep", "the right file"),
    ("- " * 200_000 + "x", "sheets.yaml:1: nested too deep", ""),
    ("a: &a [x]\nb: [" + "*a, " * 101 + "]", "sheets.yaml:2: too many values or aliases", ""),
    ("a: [" + "1," * 300_000 + "]", "sheets.yaml:1: too many values", ""),
    ("#" * (1 << 20) + "\n", "sheets.yaml:1: larger than 1,048,576 bytes", ""),
    ("version: 1\nspreadsheets: &s {a: *s}\n", "sheets.yaml:2: spreadsheets.a.a: unknown key", ""),
]


@pytest.mark.parametrize(("content", "message", "hint"), WHOLE_FILES, ids=range(len(WHOLE_FILES)))
def test_a_wrong_file(tmp_path: Path, content: str | bytes, message: str, hint: str) -> None:
    error = mistake(tmp_path, content)
    assert str(error).startswith(message)
    assert hint in str(error) + error.hint


def test_all_mistakes_are_told_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    text = """\
version: 1
timezone: Asia/Soul
spreadsheets:
  a:
    id: x
    sheets:
      Item: {table: game.ItemTable, header_row: 0, layout: sideways}
      Shop: game..ShopTable
  b: {sheets: {Quest: game.QuestTable}}
gat: off
"""
    lines = str(mistake(tmp_path, text)).splitlines()
    assert [line.split(": ")[0] for line in lines[::2]] == [f"sheets.yaml:{line}" for line in (2, 7, 7, 8, 9, 10)]
    assert all(line.startswith("    ") for line in lines[1::2])


def test_a_missing_protos_folder_is_told_without_the_key_too(tmp_path: Path) -> None:
    (tmp_path / "sheets.yaml").write_text(HEAD)
    with pytest.raises(ConfigError, match=r"sheets\.yaml:1: there is no folder .*protos"):
        load_config(tmp_path / "sheets.yaml", {})


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"other\.yaml:1: there is no file"):
        load_config(tmp_path / "other.yaml", {})


def test_control_characters_are_not_repeated(tmp_path: Path) -> None:
    error = mistake(tmp_path, f'{HEAD}"\\e[31m": 1\n')
    assert "\x1b" not in str(error)
    assert r"\x1b" in str(error)
