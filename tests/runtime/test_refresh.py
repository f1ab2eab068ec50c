"""Refreshing, watching, snapshots: new data comes in whole, and old readers keep theirs."""

from __future__ import annotations

import asyncio
import logging
import os
import threading
import time
from pathlib import Path

import pytest
from runtime_data import ITEMS, build
from waiting import until

import gdata
from gdata.errors import DamagedError, UsageError
from gdata.runtime import Data
from gdata.testing.bundles import build_output


@pytest.fixture
def output(tmp_path: Path) -> Path:
    return build(tmp_path / "output", 1)


def test_refresh_swaps_in_what_is_newer(output: Path) -> None:
    data = gdata.load(output)
    assert data.refresh() is False
    build(output, 2)
    assert data.ItemTable[1].price == 1
    assert data.refresh() is True
    assert data.ItemTable[1].price == data.Constants.number == 2
    assert data.refresh() is False


def test_a_snapshot_stays_as_it_is_even_where_it_was_not_read_yet(output: Path) -> None:
    data = gdata.load(output)
    snapshot, table, row = data.snapshot(), data.ItemTable, data.ItemTable[1]
    build(output, 2)
    data.refresh()
    assert snapshot.Constants.number == snapshot.ItemTable[5].price == table[7].price == row.price == 1
    assert data.snapshot().Constants.number == 2


def test_a_table_that_did_not_change_is_neither_read_nor_parsed_again(output: Path) -> None:
    data = gdata.load(output)
    quests, items = data.QuestTable, data.ItemTable
    build(output, 2)
    next((output / "server").glob("QuestTable-*")).unlink()
    assert data.refresh()
    assert data.QuestTable is quests
    assert data.ItemTable is not items


def test_a_changed_table_that_was_read_is_parsed_and_indexed_before_the_swap(output: Path) -> None:
    data = gdata.load(output)
    assert data.ItemTable[1] and data.ItemTable.where(name="item 3")
    build(output, 2)
    data.refresh()
    items = data.snapshot()._parsed["ItemTable"]
    assert items._indexed
    assert list(items._groups) == [("name",)]
    assert "Constants" not in data.snapshot()._parsed


@pytest.mark.parametrize("damage", ["flip", "missing", "manifest", "folder"])
def test_a_damaged_newer_bundle_is_refused_and_the_old_data_stays(output: Path, damage: str) -> None:
    data = gdata.load(output)
    build(output, 2)
    path = next((output / "server").glob("manifest.json" if damage == "manifest" else "ItemTable-*"))
    content = path.read_bytes()
    if damage == "missing":
        path.unlink()
    elif damage == "folder":
        path.parent.rename(output / "away")
        output.rename(output.parent / "away")
    else:
        path.write_bytes(content.replace(b"item 3", b"item 4").replace(b'"rows": 20', b'"rows": 21'))
    with pytest.raises(UsageError if damage == "folder" else DamagedError):
        data.refresh()
    assert data.ItemTable[1].price == 1
    assert data.stale
    if damage != "folder":
        path.write_bytes(content)
        assert data.refresh()
        assert not data.stale
        assert data.ItemTable[1].price == 2


def test_a_refresh_may_bring_tables_and_take_some_away(output: Path) -> None:
    data, other = gdata.load(output), gdata.load(output)
    assert data.QuestTable[1].item_id == 2
    proto = 'syntax = "proto3"; message Skill { int32 id = 1; } message SkillTable { repeated Skill rows = 1; }'
    build_output(output, proto, {"SkillTable": [{"id": 7}]}, targets=("server",), keys={"SkillTable": ("id",)})
    assert data.refresh()
    assert data.SkillTable[7].id == 7
    assert data.tables == ("SkillTable",)
    assert not hasattr(data, "QuestTable")
    with pytest.raises(AttributeError, match="has no table QuestTable; did you mean SkillTable"):
        data.QuestTable  # noqa: B018
    assert not hasattr(other, "SkillTable")
    assert isinstance(data, Data)


def test_another_target_in_the_folder_is_refused(output: Path) -> None:
    data = gdata.load(output / "server", target="server")
    build(output.parent / "other", 2, targets=("client",))
    (output / "server").rename(output.parent / "old")
    (output.parent / "other" / "client").rename(output / "server")
    with pytest.raises(DamagedError, match="holds the bundle of the target client, not of server"):
        data.refresh()
    assert data.Constants.number == 1


def test_watch_refreshes_and_tells(output: Path) -> None:
    data = gdata.load(output)
    seen: list[int] = []
    watch = data.watch(0.02, lambda changed: seen.append(changed.Constants.number))
    try:
        for number in (2, 3):
            build(output, number)
            until(lambda number=number: number in seen)
    finally:
        watch.stop()
    build(output, 4)
    time.sleep(0.1)
    assert data.Constants.number == 3
    assert seen == [2, 3]


def test_watch_logs_one_trouble_once_and_goes_on(output: Path, caplog: pytest.LogCaptureFixture) -> None:
    data = gdata.load(output)
    path = output / "server" / "manifest.json"
    with caplog.at_level(logging.ERROR, "gdata"):
        watch = data.watch(0.01)
        (output / "half").write_bytes(b"{")
        (output / "half").replace(path)  # at once: an empty file would be another trouble
        until(lambda: bool(caplog.records))
        time.sleep(0.1)
        assert [record.levelname for record in caplog.records] == ["ERROR"]
        assert "the old data stays in use" in caplog.text
        build(output, 2)
        until(lambda: data.Constants.number == 2)
    watch.stop()


def test_a_failing_on_change_does_not_end_the_watch(output: Path, caplog: pytest.LogCaptureFixture) -> None:
    data = gdata.load(output)

    def fail(_: Data) -> None:
        raise RuntimeError("oh")

    watch = data.watch(0.01, fail)
    build(output, 2)
    until(lambda: "oh" in caplog.text)
    build(output, 3)
    until(lambda: data.Constants.number == 3)
    watch.stop()


def test_watching_again_replaces_the_first_watch(output: Path) -> None:
    data = gdata.load(output)
    first = data.watch(0.01)
    second = data.watch(0.01)
    until(lambda: sum(thread.name == "gdata-watch" for thread in threading.enumerate()) == 1)
    assert first is not second
    second.stop()
    with pytest.raises(ValueError, match="above 0"):
        data.watch(0)


def test_on_change_may_stop_the_watch(output: Path) -> None:
    data = gdata.load(output)
    watch = data.watch(0.01, lambda _: watch.stop())
    build(output, 2)
    until(lambda: not watch._thread.is_alive())


def test_a_reader_never_sees_two_releases_in_one_snapshot(output: Path) -> None:
    data = gdata.load(output)
    stop = threading.Event()
    mixed: list[object] = []

    def read() -> None:
        while not stop.is_set():
            snapshot = data.snapshot()
            prices = {snapshot.ItemTable[number].price for number in range(1, ITEMS + 1)}
            if (
                prices != {snapshot.Constants.number}
                or len(snapshot.ItemTable.where(price=snapshot.Constants.number)) != ITEMS
            ):
                mixed.append((snapshot.build, prices))

    readers = [threading.Thread(target=read) for _ in range(4)]
    refreshers = [threading.Thread(target=lambda: [data.refresh() for _ in range(3)]) for _ in range(2)]
    for reader in readers:
        reader.start()
    for number in range(2, 10):
        build(output, number)
        for refresher in refreshers if number == 2 else []:
            refresher.start()
            refresher.join()
        data.refresh()
    stop.set()
    for reader in readers:
        reader.join()
    assert mixed == []
    assert data.Constants.number == 9


def test_a_folder_that_is_built_anew_while_it_is_read_gives_the_newer_build(output: Path, tmp_path: Path) -> None:
    data = gdata.load(output)
    build(output, 2)
    found = data._place.find(data._found)
    assert found is not None
    build(output, 3)  # between the manifest of 2 and its tables, which are gone now
    assert data._open_settled(found)[1].Constants.number == 3


def test_refresh_runs_beside_an_event_loop(output: Path) -> None:
    data = gdata.load(output)

    async def serve() -> bool:
        build(output, 2)
        return await asyncio.to_thread(data.refresh)

    assert asyncio.run(serve())
    assert data.Constants.number == 2


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_forked_child_watches_by_itself_even_if_the_parent_was_refreshing(output: Path) -> None:
    data = gdata.load(output)
    watch = data.watch(0.01)
    with data._refreshing:
        child = os.fork()
        if child == 0:
            try:
                until(lambda: data.Constants.number == 2)
                os._exit(0)
            except BaseException:
                os._exit(1)
    build(output, 2)
    _, status = os.waitpid(child, 0)
    watch.stop()
    assert os.waitstatus_to_exitcode(status) == 0


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_stopped_watch_stays_stopped_in_a_child(output: Path) -> None:
    data = gdata.load(output)
    data.watch(0.01).stop()
    child = os.fork()
    if child == 0:
        os._exit(sum(thread.name == "gdata-watch" for thread in threading.enumerate()))
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0
