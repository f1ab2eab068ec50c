"""Whether anything changed since the last build: asked of the file system's own notes on each file, as git asks.

A build that finds nothing new reads and hashes every sheet to say so: 0.39 s for 75 MB of sheets, most of it imports.
What it says depends on files, on the names in a few folders, on the variables that sheets.yaml expands and on the
command line. So a build that went through all of them keeps each file's size, times and inode in
`.gdata/seen-sheets.yaml`, with what it said; while all are as they were, `gdata build` says the same again before
anything heavy is imported (`benchmarks/unchanged.py`). With any doubt it is made: a file whose times are as young as
its reading, a check that does more than compute, a rule that asks the clock, a store that is no folder.
"""

from __future__ import annotations

import json
import os
import sys
import time
from zlib import crc32

TYPE_CHECKING = False  # importing typing for it takes 5 ms
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    Pieces = list[list[str]]
    """What a build said: where (`out`, `err`) and what; `seconds` and `timings` are filled in when it is said."""

FORMAT = 1
_CONFIG_NAME = "sheets.yaml"
_WORDS = ("GDATA_", "LANG", "LC_", "COLUMNS", "LINES", "TERM", "COLORTERM", "NO_COLOR", "FORCE_COLOR", "TTY_", "PYTHON")
"""Beginnings of the variables that the words, their language and their colours depend on."""
VERIFY = "--verify"
_MORE = ("--output", "-o", "--open", "--debug", "-v", "--snapshot", "--base")
_MORE_VARIABLES = ("_VERIFY", "_OUTPUT", "_OPEN", "_DEBUG", "_CONFIG")


def ask(arguments: Sequence[str], environ: Mapping[str, str]) -> Pieces | None:
    """What the build with these arguments would say and change nothing; None: it has to be made to know.

    With --verify every file is read and compared by its hash, where the last such build noted them. In CI the build is
    made.
    """
    started = time.perf_counter()
    if not can_be_told(arguments, environ):
        return None
    try:
        config = _find_config(arguments)
        seen = None if config is None else load(note_of(config))
        if config is None or seen is None or seen["config"] != config:
            return None
        answer: Pieces | None = seen["answers"].get(situation(arguments, environ))
        is_read = VERIFY in arguments
        if answer is None or not _is_as_seen(seen, environ, is_read=is_read) or not _is_free(config):
            return None
        return [_timed(where, text, time.perf_counter() - started) for where, text in answer]
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return None


def can_be_told(arguments: Sequence[str], environ: Mapping[str, str]) -> bool:
    """Whether all that is asked for is to be told something; and not in CI, where everybody relies on it."""
    wanted = {argument.partition("=")[0] for argument in arguments}
    variables = (name for name in environ if name.startswith("GDATA_"))
    is_ci = environ.get("CI", "").lower() not in ("", "0", "false")
    return not is_ci and wanted.isdisjoint(_MORE) and not any(name.endswith(_MORE_VARIABLES) for name in variables)


def say_again(pieces: Pieces) -> None:
    """Write what a build said."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    try:
        for where, text in pieces:
            stream = sys.stdout if where == "out" else sys.stderr
            if stream is not None:
                stream.write(text)
                stream.flush()
    except BrokenPipeError:  # `gdata build | head` has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _find_config(arguments: Sequence[str]) -> str | None:
    for position, argument in enumerate(arguments):
        if argument.startswith("--config"):
            given = argument.partition("=")[2] or arguments[position + 1]
            return os.path.join(os.getcwd(), given)
    folder = os.getcwd()
    while True:
        path = os.path.join(folder, _CONFIG_NAME)
        if os.path.isfile(path):
            return path
        folder, below = os.path.dirname(folder), folder
        if folder == below:
            return None


def note_of(config: str) -> str:
    """Where the note of a sheets.yaml lies."""
    return os.path.join(os.path.dirname(config), ".gdata", f"seen-{os.path.basename(config)}")


def load(path: str) -> dict[str, Any] | None:
    """The note that lies there; None: there is none, it isn't whole, or another version's."""
    if not os.path.isfile(path):
        return None
    with open(path, "rb") as file:
        line, _, content = file.read().partition(b"\n")
    seen: dict[str, Any] = json.loads(content) if line == seal(content) else {}
    return seen if seen.get("format") == FORMAT else None


def seal(content: bytes) -> bytes:
    """The line above a note: half of one, or a bit of it changed, has another."""
    return b"%08x" % crc32(content)


def situation(arguments: Sequence[str], environ: Mapping[str, str]) -> str:
    """Under what a build's words are kept: what was asked, and who reads it where."""
    arguments = [one for one in arguments if one != VERIFY]  # It says the same.
    shown = {name: value for name, value in environ.items() if name.startswith(_WORDS)}
    terminals = [_size_of(stream) for stream in (sys.stdout, sys.stderr)]
    return json.dumps([arguments, sorted(shown.items()), terminals, os.getcwd()])


def _size_of(stream: Any) -> list[int] | None:
    return list(os.get_terminal_size(stream.fileno())) if stream is not None and stream.isatty() else None


def _is_as_seen(seen: Mapping[str, Any], environ: Mapping[str, str], *, is_read: bool) -> bool:
    """Whether everything is as the note says; the first thing that isn't ends it."""
    hashes: Mapping[str, str | None] = seen["hashes"] if is_read else {}
    return (
        seen["python"] == sys.version
        and all(digest(environ.get(name)) == one for name, one in seen["variables"].items())
        and all(names_in(folder) == names for folder, names in seen["folders"].items())
        and all(stamp_of(path) == stamp for path, stamp in seen["files"].items() if path not in hashes)
        and all(hash_of(path) == one for path, one in hashes.items())
    )


def stamp_of(path: str) -> list[int] | None:
    """Size, mtime_ns, ctime_ns and inode; None: there is no such file."""
    try:
        status = os.stat(path)
    except FileNotFoundError:
        return None
    return [status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino]


def hash_of(path: str) -> str | None:
    """The hash of a file's content; None: there is no such file."""
    from hashlib import file_digest

    if not os.path.isfile(path):
        return None
    with open(path, "rb") as file:
        return file_digest(file, "sha256").hexdigest()


def names_in(folder: str) -> list[str] | None:
    """The names in a folder; None: there is no such folder."""
    try:
        return sorted(os.listdir(folder))
    except FileNotFoundError:
        return None


def digest(value: str | None) -> str | None:
    """A variable's value may be a key: it is kept as a digest alone."""
    if value is None:
        return None
    from hashlib import sha256

    return sha256(value.encode("utf-8", "surrogateescape")).hexdigest()


def _is_free(config: str) -> bool:
    """Whether no other gdata works on the project: what it is about to write nobody knows."""
    try:
        import fcntl
    except ImportError:  # Windows: the one who writes replaces files under other names, which is seen
        return True
    with open(os.path.join(os.path.dirname(config), ".gdata", "lock"), "a+b") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True


def _timed(where: str, text: str, seconds: float) -> list[str]:
    if where == "seconds":
        return [text, f"{seconds:.1f}"]
    if where == "timings":
        timings = {**dict.fromkeys(json.loads(text), 0.0), "total": round(seconds, 4)}
        return ["out", json.dumps(timings, indent=1).replace("\n", "\n ")]
    return [where, text]
