"""A YAML file that is being read: its nodes, and the mistakes found in it, each with its line.

Nothing is constructed from tags: the file is composed into nodes, and whoever reads a value says what it must be.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from gdata.errors import ConfigError, OutsideError
from gdata.files import reason_of
from gdata.language import say, sentence

MAX_BYTES = 1 << 20
MAX_DEPTH = 30
"""libyaml's composer recurses in C and crashes the process on a deep enough file; ours needs seven levels."""
MAX_ALIASES = 100
MAX_EVENTS = 200_000

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _MistakeInLine(ConfigError):
    """A mistake that knows its line, so that several can be told in the order of the file."""

    def __init__(self, line: int, message: str, hint: str) -> None:
        super().__init__(message, hint=hint)
        self.line = line


SHOWN_MISTAKES = 100
"""Mistakes of one file that are told: somebody pasted another file, or a program wrote it."""


@dataclass
class Document:
    """A YAML file that is being read: its name, the environment for `${NAME}`, and the mistakes found so far."""

    path: Path
    environ: Mapping[str, str]
    errors: list[ConfigError] = field(default_factory=list)
    text: str | None = None
    """What would stand in the file, where nothing is to be read."""

    @property
    def folder(self) -> Path:
        """Where relative paths start."""
        return self.path.parent

    def error(self, line: int, wrong: str, hint: str = "") -> ConfigError:
        """The error that says `wrong` of a line of this file."""
        return _MistakeInLine(line, f"{self.path.name}:{line}: {wrong}", hint)

    def raise_errors(self) -> None:
        """Raise the mistakes found, all of them in one ConfigError, in the order of the file."""
        found = sorted(self.errors, key=lambda error: error.line if isinstance(error, _MistakeInLine) else 0)
        if len(found) == 1:
            raise ConfigError(str(found[0]), hint=found[0].hint)
        if found:
            lines = [f"{error}\n    {error.hint}" if error.hint else str(error) for error in found[:SHOWN_MISTAKES]]
            more = (
                [say("and {count} more mistakes", count=f"{len(found) - SHOWN_MISTAKES:,}")]
                if len(found) > SHOWN_MISTAKES
                else []
            )
            raise ConfigError("\n".join([*lines, *more]))

    def compose(self) -> yaml.Node:
        """The file's one value.

        Raises:
            ConfigError: it isn't YAML, isn't UTF-8, is empty, or nested or repeated beyond reason.
            OutsideError: the file can't be read.
        """
        text = self._text() if self.text is None else self.text
        try:
            self._check_bounds(text)
            node = yaml.compose(text, Loader=_LOADER)
        except yaml.MarkedYAMLError as error:
            raise self._syntax_error(text, error) from error
        except yaml.reader.ReaderError as error:
            line = text.count("\n", 0, error.position) + 1
            raise self.error(line, say("a control character that YAML doesn't allow"), say("delete it")) from error
        if node is None:
            raise self.error(
                1, say("the file is empty"), say("run `gdata init` in an empty folder to see how it starts")
            )
        return node

    def _text(self) -> str:
        try:
            with self.path.open("rb") as file:
                content = file.read(MAX_BYTES + 1)
        except FileNotFoundError as error:
            raise self.error(
                1, say("there is no file {path}", path=self.path), say("mend --config, or leave it out")
            ) from error
        except OSError as error:
            raise OutsideError(
                sentence("{path}: can't be read: {why}", path=self.path, why=reason_of(error))
            ) from error
        if len(content) > MAX_BYTES:
            raise self.error(
                1,
                say("larger than {most} bytes", most=format(MAX_BYTES, ",")),
                say("is this the right file?"),
            )
        try:
            return content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = content.count(b"\n", 0, error.start) + 1
            raise self.error(
                line,
                say("the byte 0x{content} isn't UTF-8", content=format(content[error.start], "02x")),
                say("save the file as UTF-8"),
            ) from error

    def _check_bounds(self, text: str) -> None:
        depth = aliases = 0
        for count, event in enumerate(yaml.parse(text, Loader=_LOADER)):
            if isinstance(event, yaml.CollectionStartEvent):
                depth += 1
            elif isinstance(event, yaml.CollectionEndEvent):
                depth -= 1
            elif isinstance(event, yaml.AliasEvent):
                aliases += 1
            if depth > MAX_DEPTH or aliases > MAX_ALIASES or count > MAX_EVENTS:
                what = say("nested too deep") if depth > MAX_DEPTH else say("too many values or aliases")
                line = event.start_mark.line + 1 if event.start_mark is not None else 1
                raise self.error(line, what, say("is this the right file?"))

    def _syntax_error(self, text: str, error: yaml.MarkedYAMLError) -> ConfigError:
        mark = error.problem_mark or error.context_mark
        lines = text.splitlines()
        line = min(mark.line, max(len(lines) - 1, 0)) if mark is not None else 0
        if "nesting depth" in (error.problem or ""):  # libyaml's own bound, of newer ones
            return self.error(line + 1, say("nested too deep"), say("is this the right file?"))
        hint = say("quote texts that hold `: `, ` #`, or begin with one of *&!%@`{{[|>")
        if line < len(lines) and "\t" in lines[line][: len(lines[line]) - len(lines[line].lstrip())]:
            hint = say("indent with blanks; YAML doesn't allow tabs there")
        return self.error(line + 1, say("not YAML: {problem}", problem=error.problem or error.context), hint)
