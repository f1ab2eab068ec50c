"""What a build went by, kept so that the next one can tell that nothing changed (`gdata.pipeline.kept.unchanged`)."""

from __future__ import annotations

import ast
import json
import os
import re
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gdata.bundles.manifest import sha256
from gdata.config import Config
from gdata.errors import OutputError
from gdata.files import write_atomically
from gdata.longbytes import TICK, may_change_until
from gdata.pipeline.build import Built
from gdata.pipeline.kept.state import UNFED, files_of_build
from gdata.pipeline.kept.unchanged import (
    FORMAT,
    VERIFY,
    digest,
    hash_of,
    load,
    names_in,
    note_of,
    seal,
    situation,
    stamp_of,
)
from gdata.project import Project
from gdata.sources.adapters import source_of

if TYPE_CHECKING:
    from gdata.diffs.model import Side
    from gdata.pipeline.kept.unchanged import Pieces

_MOST_ANSWERS, _LONGEST_ANSWER = 8, 1 << 20
_LIBRARIES = (
    "click",
    "deepdiff",
    "google.protobuf",
    "grpc_tools",
    "protovalidate",
    "python_calamine",
    "rich",
    "tzdata",
    "yaml",
)
_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)")
_PURE = frozenset(
    "__future__ bisect collections dataclasses decimal enum fractions functools itertools json math operator re "
    "statistics string typing unicodedata".split()
)
"""What a check may import and still say the same of the same data."""
_PURE_PARTS = frozenset(["gdata.checks", "gdata.metrics"])
"""The same of gdata, which reads bundles and stores too."""
_IMPURE = frozenset("__import__ breakpoint compile eval exec globals input open vars".split())


def note_seen(
    project: Project,
    built: Built,
    released: Side | None,
    said: Pieces,
    *,
    started: int,
    arguments: Sequence[str],
    environ: Mapping[str, str],
) -> None:
    """Keep what this build went by and what it said; nothing, where files alone can't tell whether it holds.

    `released` is what it was compared with, if it was. `started` is when nothing was read yet, in nanoseconds.
    """
    path = note_of(str(project.config.path))
    if not _can_be_told(project, built, arguments) or sum(len(text) for _, text in said) > _LONGEST_ANSWER:
        return
    with suppress(OSError, OutputError):  # the next build is made, that is all
        seen = _seen(project, built, released, started)
        if seen is None:
            return
        known: dict[str, Any] = {}
        with suppress(OSError, ValueError, AttributeError):
            known = load(path) or {}
        answers, hashes = known.pop("answers", {}), known.pop("hashes", None)
        if known != seen:
            answers, hashes = {}, None
        answers = {**answers, situation(arguments, environ): said}
        if VERIFY in arguments:  # Others needn't wait for it: they read nothing next time.
            own = {str(path) for path in _own_files()}
            hashes = {path: hash_of(path) for path in seen["files"] if path not in own}
            if any(stamp_of(path) != seen["files"][path] for path in hashes):
                return  # Somebody wrote one since the build read it: what was hashed isn't what was built.
        content = json.dumps(
            {**seen, "hashes": hashes, "answers": dict(list(answers.items())[-_MOST_ANSWERS:])}
        ).encode()
        write_atomically(Path(path), seal(content) + b"\n" + content)


def _can_be_told(project: Project, built: Built, arguments: Sequence[str]) -> bool:
    config, checked = project.config, built.checked
    is_here = all(not source_of(one).is_remote for one in config.spreadsheets) or "--offline" in arguments
    files = (way[-1].path for plan in project.plans.values() for way in plan.row.marked)
    return (
        checked.ok
        and is_here
        and "://" not in config.releases
        and not checked.parsed.asks_for_now
        and not (config.asset_root is not None and any(files))
        and all(map(_only_computes, (*config.checks, *config.metrics)))
    )


def _only_computes(file: Path) -> bool:
    """Whether Python code says the same of the same data: it asks neither clock nor disk nor network."""
    for node in ast.walk(ast.parse(file.read_bytes())):
        if isinstance(node, ast.Import) and not {one.name.partition(".")[0] for one in node.names} <= _PURE:
            return False
        if isinstance(node, ast.ImportFrom) and (node.level or not _is_pure(str(node.module))):
            return False
        if isinstance(node, ast.Name) and node.id in _IMPURE:
            return False
    return True


def _is_pure(module: str) -> bool:
    return module in _PURE_PARTS or module.partition(".")[0] in _PURE


def _seen(project: Project, built: Built, released: Side | None, started: int) -> dict[str, Any] | None:
    """The state of all that the build went by; None where a file is as young as its reading, as git has it."""
    config = project.config
    outputs = [config.output, *(config.output / name for name in built.manifests)]
    protos = [Path(folder) for folder, _, _ in os.walk(config.protos)]
    sheets = [one.path for one in config.spreadsheets if one.path is not None and one.path.is_dir()]
    looked_into = [*protos, *sheets]
    if released is not None:
        from gdata.releases.stores.store import CHANNELS

        looked_into.append(Path(config.releases) / CHANNELS / config.default_channel)
    folders = [*outputs, *looked_into]
    read = [
        config.path,
        *config.checks,
        *config.metrics,
        *(path for folder in protos for path in folder.glob("*.proto")),
        *(config.protos / name for name in project.protos),
        *(path for one in config.spreadsheets for path in source_of(one).paths_of(one)),
        *_store_files(config, released),
        *_own_files(),
    ]
    written = [
        *(path for folder in outputs for path in folder.iterdir()),
        *files_of_build(config.state, built.build or ""),
    ]
    # A file that came or went since says nothing of it by itself.
    if _youngest({str(folder): stamp_of(str(folder)) for folder in looked_into}, looked_into) >= started:
        return None
    stamps = {str(path): stamp_of(str(path)) for path in (*read, *written)}
    is_told_once = _youngest(stamps, [config.state / UNFED]) >= started
    if is_told_once or _youngest(stamps, read) >= started or not _settles(_youngest(stamps, written)):
        return None
    names = set(_VARIABLE.findall(config.path.read_text("utf-8", "replace")))
    return {
        "format": FORMAT,
        "config": str(config.path),
        "python": sys.version,
        "variables": {name: digest(os.environ.get(name)) for name in sorted(names)},
        "folders": {str(folder): names_in(str(folder)) for folder in folders},
        "files": stamps,
    }


def _youngest(stamps: Mapping[str, list[int] | None], paths: Iterable[Path]) -> int:
    """Up to when the last of these files may have been written under the time that it has."""
    known = [stamp for path in paths if (stamp := stamps[str(path)]) is not None]
    return max((may_change_until(one) for stamp in known for one in stamp[1:3]), default=0)


def _settles(until: int) -> bool:
    """Wait until what was written a moment ago can't be written again unseen; not as long as a person would notice."""
    rest = until - time.time_ns()
    if 0 < rest <= TICK:
        time.sleep(rest / 1e9)
    return rest <= TICK


def _own_files() -> Iterator[Path]:
    """Files of gdata and its libraries that another version has in another state."""
    package = Path(__file__).parents[2]
    for folder, _, names in os.walk(package):
        yield from (Path(folder, name) for name in names if name.endswith((".py", ".po", ".proto", ".so", ".pyd")))
    for name in _LIBRARIES:
        found = find_spec(name)
        if found is not None and found.origin is not None:
            yield Path(found.origin)


def _store_files(config: Config, released: Side | None) -> Iterator[Path]:
    """The files of the store that the comparison read, or would have read if anything differed."""
    store = Path(config.releases)
    if released is None or released.release is None:
        return
    from gdata.releases.stores.store import CHANNELS, IDENTITY, blob_name, release_name

    record = store / release_name(released.release)
    entries = store / CHANNELS / config.default_channel
    blobs = [sha256(bundle.manifest_bytes) for bundle in released.bundles.values()]
    blobs += [entry.sha256 for bundle in released.bundles.values() for entry in bundle.manifest.files]
    blobs += filter(None, [json.loads(record.read_bytes())["protos"]])
    yield from (store / IDENTITY, record, entries / max(names_in(str(entries)) or [""]))
    yield from (store / blob_name(digest) for digest in dict.fromkeys(blobs))
