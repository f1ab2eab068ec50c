"""Find sheets.yaml and read it whole into `gdata.config.Config`, naming file and line of every mistake."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Literal, cast

from gdata.config import Config, Gate, GoogleSettings, SeverityRules, SheetEntry, Spreadsheet, Target, TextFormat
from gdata.configfile.document import Document, Fields, Value
from gdata.configfile.gate import read_channels, read_gate, read_severity
from gdata.configfile.names import (
    check_name,
    check_unique,
    missing,
    read_endpoint,
    read_folder,
    read_optional_path,
    read_path,
    read_releases,
    read_timezone,
    read_version,
    read_words,
)
from gdata.configfile.spreadsheets import read_spreadsheets
from gdata.errors import ConfigError, UsageError
from gdata.language import say, sentence
from gdata.text import did_you_mean

CONFIG_NAME = "sheets.yaml"
VERSION = 1
_KEYS = (
    "version", "protos", "output", "releases", "timezone", "asset_root", "google", "spreadsheets", "targets", "checks",
    "metrics", "severity", "gate", "default_channel", "channels",
)  # fmt: skip


def find_config(start: Path) -> Path:
    """The sheets.yaml in `start` or the nearest folder above it, absolute.

    Raises:
        UsageError: there is none.
    """
    start = start.absolute()
    for folder in (start, *start.parents):
        with suppress(OSError):
            if (folder / CONFIG_NAME).is_file():
                return folder / CONFIG_NAME
    hint = say("go to your project's folder, name the file with --config, or run `gdata init` to start a project")
    near = next((name for name in ("sheets.yml", "Sheets.yaml", "sheet.yaml") if (start / name).is_file()), None)
    if near is not None:
        hint = say("rename {near} to {name}, or name it with --config", near=near, name=CONFIG_NAME)
    raise UsageError(
        sentence("{folder}: there is no {name} here or in a folder above", folder=start, name=CONFIG_NAME),
        hint=hint,
    )


def load_config(path: Path, environ: Mapping[str, str], *, is_begun: bool = False, text: str | None = None) -> Config:
    """Read and check sheets.yaml; `environ` fills its `${NAME}`. Paths in the result are absolute.

    `is_begun`: the file may still lack its spreadsheets, and the project its folder of .proto files. `text` is read in
    place of what stands there.

    Raises:
        ConfigError: it is wrong, or names what isn't there. All its mistakes are in the message, each a line
            that starts with `sheets.yaml:LINE:`.
        OutsideError: the file can't be read.
    """
    document = Document(path.absolute(), environ, text=text)
    config = None
    try:
        config = _read_config(document.root(), is_begun=is_begun)
    except ConfigError as error:
        document.errors.append(error)
    document.raise_errors()
    assert config is not None
    return config


def _read_config(root: Value, *, is_begun: bool) -> Config:
    fields = root.fields(_KEYS)
    _check_version(fields)
    spreadsheets: tuple[Spreadsheet, ...] = ()
    if not (is_begun and ("spreadsheets" not in fields or fields.entries["spreadsheets"].is_null)):
        spreadsheets = next(fields.required("spreadsheets", "spreadsheets:").collect(read_spreadsheets), ())
    folder = root.document.folder
    config = Config(
        path=root.document.path,
        protos=fields.get("protos", read_path, folder / "protos") if is_begun else _read_protos(fields),
        output=fields.get("output", read_path, folder / "output"),
        releases=fields.get("releases", read_releases, str(folder / "releases")),
        spreadsheets=spreadsheets,
        targets=fields.get("targets", _read_targets, (Target("server"),)),
        timezone=fields.get("timezone", read_timezone, "UTC"),
        asset_root=fields.get("asset_root", read_optional_path, None),
        google=fields.get("google", _read_google, GoogleSettings()),
        checks=fields.get("checks", lambda value: value.each(_read_check), ()),
        metrics=fields.get("metrics", lambda value: value.each(_read_check), ()),
        severity=fields.get("severity", read_severity, SeverityRules()),
        gate=fields.get("gate", read_gate, Gate()),
        default_channel=fields.get("default_channel", lambda value: check_name(value.word(), value), "live"),
        channels=fields.get("channels", read_channels, ()),
    )
    _check_folders_apart(fields, config)
    if not root.document.errors:
        _check_overlay_tags(root.document, config)
    return _with_softer_headers(config)


def _with_softer_headers(config: Config) -> Config:
    """Where `severity:` lowers header.unknown, the sheets say so: rules over fields without a column then count."""
    rules = config.severity
    lowered = {name for name, codes in rules.tables.items() if codes.get("header.unknown", "error") != "error"}
    if rules.codes.get("header.unknown", "error") == "error" and not lowered:
        return config

    def softer(entry: SheetEntry) -> SheetEntry:
        names = {name.rpartition(".")[2] for name in entry.tables}
        is_meant = rules.codes.get("header.unknown", "error") != "error" or names & lowered
        return replace(entry, unknown_columns="warn") if is_meant and entry.unknown_columns == "error" else entry

    spreadsheets = [replace(one, sheets=tuple(map(softer, one.sheets))) for one in config.spreadsheets]
    return replace(config, spreadsheets=tuple(spreadsheets))


def _check_overlay_tags(document: Document, config: Config) -> None:
    """An overlay for a tag that no target has would change nothing, and nobody would know."""
    known = {tag for target in config.targets for tag in target.tags}
    for entry in config.entries:
        for tag in (tag for tag in entry.tags if tag not in known):
            near = did_you_mean(tag, known)
            hint = say("{near}add it to the `tags` of a target, or mend it here", near=near)
            document.errors.append(
                document.error(
                    entry.line, say("{title}: no target has the tag {tag}", title=entry.title, tag=tag), hint
                )
            )


def _check_version(fields: Fields) -> None:
    """An unknown version is told alone: nothing else of the file can be judged."""
    value = fields.required("version", f"version: {VERSION}")
    version = value.number(1)
    if version > VERSION:
        raise ConfigError(
            sentence(
                "{name}:{line}: version {version} is newer than this gdata",
                name=value.document.path.name,
                line=value.line,
                version=version,
            ),
            hint=sentence("update gdata"),
        )


def _read_protos(fields: Fields) -> Path:
    folder = fields.value.document.folder / "protos"
    if "protos" not in fields and not folder.is_dir():
        value = fields.value
        value.keep(
            value.document.error(
                value.line,
                say("there is no folder {folder}", folder=folder),
                say("make it and put your .proto files there, or add `protos:`"),
            )
        )
    return fields.get("protos", read_folder, folder)


def _read_targets(value: Value) -> tuple[Target, ...]:
    entries = value.entries()
    if not entries:
        raise value.error(
            say("names no target"), say("add one: `server: {{}}`; without `targets` there is a target server")
        )
    check_unique(entries)
    return value.each_entry(_read_target)


def _read_target(name: str, value: Value) -> Target:
    check_name(name, value)
    if value.is_null:
        return Target(name)
    fields = value.fields(("groups", "tags", "format", "compress", "version"))
    format = cast(TextFormat, fields.get("format", lambda one: one.choice(("json", "txtpb")), ""))
    compress = cast(Literal["", "zstd"], fields.get("compress", lambda one: one.choice(("zstd",)), ""))
    groups, tags = fields.get("groups", read_words, ()), fields.get("tags", read_words, ())
    return Target(name, groups, tags, format, compress, fields.get("version", read_version, None))


def _read_google(value: Value) -> GoogleSettings:
    fields = value.fields(("credentials", "oauth_client", "endpoint"))
    return GoogleSettings(
        credentials=fields.get("credentials", _read_credentials, ""),
        oauth_client=fields.get("oauth_client", read_optional_path, None),
        endpoint=fields.get("endpoint", read_endpoint, ""),
    )


_LONGEST_PATH = 1_000


def _read_credentials(value: Value) -> str:
    """JSON as it is, or an absolute path; whether the file is there matters only to who reads Google."""
    text = value.expanded().strip()
    if not text or text.startswith("{"):
        return text
    if len(text) > _LONGEST_PATH:
        raise value.error(
            say("is neither JSON nor the path of a file"), say("give the key's JSON as it is, not base64 of it")
        )
    return str(read_path(value))


def _read_check(value: Value) -> Path:
    path = read_path(value)
    if path.suffix != ".py":
        raise value.error(say("{name} isn't a Python file", name=path.name), say("custom checks are .py files"))
    if not path.is_file():
        raise missing(value, path, "file")
    return path


def _check_folders_apart(fields: Fields, config: Config) -> None:
    """A build replaces what is in `output`, so nothing else may live there."""
    others = {config.folder: say("the project"), config.protos: "protos", Path(config.releases): "releases"}
    if config.output in others:
        line = fields.entries["output"].line if "output" in fields else fields.value.line
        wrong = say(
            "output: {output} is the folder of {others} too", output=config.output, others=others[config.output]
        )
        fields.value.keep(fields.value.document.error(line, wrong, say("give output a folder of its own")))
