"""Whether what lies in `output/` is what the sheets say: the last build may have failed, or a file changed since.

Only what `.gdata/` knows is told. Remote sheets aren't asked: that would take as long as a build.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import Any

from gdata.config import Config, Spreadsheet
from gdata.errors import ChangedError, DamagedError, GdataError, OutsideError, RefusedError, SourceError
from gdata.files import unseal, write_sealed
from gdata.language import Sentence, say, word_from_json
from gdata.pipeline.kept.state import OUTCOMES, load_build
from gdata.sources.adapters import pull_local, source_of

_SHOWN = 3


def note_failure(config: Config, why: Sentence | str) -> None:
    """Keep why the last build failed; what is known of the one before it stays."""
    known = _read(config).get(config.path.name, {})
    failed = {"failed": why.as_json() if isinstance(why, Sentence) else why, "at": _now()}
    _write(config, {**known, **failed})


def note_built(config: Config, build: str, *, is_plain: bool = True) -> None:
    """Keep that this build lies in `output/` now, and from what; `is_plain`: from the sheets and files as they are."""
    known = _read(config).get(config.path.name, {})
    made_from = (
        {"build": build, "settings": _settings(config), "protos": _protos(config)} if is_plain else {"build": build}
    )
    if {name: known.get(name) for name in ("failed", *made_from)} == {"failed": None, **made_from}:
        return  # Made again, it is as old as it was.
    _write(config, {**made_from, "built": _now()})


def _write(config: Config, outcome: dict[str, Any]) -> None:
    known = _read(config)
    content = json.dumps({**known, config.path.name: outcome}, sort_keys=True).encode()
    write_sealed(config.state / OUTCOMES, OUTCOMES, content)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


_OF_A_BUILD = ("protos", "output", "spreadsheets", "targets", "timezone", "asset_root", "checks", "severity")
_LINE = re.compile(r"\bline=\d+|\blines=\{[^}]*\}")


def _settings(config: Config) -> str:
    """A digest of what sheets.yaml says of a build: neither the gate and channels nor where lines stand."""
    about = {name: getattr(config.asked_at or config, name) for name in _OF_A_BUILD}
    text = _LINE.sub("", repr(about)).replace(str(config.folder), "")
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


def _protos(config: Config) -> dict[str, str]:
    """The hex SHA-256 of each .proto file, by its path in their folder."""
    found = {}
    for path in sorted(config.protos.rglob("*.proto")):
        with suppress(OSError):
            found[path.relative_to(config.protos).as_posix()] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


def built_at(config: Config, build: str) -> datetime | None:
    """When the build in `output/` was made; None where that isn't known."""
    known = _read(config).get(config.path.name, {})
    if known.get("build") != build or "built" not in known:
        return None
    return datetime.fromisoformat(known["built"])


@contextmanager
def noting_failure(config: Config) -> Iterator[None]:
    """Keep that the build inside the block failed, if it raises what stops one."""
    try:
        yield
    except GdataError as error:
        with suppress(GdataError):  # A full disk, say, stopped both.
            note_failure(config, str(error).partition("\n")[0])
        raise


def stale_notes(config: Config, build: str) -> list[str]:
    """Sentences on why `build`, which lies in `output/`, isn't what the sheets say; empty as far as is known."""
    outcomes = _read(config)
    last = outcomes.get(config.path.name, {})
    if "failed" in last:
        why = word_from_json(last["failed"])
        at = datetime.fromisoformat(last["at"]).astimezone()
        return [
            say("the last build failed ({why}) at {time}: this is the one before it", why=why, time=f"{at:%H:%M:%S}")
        ]
    others = [name for name, one in outcomes.items() if name != config.path.name and one.get("build") == build]
    if others and last.get("build", "") != build:
        return [say("it was built by {other_config}, not by {config}", other_config=others[0], config=config.path.name)]
    changed_files = list(_changed_settings(config, last)) if last.get("build") == build else []
    if changed_files:
        return [_changed_since(changed_files)]
    with suppress(DamagedError, OutsideError):
        known = load_build(config.state, build).digests
        changed = [] if known is None else list(_changed_files(config, known))
        if changed:
            return [_changed_since(changed)]
    return []


def _changed_since(changed: list[str]) -> str:
    more = f" (+{len(changed) - _SHOWN})" if len(changed) > _SHOWN else ""
    return say("{files} changed since this was built", files=", ".join(changed[:_SHOWN]) + more)


def _changed_settings(config: Config, last: Mapping[str, Any]) -> Iterator[str]:
    """sheets.yaml, and the .proto files, that aren't what the build was made with."""
    if "settings" in last and last["settings"] != _settings(config):
        yield config.path.name
    if "protos" in last:
        now, before = _protos(config), last["protos"]
        yield from (name for name in sorted({*now, *before}) if now.get(name) != before.get(name))


def check_fresh(config: Config, notes: Sequence[str]) -> None:
    """Refuse a build of which `stale_notes` says that it isn't what the sheets say."""
    if notes:
        raise RefusedError(
            f"{config.output}: {notes[0]}",
            hint=say("run `gdata build` first; or, if this very build is meant, add --stale"),
        )


def _changed_files(config: Config, known: Mapping[str, Mapping[str, str]]) -> Iterator[str]:
    """The local files whose content isn't what the build read."""
    for spreadsheet in config.spreadsheets:
        if spreadsheet.name in known and not source_of(spreadsheet).is_remote:
            yield from _changed(spreadsheet, known[spreadsheet.name])


def _changed(spreadsheet: Spreadsheet, before: Mapping[str, str]) -> Iterator[str]:
    place = spreadsheet.location or spreadsheet.name
    try:
        pulled = pull_local(spreadsheet)
        digests = pulled.digests
    except (SourceError, ChangedError):
        yield place
        return
    files = source_of(pulled).files_of(pulled)
    for name in sorted({*before, *digests} - (files.shared if files is not None else frozenset())):
        if before.get(name) != digests.get(name):
            yield place if files is None else f"{place}/{name}"


def _read(config: Config) -> dict[str, Any]:
    """The outcomes by the name of sheets.yaml: a folder may hold several."""
    try:
        content = unseal((config.state / OUTCOMES).read_bytes(), OUTCOMES)
    except OSError:
        return {}
    outcomes: dict[str, Any] = json.loads(bytes(content)) if content is not None else {}
    return outcomes
