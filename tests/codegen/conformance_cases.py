"""One set of bundles that every language's generated loader reads or refuses, made by the real build.

`gdata show` is the judge of what the good ones hold. `damaged` names what each loader must refuse, and the words that
its message must have.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from command_line import run_gdata

from gdata.bundles.manifest import canonical_json, file_entry, sha256
from gdata.bundles.packed import pack
from gdata.bundles.reader import open_bundle
from gdata.cli.planning.rows import open_table
from gdata.proto.wire import field_ends

PROJECT = Path(__file__).parent / "conformance"
RECORDS = ("Constants",)


@dataclass(frozen=True)
class Damage:
    """A folder that must be refused, and what the refusal says."""

    folder: Path
    words: tuple[str, ...]


class Cases:
    """The built project, and what was made of it."""

    def __init__(self, folder: Path) -> None:
        self.project = folder / "project"
        shutil.copytree(PROJECT, self.project)
        run_gdata("build", "-q", cwd=self.project)
        self.good = self.project / "output" / "client"
        self._folder = folder

    @cached_property
    def shown(self) -> Mapping[str, list[dict[str, Any]]]:
        """The rows of every table as `gdata show` gives them."""
        bundle = open_bundle(self.good)
        found = {}
        for name in bundle.manifest.tables:
            table = open_table(bundle, name)  # what the command does, without a process for each table
            found[name] = json.loads(json.dumps([table.as_dict(row) for row in table.rows]))
        assert found["ScalarTable"] == run_gdata("show", "ScalarTable", "--format", "json", cwd=self.project).json
        return found

    @cached_property
    def next(self) -> Path:
        """The bundle after an edit: the item 1001 has another name."""
        project = self._folder / "next"
        shutil.copytree(PROJECT, project)
        sheet = project / "sheets" / "all" / "Item.csv"
        sheet.write_text(sheet.read_text(encoding="utf-8").replace("긴", "더 긴"), encoding="utf-8")
        run_gdata("build", "-q", cwd=project)
        return project / "output" / "client"

    @cached_property
    def parts(self) -> Path:
        """The same bundle with the levels in one file for each row, as huge tables come."""
        folder = self._copy("parts")
        content = open_bundle(self.good).table("LevelTable")
        ends = list(field_ends(content))
        pieces = [content[start:end] for start, end in zip([0, *ends], ends, strict=False)]

        def split(manifest: dict[str, Any]) -> None:
            parts = []
            for piece in pieces:
                entry = file_entry("LevelTable", "binpb", piece)
                (folder / entry.file).write_bytes(piece)
                parts.append({**entry.as_json(), "rows": 1})
            manifest["tables"]["LevelTable"]["parts"] = parts

        _rewrite(folder, split)
        return folder

    @cached_property
    def packed(self) -> Path:
        """The same bundle with its tables packed, as a target with `compress: zstd` has them."""
        folder = self._copy("packed")

        def pack_all(manifest: dict[str, Any]) -> None:
            manifest["features"].append("zstd")
            for name, table in manifest["tables"].items():
                for part in table["parts"]:
                    content = (folder / part["file"]).read_bytes()
                    entry = file_entry(name, "zst", pack(content))
                    (folder / entry.file).write_bytes(pack(content))
                    part.update(entry.as_json(), unpacked=len(content))

        _rewrite(folder, pack_all)
        return folder

    @cached_property
    def damaged(self) -> Mapping[str, Damage]:
        """What each loader must refuse."""
        entry = open_bundle(self.good).manifest.tables["ItemTable"].parts[0].file
        schema = open_bundle(self.good).manifest.schema.file
        return {
            "flipped": Damage(self._flipped("flipped", entry), (entry, "damaged")),
            "cut": Damage(self._cut("cut", entry), (entry, "damaged")),
            "missing": Damage(self._without("missing", entry), (entry, "missing")),
            "schema": Damage(self._flipped("schema", schema), (schema, "damaged")),
            "no-manifest": Damage(self._without("no-manifest", "manifest.json"), ("no-manifest", "manifest")),
            "half-manifest": Damage(self._cut("half-manifest", "manifest.json"), ("manifest.json", "manifest")),
            "flipped-manifest": Damage(self._count("flipped-manifest"), ("manifest.json", "id")),
            "other-target": Damage(self.project / "output" / "other", ("target other", "client")),
            "feature": Damage(self._changed("feature", _with_feature), ("manifest.json", "hologram", "newer")),
            "format": Damage(self._changed("format", _with_format), ("manifest.json", "format 2", "newer")),
            "no-table": Damage(self._changed("no-table", _without_table), ("HeroTable",)),
            "other-key": Damage(self._changed("other-key", _with_other_key), ("LevelTable", "level")),
            "row-count": Damage(self._changed("row-count", _with_more_rows), ("ItemTable", "rows")),
            "climbing": Damage(self._changed("climbing", _with_climbing_name), ("../", "name")),
        }

    def _copy(self, name: str) -> Path:
        return shutil.copytree(self.good, self._folder / name)

    def _flipped(self, name: str, file: str) -> Path:
        folder = self._copy(name)
        content = bytearray((folder / file).read_bytes())
        content[len(content) // 2] ^= 1
        (folder / file).write_bytes(content)
        return folder

    def _cut(self, name: str, file: str) -> Path:
        folder = self._copy(name)
        content = (folder / file).read_bytes()
        (folder / file).write_bytes(content[: len(content) // 2])
        return folder

    def _without(self, name: str, file: str) -> Path:
        folder = self._copy(name)
        (folder / file).unlink()
        return folder

    def _count(self, name: str) -> Path:
        folder = self._copy(name)
        text = (folder / "manifest.json").read_text(encoding="utf-8")
        (folder / "manifest.json").write_text(text.replace('"rows": 4', '"rows": 5'), encoding="utf-8")
        return folder

    def _changed(self, name: str, change: Callable[[dict[str, Any]], None]) -> Path:
        folder = self._copy(name)
        _rewrite(folder, change)
        return folder


def _rewrite(folder: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Change the manifest, and give it the id that its content has then."""
    manifest = json.loads((folder / "manifest.json").read_bytes())
    change(manifest)
    content = {name: value for name, value in manifest.items() if name not in ("bundle", "build")}
    manifest["bundle"] = sha256(canonical_json(content))
    (folder / "manifest.json").write_bytes(json.dumps(manifest, ensure_ascii=False, indent=1).encode())


def _with_feature(manifest: dict[str, Any]) -> None:
    manifest["features"].append("hologram")


def _with_format(manifest: dict[str, Any]) -> None:
    manifest["format"] = 2


def _without_table(manifest: dict[str, Any]) -> None:
    del manifest["tables"]["HeroTable"]


def _with_other_key(manifest: dict[str, Any]) -> None:
    manifest["tables"]["LevelTable"]["key"] = ["hero_id"]


def _with_more_rows(manifest: dict[str, Any]) -> None:
    manifest["tables"]["ItemTable"]["rows"] += 1


def _with_climbing_name(manifest: dict[str, Any]) -> None:
    part = manifest["tables"]["ItemTable"]["parts"][0]
    part["file"] = f"../client/{part['file']}"
