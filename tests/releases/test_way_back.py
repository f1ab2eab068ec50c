"""Every damage of a store × every command: the way back is open, what is wrong is named, and repair brings it back."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from gdata.bundles.manifest import sha256
from gdata.bundles.reader import Bundle
from gdata.cli.main import run
from gdata.releases.blobs import pieces_of
from gdata.releases.keeping.verify import verify_store
from gdata.releases.log import newest_entry, read_log
from gdata.releases.reader import bundles_of, read_release
from gdata.releases.records import Entry, Release
from gdata.releases.stores.folder import FolderStore
from gdata.releases.stores.store import blob_name, entry_name, release_name

PROTO = """
    syntax = "proto3";
    package game;
    import "gdata/options.proto";
    message Item { int32 id = 1 [(gdata.field).key = true]; string name = 2; int32 price = 3; }
    message ItemTable { repeated Item rows = 1; }
    message Text { string key = 1 [(gdata.field).key = true]; string ko = 2; }
    message TextTable { repeated Text rows = 1; }
"""
CONFIG = """
    version: 1
    default_channel: live
    channels: {live: {}, staging: {}}
    gate: {rules: [{name: no-jumps, tables: [ItemTable], max_change: 500%}]}
    spreadsheets:
      items: {path: sheets, sheets: {Item: game.ItemTable, Text: game.TextTable}}
"""
# More than is kept in one piece, whatever a zip archive makes of it.
TEXTS = "key,ko\n" + "".join(f"text.{number},{sha256(b'%d' % number)}\n" for number in range(3000))


def gdata(*arguments: str) -> int:
    return run(list(arguments))


def write_sheets(price: int) -> None:
    Path("sheets").mkdir(exist_ok=True)
    Path("sheets/Item.csv").write_text(f"id,name,price\n1,sword,{price}\n2,potion,5\n", encoding="utf-8")
    Path("sheets/Text.csv").write_text(f"{TEXTS}version,{price}\n", encoding="utf-8")


def build_and_publish(price: int, channel: str) -> None:
    write_sheets(price)
    assert gdata("build", "-q") == 0
    assert gdata("publish", "-q", "--yes", "--channel", channel) == 0


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Three releases on live (100, 200, 300), one on staging (400), and a build (500) that isn't published yet."""
    project = tmp_path_factory.mktemp("way-back") / "game"
    (project / "protos").mkdir(parents=True)
    (project / "protos/game.proto").write_text(dedent(PROTO))
    (project / "sheets.yaml").write_text(dedent(CONFIG))
    here = Path.cwd()
    os.chdir(project)
    for price, channel in ((100, "live"), (200, "live"), (300, "live"), (400, "staging")):
        build_and_publish(price, channel)
    write_sheets(500)
    assert gdata("build", "-q") == 0
    shutil.copytree("releases", "../backup")
    os.chdir(here)
    yield project


@pytest.fixture
def game(released: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    copy = tmp_path / "game"
    shutil.copytree(released, copy)
    shutil.copytree(released.parent / "backup", tmp_path / "backup")
    monkeypatch.chdir(copy)
    monkeypatch.setenv("GDATA_AUTHOR", "ari")
    return copy


class Live:
    """Where the parts of the live release lie."""

    def __init__(self, folder: Path) -> None:
        self.store = FolderStore(folder)
        log = read_log(self.store, "live")
        self.entries: tuple[Entry, ...] = log.entries
        self.release: Release = read_release(self.store, self.entries[-1].release)
        self.bundle: Bundle = bundles_of(self.store, "live").bundles["server"]

    def table(self, name: str) -> str:
        return blob_name(self.bundle.manifest.tables[name].parts[0].sha256)

    @property
    def pieces(self) -> list[str]:
        """The pieces of the snapshot that no release before has."""
        assert self.release.snapshot is not None
        mine = set(pieces_of(self.store.get_blob(self.release.snapshot), "") or ())
        before = read_release(self.store, self.entries[-2].release).snapshot
        assert before is not None
        return sorted(mine - set(pieces_of(self.store.get_blob(before), "") or ()))


FILES: dict[str, Callable[[Live], str]] = {
    "record": lambda live: release_name(live.release.id),
    "manifest": lambda live: blob_name(live.release.targets["server"].manifest),
    "table": lambda live: live.table("ItemTable"),
    "schema": lambda live: blob_name(live.bundle.manifest.schema.sha256),
    "descriptors": lambda live: blob_name(live.release.protos or ""),
    "snapshot": lambda live: blob_name(live.release.snapshot or ""),
    "piece": lambda live: blob_name(live.pieces[0]),
    "newest entry": lambda live: entry_name("live", live.entries[-1].number),
    "first entry": lambda live: entry_name("live", 1),
}
# What all releases share can't be whole in one of them and damaged in another.
SHARED = {"schema", "descriptors"}
UNSEEN_BY_SERVERS = {"descriptors", "snapshot", "piece", "first entry"}


def lose(path: Path) -> None:
    path.unlink()


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 4
    path.write_bytes(content)


def cut_off(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-7])


DAMAGES = [
    (what, how)
    for what in FILES
    for how in (lose, flip, cut_off)
    # A log that ends earlier can't be told from one that never was longer.
    if (what, how) != ("newest entry", lose)
]


@pytest.fixture(params=DAMAGES, ids=[f"{what}-{how.__name__}" for what, how in DAMAGES])
def damage(request: pytest.FixtureRequest, game: Path) -> tuple[str, str, Callable[[Path], None]]:
    what, how = request.param
    file = FILES[what](Live(game / "releases"))
    how(game / "releases" / file)
    return what, file, how


def price_on(channel: str) -> int:
    """What servers that start now read."""
    import gdata

    return int(gdata.load("releases", channel=channel, target="server").ItemTable[1].price)


def newest() -> Entry:
    found = newest_entry(FolderStore(Path("releases")), "live")
    assert found is not None
    return found


Damage = tuple[str, str, Callable[[Path], None]]


def test_rollback(damage: Damage, capfd: pytest.CaptureFixture[str]) -> None:
    what, file, _ = damage
    first = min(path.stem for path in Path("releases/releases").iterdir())
    if what == "schema":
        # The release before needs it too, as does every other: that is said, and nothing moves.
        assert gdata("rollback", "--yes", "--channel", "live") == 1
        assert file in capfd.readouterr().err
        return
    assert gdata("rollback", "--yes", "--channel", "live") == 0
    assert price_on("live") == 200
    # Cut off and run again it goes no further.
    at = newest()
    assert gdata("rollback", "--yes", "--channel", "live") == 0
    assert newest() == at
    assert gdata("rollback", "--yes", "--channel", "live", first) == 0
    assert price_on("live") == 100


def test_publish(damage: Damage, capfd: pytest.CaptureFixture[str]) -> None:
    what, _, _ = damage
    assert gdata("publish", "--yes", "--channel", "live") == 0
    assert price_on("live") == 500
    store = FolderStore(Path("releases"))
    for bundle in bundles_of(store, "live").bundles.values():
        bundle.verify()
    err = capfd.readouterr().err
    if what in ("record", "manifest", "table"):
        assert "can't be compared" in err
        assert "compared with" in err
    if what == "newest entry":
        assert "goes to the trash" in err


def test_the_gate_holds_where_live_cannot_be_read(damage: Damage, capfd: pytest.CaptureFixture[str]) -> None:
    what, _, _ = damage
    write_sheets(5_000)
    assert gdata("build", "-q") == 0
    before = sorted(Path("releases/channels/live").iterdir())
    code = gdata("publish", "--yes", "--channel", "live")
    if what == "schema":  # without which no release can be read: that is said, and the way is open
        assert code == 0
        assert "the gate of live isn't asked" in capfd.readouterr().err
        return
    assert code == 4
    assert sorted(Path("releases/channels/live").iterdir()) == before
    assert "no-jumps" in capfd.readouterr().err


def test_a_damaged_table_that_only_live_has_is_no_reason_to_stay(game: Path, capfd: pytest.CaptureFixture[str]) -> None:
    config = Path("sheets.yaml").read_text(encoding="utf-8")
    config = config.replace("{rules: [", "{schema: off, rules: [{name: no-removed, deny: removed_rows}, ")
    Path("sheets.yaml").write_text(config.replace(", Text: game.TextTable", ""), encoding="utf-8")
    assert gdata("build", "-q") == 0
    flip(game / "releases" / Live(Path("releases")).table("TextTable"))
    assert gdata("publish", "--yes", "--channel", "live") == 4  # the one before has it too
    err = capfd.readouterr().err
    assert "can't be compared" in err and "compared with" in err and "no-removed" in err
    allowed = ("--allow", "no-removed", "--reason", "texts moved to the client")
    assert gdata("publish", "--yes", "--channel", "live", *allowed) == 0
    Path("sheets.yaml").write_text(config, encoding="utf-8")
    build_and_publish(600, "live")
    flip(game / "releases" / Live(Path("releases")).table("TextTable"))
    assert gdata("rollback", "--yes", "--channel", "live") == 0
    assert price_on("live") == 500


def test_promote(damage: Damage) -> None:
    what, _, _ = damage
    if what == "schema":
        assert gdata("promote", "staging", "live", "--yes") == 1
        return
    assert gdata("promote", "staging", "live", "--yes") == 0
    assert price_on("live") == 400


def test_verify(damage: Damage, capfd: pytest.CaptureFixture[str]) -> None:
    _, file, _ = damage
    assert gdata("verify", "--format", "json") == 1
    told = json.loads(capfd.readouterr().out)
    assert file in {fault["file"] for fault in told["faults"]}


def test_fetch(damage: Damage, capfd: pytest.CaptureFixture[str]) -> None:
    what, file, _ = damage
    code = gdata("fetch", "live", "--target", "server", "--into", "into")
    assert code == (0 if what in UNSEEN_BY_SERVERS else 1)
    assert code == 0 or file in capfd.readouterr().err


def test_releases(damage: Damage, capfd: pytest.CaptureFixture[str]) -> None:
    what, file, _ = damage
    entries = {"newest entry": 2, "first entry": 2}.get(what, 3)
    code = gdata("releases", "--channel", "live", "--format", "json")
    out, err = capfd.readouterr()
    assert len(json.loads(out)["channels"]["live"]) == entries
    is_seen = what in ("record", "newest entry", "first entry")
    assert (code, file in err) == ((1, True) if is_seen else (0, False))


def repaired(*arguments: str, capfd: pytest.CaptureFixture[str]) -> tuple[int, dict[str, Any]]:
    capfd.readouterr()
    code = gdata("repair", "--format", "json", *arguments)
    return code, json.loads(capfd.readouterr().out)


def test_repair_from_a_backup(damage: Damage, capfd: pytest.CaptureFixture[str]) -> None:
    _, file, _ = damage
    code, told = repaired("--from", "../backup", capfd=capfd)
    assert (code, file in {one["file"] for one in told["mended"]}) == (0, True)
    assert verify_store(FolderStore(Path("releases"))).ok
    assert price_on("live") == 300


def test_repair_from_this_machine(damage: Damage, capfd: pytest.CaptureFixture[str]) -> None:
    what, file, how = damage
    # The release's own bundle and the flipped bits of small files; what all builds share lies in output/.
    mends = what in ("manifest", "table", *SHARED) or (
        how is flip and what in ("record", "newest entry", "first entry")
    )
    code, told = repaired(capfd=capfd)
    assert (code, file in {one["file"] for one in told["mended"]}) == ((0, True) if mends else (1, False)), told
    assert mends or file in {fault["file"] for fault in told["faults"]}


def test_a_rollback_to_a_damaged_release_names_another(game: Path, capfd: pytest.CaptureFixture[str]) -> None:
    store = FolderStore(Path("releases"))
    first, second, _ = (entry.release for entry in read_log(store, "live").entries)
    table = bundles_of(store, second).bundles["server"].manifest.tables["ItemTable"].parts[0].sha256
    flip(game / "releases" / blob_name(table))
    at = newest()
    assert gdata("rollback", "--yes", "--channel", "live") == 1
    err = capfd.readouterr().err
    assert blob_name(table) in err
    assert f"gdata rollback {first} --channel live" in err
    assert newest() == at
    assert gdata("rollback", first, "--yes", "--channel", "live") == 0
    assert price_on("live") == 100


def test_publishing_the_same_build_mends_live(game: Path) -> None:
    write_sheets(300)
    assert gdata("build", "-q") == 0
    live = Live(Path("releases"))
    for what in ("manifest", "table", "schema", "descriptors"):
        flip(game / "releases" / FILES[what](live))
        assert gdata("publish", "--yes", "--channel", "live") == 0
        assert verify_store(live.store).ok, what
        assert len(read_log(live.store, "live").entries) == 3


def test_rollback_takes_what_is_expected_and_what_was_wrong(game: Path) -> None:
    store = FolderStore(Path("releases"))
    first, second, third = (read_release(store, entry.release) for entry in read_log(store, "live").entries)
    assert gdata("rollback", "--yes", "--channel", "live", "--expect", first.build[:12]) == 4
    assert gdata("rollback", "--yes", "--channel", "live", "--against", second.id) == 4
    arguments = ("rollback", "--yes", "--channel", "live", "--expect", second.build[:12], "--against", third.id)
    assert gdata(*arguments) == 0
    assert (gdata(*arguments), len(read_log(store, "live").entries)) == (0, 4)
    assert gdata("rollback", "--yes", "--channel", "live", "--expect", first.build[:12]) == 4
