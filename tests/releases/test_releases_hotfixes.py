"""The next full build says which hotfix it would undo."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from released_game import PROTO, TEXTS, release, store_at

from gdata.bundles.reader import Bundle, open_output
from gdata.releases.hotfixes import Base, UndoneHotfix, base_of, undone_hotfixes
from gdata.releases.move import Parts
from gdata.releases.reader import read_release
from gdata.testing.bundles import build_output


def game(folder: Path, name: str, items: Mapping[int, int], texts: list[Any] = TEXTS) -> Mapping[str, Bundle]:
    rows = [{"id": item, "price": price} for item, price in items.items()]
    tables = {"ItemTable": rows, "TextTable": texts}
    return open_output(build_output(folder / name, PROTO, tables, targets=["server"]))


def publish_hotfix(folder: Path, before: Mapping[int, int], fixed: Mapping[int, int]) -> tuple[str, str]:
    """A full build, and over it a hotfix of ItemTable; gives back both releases."""
    store = store_at(folder)
    base = release(store, game(folder, "base", before)).entry.release
    provenance = {"base": Base(base, ("TextTable",), "live").as_json()}
    hotfix = release(store, game(folder, "hotfix", fixed), parts=Parts(provenance=provenance)).entry.release
    return base, hotfix


def undone(folder: Path, hotfix: str, new: Mapping[int, int], texts: list[Any] = TEXTS) -> list[UndoneHotfix]:
    return undone_hotfixes(store_at(folder), hotfix, game(folder, "new", new, texts))


def test_a_build_without_the_fix_would_undo_it(tmp_path: Path) -> None:
    base, hotfix = publish_hotfix(tmp_path, {1: 100, 2: 200}, {1: 120, 2: 200})
    assert undone(tmp_path, hotfix, {1: 100, 2: 200}) == [UndoneHotfix(hotfix, base, "server", "ItemTable", 1)]
    # Other rows may change as they like; the fix is still missing.
    assert undone(tmp_path, hotfix, {1: 100, 2: 999, 3: 1}) == [UndoneHotfix(hotfix, base, "server", "ItemTable", 1)]


def test_a_build_with_the_fix_or_another_undoes_nothing(tmp_path: Path) -> None:
    _, hotfix = publish_hotfix(tmp_path, {1: 100, 2: 200}, {1: 120, 2: 200})
    assert not undone(tmp_path, hotfix, {1: 120, 2: 200})
    assert not undone(tmp_path, hotfix, {1: 120, 2: 999})
    assert not undone(tmp_path, hotfix, {1: 130, 2: 200})
    assert not undone(tmp_path, hotfix, {1: 120, 2: 200}, TEXTS[:3])


def test_added_and_removed_rows_count(tmp_path: Path) -> None:
    base, hotfix = publish_hotfix(tmp_path, {1: 100, 2: 200}, {1: 100, 3: 300})
    assert undone(tmp_path, hotfix, {1: 100, 2: 200}) == [UndoneHotfix(hotfix, base, "server", "ItemTable", 1)]
    _, removal = publish_hotfix(tmp_path / "other", {1: 100, 2: 200}, {1: 100})
    assert undone(tmp_path / "other", removal, {1: 100, 2: 200})
    assert not undone(tmp_path / "other", removal, {1: 100})


def test_hotfixes_on_hotfixes_are_all_looked_at(tmp_path: Path) -> None:
    _, first = publish_hotfix(tmp_path, {1: 100, 2: 200}, {1: 120, 2: 200})
    store = store_at(tmp_path)
    provenance = {"base": Base(first, ("TextTable",)).as_json()}
    bundles = game(tmp_path, "second", {1: 120, 2: 250})
    second = release(store, bundles, parts=Parts(provenance=provenance)).entry.release
    assert [one.release for one in undone(tmp_path, second, {1: 100, 2: 200})] == [second, first]
    assert [one.release for one in undone(tmp_path, second, {1: 100, 2: 250})] == [first]


def test_a_full_build_has_no_base_and_odd_provenance_is_none(tmp_path: Path) -> None:
    store = store_at(tmp_path)
    for price, provenance in enumerate(({}, {"base": None}, {"base": []}, {"base": "live"}, {"base": {"release": 7}})):
        bundles = game(tmp_path, f"build{price}", {1: price})
        entry = release(store, bundles, parts=Parts(provenance=provenance)).entry
        base = base_of(read_release(store, entry.release))
        assert base is None or base == Base("7", ())
        assert not undone_hotfixes(store, entry.release, bundles)
