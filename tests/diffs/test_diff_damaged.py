"""Bundles whose hashes are right and whose content isn't: written by something else than gdata."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from diffcases import PROTO, as_json, side

from gdata.bundles.manifest import Manifest, Part, bundle_id, file_entry
from gdata.bundles.reader import Bundle, open_output
from gdata.diffs.compare import compare
from gdata.diffs.gate import GateVerdict
from gdata.diffs.model import Diff, Side
from gdata.diffs.renderers.json import diff_json, to_json
from gdata.errors import DamagedError
from gdata.testing.bundles import build_output

ITEMS = {"ItemTable": [{"id": 1, "price": 5}]}


def forged(bundle: Bundle, *, schema: bytes | None = None, table: bytes | None = None, kind: str = "rows") -> Side:
    """The bundle with another schema or table in it, and a manifest that fits."""
    manifest, files = bundle.manifest, {}
    entry, schema_entry = manifest.tables["ItemTable"], manifest.schema
    if schema is not None:
        schema_entry = file_entry("schema", "binpb", schema)
        files[schema_entry.file] = schema
    if table is not None:
        one = file_entry("ItemTable", "binpb", table)
        files[one.file] = table
        entry = replace(entry, parts=(Part(one.file, one.sha256, one.size, 1),))
    tables = {"ItemTable": replace(entry, kind=kind)}
    ids = bundle_id("server", schema_entry, tables), manifest.build
    made = Manifest("server", schema_entry, tables, *ids)
    fetch = lambda one: files[one.file] if one.file in files else bundle.fetch(one)  # noqa: E731
    return Side("forged", None, {"server": Bundle(made, made.to_bytes(), "forged/server", fetch)})


@pytest.mark.parametrize(
    "what",
    [
        {"schema": b"\xff\xff"},
        {"schema": b""},
        {"table": b"\x0a\x7fshort"},
        {"table": b"\x0a\x02\x0a\xff"},
        {"kind": "map"},
    ],
)
def test_what_is_no_bundle_is_one_clear_error(what: dict[str, bytes]) -> None:
    good = side("old", {"ItemTable": [{"id": 1, "price": 7}]})
    with pytest.raises(DamagedError, match="forged/server") as raised:
        compare(good, forged(good.bundles["server"], **what), category="off")  # type: ignore[arg-type]
    assert raised.value.hint


def server_of(diff: Diff) -> Any:
    return as_json(diff_json(diff))["targets"]["server"]


@pytest.mark.usefixtures("long_files")
def test_large_tables_are_compared_where_they_lie_and_told_where_they_are_damaged(tmp_path: Path) -> None:
    rows = [{"id": number, "price": number % 7} for number in range(1, 400)]
    tables = rows, [{**row, "price": row["price"] + (row["id"] == 77)} for row in rows[3:]]
    old, new = (
        Side(f"side{at}", None, open_output(build_output(tmp_path / str(at), PROTO, {"ItemTable": one})))
        for at, one in enumerate(tables)
    )
    in_memory = compare(side("old", {"ItemTable": rows}), side("new", {"ItemTable": tables[1]}))
    assert server_of(compare(old, new)) == server_of(in_memory)
    (part,) = new.bundles["server"].manifest.tables["ItemTable"].parts
    path = tmp_path / "1" / "server" / part.file
    path.write_bytes(path.read_bytes()[:-1] + b"\x09")
    with pytest.raises(DamagedError, match=part.file):
        compare(old, new)


def test_fields_that_nobody_knows_are_no_change() -> None:
    good = side("old", ITEMS)
    content = good.bundles["server"].table("ItemTable")
    row = content[2:] + b"\xf8\x07\x05"  # field 127 = 5
    found = compare(good, forged(good.bundles["server"], table=bytes([0x0A, len(row)]) + row))
    assert not found.differs


def test_fields_in_another_order_are_no_change() -> None:
    good = side("old", {"ItemTable": [{"id": 1, "price": 7}]})
    turned = b"\x0a\x04\x18\x07\x08\x01"
    assert not compare(good, forged(good.bundles["server"], table=turned)).differs


def test_a_record_that_became_rows_is_other_rows() -> None:
    good = side("old", ITEMS)
    found = compare(good, forged(good.bundles["server"], kind="record"), category="off")
    table = found.targets["server"].tables["ItemTable"]
    assert (len(table.removed), len(table.added)) == (1, 1)


def test_of_a_damaged_table_that_came_no_json_is_begun(tmp_path: Path) -> None:
    output = build_output(tmp_path, PROTO, {"DropTable": [{"stage": 1}], "ItemTable": [{"id": 2}]})
    new = Side("output", None, open_output(output))
    diff = compare(side("old", {}), new)
    (output / "server" / new.bundles["server"].manifest.tables["ItemTable"].parts[0].file).write_bytes(b"")
    with pytest.raises(DamagedError, match="ItemTable"):
        to_json(diff, GateVerdict(passed=True))
