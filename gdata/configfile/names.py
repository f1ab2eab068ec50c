"""Names and places that sheets.yaml gives: safe as file names on every system, paths that are there."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlsplit

from gdata.configfile.document import Value, shown
from gdata.errors import ConfigError
from gdata.files import as_on_disk
from gdata.language import say
from gdata.text import did_you_mean
from gdata.versions import Version, nearest_version

_RESERVED = {"con", "prn", "aux", "nul", *(f"{port}{digit}" for port in ("com", "lpt") for digit in "123456789")}
_FORBIDDEN = frozenset('/\\:*?"<>|')
_GLOB = frozenset("*?")
_MAX_NAME_BYTES = 100
_LONGEST_PART = 255  # bytes, of what most file systems take for a name
_STORE_SCHEMES = ("s3", "gs")
# What these mean depends on the machine that reads them.
_MACHINE_ZONES = ("localtime", "posixrules")


def what_is_wrong_with(name: str) -> str:
    """Why `name` can't be a file's name on every system; "" if it can."""
    bad = next((one for one in name if one in _FORBIDDEN or not one.isprintable()), "")
    if bad:
        return say("holds {shown}", shown=shown(bad))
    if name.startswith((".", "-")) or name != name.strip() or name.endswith("."):
        return say("begins or ends with a dot, a dash or a blank")
    if name.split(".")[0].lower() in _RESERVED:
        return say("is reserved by Windows")
    if len(name.encode()) > _MAX_NAME_BYTES:
        return say("is longer than {most} bytes", most=_MAX_NAME_BYTES)
    return "" if name else say("is empty")


def check_name(name: str, value: Value) -> str:
    """`name`, if it can name a file or folder on every system; a mistake of `value` if it can't."""
    wrong = what_is_wrong_with(name)
    if wrong:
        raise value.error(
            say("the name {shown} {wrong}", shown=shown(name), wrong=wrong),
            say("use letters, digits, `_`, `-` and `.`"),
        )
    return name


def check_pattern(pattern: str, value: Value) -> str:
    """`pattern`, if it is a name or a glob of names."""
    check_name("".join("x" if one in _GLOB else one for one in pattern), value)
    return pattern


def check_unique(named: Iterable[tuple[str, Value]]) -> None:
    """Keep a mistake for every name that differs from an earlier one in upper and lower case alone."""
    seen: dict[str, str] = {}
    for name, value in named:
        first = seen.setdefault(name.casefold(), name)
        if first != name:
            value.keep(
                value.error(
                    say("differs from {shown} in upper and lower case alone", shown=shown(first)),
                    say("rename one of them"),
                )
            )


def read_path(value: Value) -> Path:
    """A path, absolute; a relative one starts at the folder of sheets.yaml."""
    text = value.text()
    if "://" in text:
        raise value.error(
            say("{shown} is a URL, not a path", shown=shown(value.written)),
            say("write a file or folder on this computer"),
        )
    path = value.document.folder / text
    if any(len(part.encode()) > _LONGEST_PART for part in path.parts):
        raise value.error(
            say("{shown} is too long for a path", shown=shown(value.written)),
            say("write a file or folder on this computer"),
        )
    return as_on_disk(path.resolve() if ".." in path.parts else path)


def read_optional_path(value: Value) -> Path | None:
    """A path, or None where a `${NAME:-}` came out empty."""
    return read_path(value) if value.expanded().strip() else None


def read_folder(value: Value) -> Path:
    """The path of a folder that is there."""
    path = read_path(value)
    if not path.is_dir():
        raise missing(value, path, "folder")
    return path


def missing(value: Value, path: Path, what: str) -> ConfigError:
    """The error that there is no `what` at `path`, with the nearest name that is there."""
    folder = path.parent
    try:
        names = [one.name for one in folder.iterdir()]
    except OSError:
        return value.error(
            say("there is no {kind} {path}", kind=what, path=path),
            say("the folder {folder} isn't there either", folder=folder),
        )
    return value.error(
        say("there is no {kind} {path}", kind=what, path=path),
        say("{did_you_mean}make it, or mend this line", did_you_mean=did_you_mean(path.name, names)),
    )


def read_releases(value: Value) -> str:
    """The store: an absolute path, or s3://… or gs://… with a bucket."""
    text = value.text()
    if "://" not in text:
        return str(read_path(value))
    parts = urlsplit(text)
    if parts.scheme not in _STORE_SCHEMES or not parts.netloc:
        # The URL may hold a password from the environment, so it is shown as it is written.
        raise value.error(
            say("{shown} can't hold releases", shown=shown(value.written)),
            say("write a folder, s3://BUCKET/… or gs://BUCKET/…"),
        )
    return text.rstrip("/")


def read_endpoint(value: Value) -> str:
    """A http(s) URL, or "" where a `${NAME:-}` came out empty."""
    if not value.expanded().strip():
        return ""
    text = value.text()
    try:
        parts = urlsplit(text)
        good = parts.scheme in ("http", "https") and parts.hostname and (parts.port or True)
    except ValueError:
        good = False
    if not good or parts.query or parts.fragment:
        raise value.error(
            say("{shown} isn't an endpoint", shown=shown(value.written)), say("write it like http://127.0.0.1:9000")
        )
    return text.rstrip("/")


def read_timezone(value: Value) -> str:
    """The name of a time zone in the IANA database."""
    from zoneinfo import ZoneInfo, available_timezones

    name = value.text()
    try:
        if name in _MACHINE_ZONES:
            raise ValueError(name)
        ZoneInfo(name)
    except (ValueError, OSError, KeyError) as error:
        hint = say(
            "{did_you_mean}write it like Asia/Seoul, or UTC", did_you_mean=did_you_mean(name, available_timezones())
        )
        raise value.error(say("there is no time zone {shown}", shown=shown(name)), hint) from error
    return name


def read_words(value: Value) -> tuple[str, ...]:
    """A list of names, each once."""
    return tuple(dict.fromkeys(item.word() for item in value.items()))


def read_version(value: Value) -> Version:
    """A version of the game, in quotes: for YAML 1.10 is the number 1.1."""
    if value.type in ("int", "float", "timestamp"):
        meant = nearest_version(value.written)
        raise value.error(
            say("{text} is read as a number, and 1.10 as 1.1", text=value.written),
            say('put it in quotes: "{meant}"', meant=meant or "1.4"),
        )
    text = value.text().strip()
    version = Version.read(text)
    if version is None:
        meant = nearest_version(text)
        raise value.error(
            say("{text} isn't a version of the game", text=shown(value.written)),
            say('write it as numbers with dots: "{meant}"', meant=meant or "1.4"),
        )
    return version


def read_table_name(value: Value) -> str:
    """The full name of a protobuf message: game.ItemTable."""
    name = value.text()
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*", name):
        raise value.error(
            say("{shown} isn't the name of a message", shown=shown(name)), say("write it like game.ItemTable")
        )
    return name
