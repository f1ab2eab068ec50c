from __future__ import annotations

from pathlib import Path

from gdata.checks.assets import Assets, check_assets, warn_unchecked
from gdata.testing.views import build_schema, build_views

SCHEMA = build_schema("""
syntax = "proto3"; package game; import "gdata/options.proto";
message Item {
  string icon = 1 [(gdata.field).path = "icons/{}.png"];
  repeated int32 frames = 2 [(gdata.field).path = "anim/{}.anim"];
}
message ItemTable { repeated Item rows = 1; }
""")


def assets(root: Path) -> Assets:
    for name in ("icons/sword.png", "icons/ui/shield.png", "icons/활.png", "anim/1.anim"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    return Assets(root)


def test_files_that_are_there_are_found_in_their_exact_spelling(tmp_path: Path) -> None:
    rows = [{"icon": "sword"}, {"icon": "ui/shield"}, {"icon": "활"}, {"icon": ""}, {"frames": [1]}]
    assert check_assets(build_views(SCHEMA, {"ItemTable": rows})["ItemTable"], assets(tmp_path)) == []


def test_a_missing_file_is_told_with_the_nearest_name(tmp_path: Path) -> None:
    rows = [{"icon": "Sword"}, {"icon": "ui/sheild"}, {"icon": "bow"}, {"frames": [1, 2]}]
    problems = check_assets(build_views(SCHEMA, {"ItemTable": rows})["ItemTable"], assets(tmp_path))
    assert [(one.cell.a1, one.code, one.value) for one in problems] == [
        ("A2", "path.missing", "Sword"),
        ("A3", "path.missing", "ui/sheild"),
        ("A4", "path.missing", "bow"),
        ("C5", "path.missing", "2"),
    ]
    assert problems[0].hint.startswith("did you mean icons/sword.png?")
    assert problems[1].hint.startswith("did you mean icons/ui/shield.png?")


def test_nothing_outside_the_folder_is_looked_at(tmp_path: Path) -> None:
    (tmp_path / "secret.png").touch()
    rows = [{"icon": "../../secret"}, {"icon": "a\0b"}, {"icon": "c:/x"}]
    problems = check_assets(build_views(SCHEMA, {"ItemTable": rows})["ItemTable"], assets(tmp_path / "assets"))
    assert [one.code for one in problems] == ["path.outside"] * 3


def test_without_the_folder_there_is_one_warning(tmp_path: Path) -> None:
    views = build_views(SCHEMA, {"ItemTable": [{"icon": "x"}]})
    for root in (None, tmp_path / "nowhere"):
        (problem,) = warn_unchecked(views, root)
        assert (problem.code, problem.severity) == ("path.unchecked", "warning")
    assert warn_unchecked({}, None) == []
    no_file = build_views(SCHEMA, {"ItemTable": [{"icon": ""}]})
    assert warn_unchecked(no_file, None) == [], "there is nothing to look for"
