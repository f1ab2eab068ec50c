"""Imports run downward only, and heavy libraries stay where they belong: what each folder may know of the others."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import get_args

import pytest

from gdata.config import SourceKind
from gdata.sources.adapters import SOURCES

PACKAGE = Path(__file__).parent.parent / "gdata"

# What each room may import of gdata, beside itself. The words below are in every room's reach.
WORDS = set("errors problems kinds files longbytes installed config language garbage text proto _core versions".split())
MAY_IMPORT: dict[str, set[str]] = {
    "_core": set(),
    "proto": {"_core"},
    "schema": WORDS,
    "configfile": WORDS,
    "sources": WORDS,
    "parsing": WORDS | {"schema", "sources.grid", "sources.textrows", "sources.cells"},
    "bundles": WORDS | {"schema", "parsing.view"},
    "checks": WORDS | {"metrics", "schema", "parsing", "bundles.lookup", "bundles.fieldpath", "bundles.titles"},
    "diffs": WORDS | {"bundles", "options_pb2", "schema.fieldtypes"},
    "releases": WORDS | {"bundles"},
    "scaffold": WORDS
    | {
        "schema",
        "sources",
        "configfile",
        "parsing",
        "bundles.encode",
        "checks.rules",
        "checks.violations",
    },
    "runtime": {"errors", "text", "files", "language", "proto", "bundles", "releases"},
    "codegen": WORDS | {"schema", "bundles", "runtime"},
    "tables": WORDS | {"project", "events", "schema", "sources", "parsing", "checks"},
    "pipeline": WORDS
    | {"project", "events", "tables"}
    | {"schema", "configfile", "parsing", "bundles", "checks", "diffs", "releases", "scaffold"}
    | {f"sources.{one}" for one in ("adapters", "grid", "snapshot", "source")},
    "cli": WORDS
    | {"project", "events", "tables"}
    | {"schema", "configfile", "sources", "bundles", "diffs", "releases", "runtime", "pipeline", "scaffold", "codegen"},
}
ROOTS = {
    "errors": set(),
    "files": {"errors", "language"},
    "longbytes": {"errors", "files", "language"},
    "installed": {"errors", "language"},
    "problems": {"language"},
    "kinds": {"language", "problems"},
    "config": {"versions"},
    "versions": set(),
    "project": {"config", "configfile", "errors", "language", "schema", "sources", "text"},
    "events": set(),
    "garbage": set(),
    "metrics": set(),
    "text": {"language"},
    "__init__": {"errors", "runtime"},
    "__main__": {"cli", "pipeline.kept.unchanged", "installed", "language"},
}
# Third-party libraries and the only places that may import them; False: only inside functions.
LIBRARIES: dict[str, tuple[tuple[str, ...], bool]] = {
    "gspread": (("sources/google/",), True),
    "google.auth": (("sources/google/",), True),
    "google.oauth2": (("sources/google/",), True),
    "google_auth_oauthlib": (("sources/google/",), False),
    "click": (("cli/",), True),
    "rich": (("cli/", "diffs/"), True),
    "fsspec": (("releases/",), False),
    "cryptography": (("releases/",), False),
    "deepdiff": (("diffs/",), False),
    "protovalidate": (("checks/", "schema/"), False),
    "jinja2": (("diffs/", "cli/", "scaffold/", "codegen/"), False),
}
FILES = sorted(path for path in PACKAGE.rglob("*.py") if not {"testing", "templates"} & set(path.parts))


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def imports_of(path: Path) -> list[tuple[str, bool]]:
    """Every module that a file imports, and whether it does so when it is itself imported."""
    return list(_find_imports(tree_of(path)))


def _find_imports(tree: ast.Module) -> Iterator[tuple[str, bool]]:
    late = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) or _is_type_checking(node)
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, id(node) not in late) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [f"{node.module}.{alias.name}" for alias in node.names] if node.module == "gdata" else [node.module]
            yield from ((name, id(node) not in late) for name in names)


def _is_type_checking(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_run_downward(path: Path) -> None:
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    room = parts[0]
    allowed = ROOTS.get(room, set()) if len(parts) == 1 else MAY_IMPORT[room] | {room}
    if room == "options_pb2":
        return
    for module, _ in imports_of(path):
        if module.startswith("gdata."):
            inner = module.removeprefix("gdata.")
            reachable = any(inner == one or inner.startswith(f"{one}.") for one in allowed)
            assert reachable, f"{path.name} imports {module}; {room} may import {sorted(allowed)}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_libraries_stay_where_they_belong(path: Path) -> None:
    place = path.relative_to(PACKAGE).as_posix()
    for module, at_import in imports_of(path):
        for library, (rooms, at_import_allowed) in LIBRARIES.items():
            if module == library or module.startswith(f"{library}."):
                assert place.startswith(rooms), f"{place} imports {module}, which only {rooms} may"
                assert at_import_allowed or not at_import, f"{place} imports {module} outside of a function"


def test_a_kind_of_source_is_known_in_its_own_room_and_the_list_alone() -> None:
    """So that a new kind is a new room and a line in the list, and no stage goes by what the data came from."""
    kinds = get_args(SourceKind)
    assert set(kinds) == SOURCES.keys()
    for path in FILES:
        place = path.relative_to(PACKAGE).as_posix()
        if place.startswith("sources/") and place != "sources/adapters.py":
            others = [kind for kind in kinds if not place.startswith(f"sources/{kind}/")]
            rooms = {f"gdata.sources.{kind}" for kind in others}
            assert not any(module.startswith(tuple(rooms)) for module, _ in imports_of(path)), place
        if place.startswith(("pipeline/", "tables/")):
            text = path.read_text(encoding="utf-8").lower().replace("google.protobuf", "")
            assert not any(word in text for word in ("google", "csv")), place


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_only_commands_print(path: Path) -> None:
    if "cli" in path.relative_to(PACKAGE).parts:
        return
    calls = [node for node in ast.walk(tree_of(path)) if isinstance(node, ast.Call)]
    assert not any(isinstance(call.func, ast.Name) and call.func.id == "print" for call in calls)
