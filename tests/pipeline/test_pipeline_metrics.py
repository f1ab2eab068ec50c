"""What metrics see of the two sides of a diff."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gdata.bundles.manifest import Reference
from gdata.bundles.reader import Bundle, open_output
from gdata.config import Config, Gate, GateRule, Target
from gdata.diffs.metrics import MetricDiff
from gdata.diffs.model import Side
from gdata.errors import ConfigError, LookupFailed
from gdata.pipeline import metrics
from gdata.pipeline.metrics import BundleData
from gdata.pipeline.sides import compare_sides
from gdata.testing.bundles import Contents, build_output, memory_output

PROTO = """
syntax = "proto3";
package game;
import "gdata/options.proto";
message Item { int32 id = 1 [(gdata.field).key = true]; string name = 2; int32 price = 3; }
message ItemTable { repeated Item rows = 1; }
message Drop { int32 item = 1; int32 rate = 2; }
message DropTable { repeated Drop rows = 1; }
message Level { int32 id = 1 [(gdata.field).key = true]; int32 exp = 2; }
message LevelTable { map<int32, Level> rows = 1; }
message Constants { int32 cap = 1; }
"""
OLD: list[dict[str, Any]] = [{"id": number, "name": f"검 {number}", "price": number * 10} for number in range(1, 41)]


def bundle(folder: Path, rows: list[dict[str, Any]], proto: str = PROTO, cap: int = 60) -> Bundle:
    tables: dict[str, Any] = {
        "ItemTable": rows,
        "DropTable": [{"item": one["id"], "rate": one["price"]} for one in rows],
        "LevelTable": {one["id"]: {"id": one["id"], "exp": one["price"]} for one in rows},
        "Constants": {"cap": cap},
    }
    return open_output(build_output(folder, proto, tables, targets=["server"]))["server"]


def seen(data: Any) -> dict[str, Any]:
    """Every way to look at the rows of all tables."""
    table = data.ItemTable
    return {
        "all": [(row.id, row.name, row.price) for row in table],
        "again": [row.price for row in table],
        "by place": [table.rows[at].id for at in range(-len(table), len(table))],
        "slice": [row.id for row in table.rows[1:7:2]],
        "by key": [table[row.id].price for row in table],
        "where": [row.id for row in table.where(price=100)],
        "drops": [(row.item, row.rate) for row in data.DropTable],
        "levels": [(row.id, row.exp) for row in data.LevelTable],
        "cap": data.Constants.cap,
        "counts": [len(data.ItemTable), len(data.DropTable), len(data.LevelTable)],
        "title": [table.title(row) for row in table.rows[:2]],
    }


@pytest.mark.parametrize("most", [0, 1000])
@pytest.mark.usefixtures("long_files")
def test_rows_are_the_same_however_they_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    one = bundle(tmp_path, OLD)
    monkeypatch.setenv("GDATA_CORE", "0")
    whole = seen(BundleData(one))
    assert whole["all"] == [(row["id"], row["name"], row["price"]) for row in OLD]
    monkeypatch.setenv("GDATA_CORE", "1")
    monkeypatch.setattr(metrics, "_BLOCK", 7)
    monkeypatch.setattr(metrics, "_KEPT_MOST", most)
    assert seen(BundleData(one)) == whole


def test_a_table_that_nobody_has_is_told(tmp_path: Path) -> None:
    data = BundleData(bundle(tmp_path / "old", OLD))
    with pytest.raises(LookupFailed, match=r"there is no table ItmTable\. did you mean ItemTable"):
        assert data.ItmTable
    with pytest.raises(AttributeError):
        assert data._private


METRICS = """
from gdata.metrics import metric
@metric
def worth(data): return sum(row.price for row in data.ItemTable)
@metric
def cap(data): return data.Constants.cap
@metric
def dearest(data): return {row.name: row.price for row in data.ItemTable if row.price > 380}
"""


def config(folder: Path, *rules: GateRule, metrics: str = METRICS) -> Config:
    (folder / "economy.py").write_text(metrics, "utf-8")
    files = (folder / "economy.py",) if metrics else ()
    gate = Gate("off", rules)
    return Config(folder / "sheets.yaml", folder, folder, "", (), (Target("server"),), metrics=files, gate=gate)


def test_a_diff_has_what_it_does_to_the_metrics(tmp_path: Path) -> None:
    rows = [{**row, "price": row["price"] * (1 + (row["id"] == 40))} for row in OLD]
    old, new = (
        Side(name, None, {"server": one})
        for name, one in (("old", bundle(tmp_path / "old", OLD)), ("new", bundle(tmp_path / "new", rows)))
    )
    diff = compare_sides(config(tmp_path), old, new, "off", pytest.fail)
    found: dict[str, MetricDiff] = {one.name: one for one in diff.metrics}
    assert found["worth"].changed == {"": (8200.0, 8600.0)}
    assert (found["cap"].changed, found["cap"].failed) == ({}, None)
    assert found["dearest"].changed == {"검 40": (400.0, 800.0)}
    assert len(diff.targets["server"].tables["ItemTable"].changed) == 1
    assert all(not one.held for side in (diff.old, diff.new) for one in side.bundles.values())


def test_a_metric_of_a_table_that_went_is_computed_before_too(tmp_path: Path) -> None:
    metrics = """
from gdata.metrics import metric
@metric
def drops(data): return len(getattr(data, "DropTable", ()))
"""
    old, new = bundle(tmp_path / "old", OLD), build_output(tmp_path / "new", PROTO, {"ItemTable": OLD})
    sides = Side("old", None, {"server": old}), Side("new", None, open_output(new))
    (metric,) = compare_sides(config(tmp_path, metrics=metrics), *sides, "off", pytest.fail).metrics
    assert metric.changed == {"": (40.0, 0.0)}


NAMED = """
from gdata.metrics import metric
@metric
def price(data): return {data.ItemTable.title(row): row.price for row in data.ItemTable}
@metric
def worth(data): return sum(row.price for row in data.ItemTable)
@metric
def again(data): return {data.ItemTable.title(row): 1 for row in data.ItemTable}
"""
TEXTS = """
syntax = "proto3";
package game;
message Item { int32 id = 1; string name_key = 2; int32 price = 3; }
message ItemTable { repeated Item rows = 1; }
message Text { string key = 1; string korean = 2; }
message TextTable { repeated Text rows = 1; }
"""


@pytest.mark.parametrize("text", ["강철검", None])
def test_titles_are_what_a_metric_sees_too(tmp_path: Path, text: str | None) -> None:
    items, refs = [{"id": 1, "name_key": "sword", "price": 50}], {"name_key": [Reference("TextTable", ("key",))]}

    def side(texts: list[str]) -> Side:
        tables: dict[str, Any] = {"ItemTable": items, "TextTable": [{"key": "sword", "korean": one} for one in texts]}
        contents = Contents(TEXTS, tables, {"TextTable": ("key",), "ItemTable": ("id",)}, {"ItemTable": refs})
        return Side("side", None, memory_output({"server": contents}))

    diff = compare_sides(
        config(tmp_path, metrics=NAMED), side(["검"]), side([text] if text else []), "off", pytest.fail
    )
    found = {one.name: one for one in diff.metrics}
    for name, value in (("price", 50.0), ("again", 1.0)):
        assert (found[name].removed, found[name].added) == ({"검": value}, {text or "sword": value})
    assert found["worth"].old == found["worth"].new == {"": 50.0}


def test_without_metrics_it_is_the_diff_alone(tmp_path: Path) -> None:
    side = Side("old", None, {"server": bundle(tmp_path / "old", OLD)})
    assert compare_sides(None, side, side, "off", pytest.fail).metrics == ()
    assert compare_sides(config(tmp_path, metrics=""), side, side, "off", pytest.fail).metrics == ()
    with pytest.raises(ConfigError, match="no metric matches incme"):
        compare_sides(
            config(tmp_path, GateRule("rule", metrics=("incme",)), metrics=""), side, side, "off", pytest.fail
        )


def test_a_bundle_that_holds_reads_a_table_once(tmp_path: Path) -> None:
    plain = bundle(tmp_path / "old", OLD)
    assert plain.placed("ItemTable", 1)[0] is not plain.placed("ItemTable", 1)[0]
    kept = plain.holding()
    assert kept.placed("ItemTable", 1) is kept.placed("ItemTable", 1)
    assert kept.table("ItemTable") is kept.table("ItemTable")
