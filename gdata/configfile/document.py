"""A YAML file that is being read: its values, which know their line, and the mistakes found in them.

Nothing is constructed from tags: the file is composed into nodes, and whoever reads a value says what it must be.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import yaml

from gdata.errors import ConfigError, OutsideError
from gdata.files import reason_of
from gdata.language import say, say_counted, sentence
from gdata.text import did_you_mean

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
            if (left := len(found) - SHOWN_MISTAKES) > 0:
                lines.append(say_counted("and {count} more mistake", "and {count} more mistakes", left))
            raise ConfigError("\n".join(lines))

    def root(self) -> Value:
        """The value of the whole file.

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
        return Value(node, self, THE_FILE, line=node.start_mark.line + 1)

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


T = TypeVar("T")
D = TypeVar("D")

_REFERENCE = re.compile(r"\$\$\{|\$\{(?P<inner>[^}]*)\}|\$\{")
_NAMED = re.compile(r"(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?::-(?P<default>.*))?", re.DOTALL)
_TAG = "tag:yaml.org,2002:"
_TYPES = {
    "str": sentence("text"), "int": sentence("a number"), "float": sentence("a number"),
    "bool": sentence("true or false"), "null": sentence("nothing"), "map": sentence("a mapping"),
    "seq": sentence("a list"), "timestamp": sentence("a date"),
}  # fmt: skip
THE_FILE = "the file"
_SHORTEST_SECRET = 4  # what is shorter may be anywhere in a sentence
_PLAIN_TYPES = ("str", "int", "float", "bool", "timestamp")
_FALSE_WORDS = ("off", "no", "false", "n")
_TRUE_WORDS = ("on", "yes", "true", "y")


def shown(text: str) -> str:
    """`text` as messages quote it: no control characters, not endless."""
    printable = "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text[:80])
    return f"`{printable}{'…' if len(text) > 80 else ''}`"


@dataclass(frozen=True)
class Value:
    """One value of the file: `name` is the way to it (`spreadsheets.items.path`), `line` is where it stands."""

    node: yaml.Node
    document: Document
    name: str
    line: int

    def error(self, wrong: str, hint: str = "") -> ConfigError:
        """The error that says `wrong` of this value, with `${NAME}` in place of what it stands for: maybe a secret."""
        return self.document.error(self.line, f"{self.name}: {self._with_names(wrong)}", self._with_names(hint))

    @property
    def type(self) -> str:
        """YAML's own name of the type: str, int, bool, null, map, seq…"""
        return self.node.tag.removeprefix(_TAG)

    @property
    def is_null(self) -> bool:
        """Whether nothing stands there."""
        return self.type == "null"

    @property
    def written(self) -> str:
        """A scalar as it is written in the file, before `${NAME}` is expanded: what messages may show."""
        return str(self.node.value)

    def wrong_type(self, expected: str) -> ConfigError:
        """The error that something else than `expected` stands here."""
        found = str(_TYPES.get(self.type) or say("a value of type {tag}", tag=shown(self.node.tag)))
        if isinstance(self.node, yaml.ScalarNode) and not self.is_null:
            found = f"{found} {shown(self.written)}"
        return self.error(say("expected {expected}, found {found}", expected=expected, found=found))

    def expanded(self) -> str:
        """A text with its `${NAME}` expanded, otherwise as it is; it may be empty."""
        if self.type != "str":
            error = self.wrong_type(say("text"))
            error.hint = say("put it in quotes") if self.type in _PLAIN_TYPES else ""
            raise error
        return self._expand(self.written)

    def text(self) -> str:
        """A text of one line with its `${NAME}` expanded, NFC, not empty."""
        text = self.expanded()
        if not text.strip():
            raise self.error(say("is empty"), say("write a value, or delete the line"))
        if any(unicodedata.category(one) == "Cc" for one in text):
            raise self.error(say("holds a control character"), say("delete it"))
        return unicodedata.normalize("NFC", text)

    def word(self) -> str:
        """A name as it is written, whatever YAML takes it for: `no` is a country here, `1` a tag."""
        if self.type not in _PLAIN_TYPES:
            raise self.wrong_type(say("a name"))
        return self.text() if self.type == "str" else self.written

    def number(self, minimum: int) -> int:
        """A whole number, `minimum` or more."""
        if self.type != "int" or not re.fullmatch(r"[+-]?\d{1,9}", self.written):
            raise self.wrong_type(say("a whole number"))
        number = int(self.written)
        if number < minimum:
            raise self.error(
                say("{number} is too small", number=number), say("write {minimum} or more", minimum=minimum)
            )
        return number

    def flag(self) -> bool:
        """True or false."""
        if self.type != "bool":
            raise self.wrong_type(say("true or false"))
        return self.written.lower() in _TRUE_WORDS

    def choice(self, options: Collection[str]) -> str:
        """One of `options`. YAML reads a bare `off` as false: it is `off` again."""
        text = self.written.lower() if self.type == "bool" else self.text()
        if self.type == "bool" and text in _FALSE_WORDS and "off" in options:
            return "off"
        if text not in options:
            raise self.error(
                say("{shown} isn't known", shown=shown(self.written)),
                say(
                    "{did_you_mean}choose {options}",
                    did_you_mean=did_you_mean(text, options),
                    options=", ".join(options),
                ),
            )
        return text

    @property
    def is_off(self) -> bool:
        """Whether it is `off`, quoted or bare."""
        return (self.type == "bool" and self.written.lower() in _FALSE_WORDS) or self.written == "off"

    def items(self) -> list[Value]:
        """The elements of a list."""
        if not isinstance(self.node, yaml.SequenceNode):
            error = self.wrong_type(say("a list"))
            error.hint = (
                f"write [{self.written}]" if isinstance(self.node, yaml.ScalarNode) and not self.is_null else ""
            )
            raise error
        return [
            Value(node, self.document, f"{self.name}[{number}]", node.start_mark.line + 1)
            for number, node in enumerate(self.node.value, 1)
        ]

    def each(self, read: Callable[[Value], T]) -> tuple[T, ...]:
        """Every element of a list as `read` reads it; mistakes are kept for the end."""
        return tuple(result for item in self.items() for result in item.collect(read))

    def collect(self, read: Callable[[Value], T]) -> Iterator[T]:
        """What `read` makes of this value, or nothing, with the mistake kept for the end."""
        try:
            yield read(self)
        except ConfigError as error:
            self.keep(error)

    def keep(self, error: ConfigError) -> None:
        """Keep a mistake for the end and go on reading."""
        self.document.errors.append(error)

    def entries(self) -> list[tuple[str, Value]]:
        """The keys of a mapping, NFC, as they are written, and their values; a key that comes twice is a mistake."""
        if not isinstance(self.node, yaml.MappingNode):
            raise self.wrong_type(say("a mapping"))
        found: dict[str, Value] = {}
        prefix = "" if self.name == THE_FILE else f"{self.name}."
        for key_node, node in self.node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode) or not key_node.value:
                raise self.document.error(line, say("{name}: a key must be a name", name=self.name))
            key = unicodedata.normalize("NFC", key_node.value)
            value = Value(node, self.document, prefix + shown(key)[1:-1], line)
            if key in found:
                value.keep(
                    value.error(
                        say("stands here twice, first in line {line}", line=found[key].line), say("delete one of them")
                    )
                )
            found.setdefault(key, value)
        return list(found.items())

    def each_entry(self, read: Callable[[str, Value], T]) -> tuple[T, ...]:
        """Every key and value of a mapping as `read` reads them; mistakes are kept for the end."""
        return tuple(result for key, value in self.entries() for result in value.collect(partial(read, key)))

    def fields(self, known: Collection[str]) -> Fields:
        """A mapping with fixed keys; one that isn't `known` is a mistake."""
        entries = dict(self.entries())
        for key, value in entries.items():
            if key == "<<":
                value.keep(value.error(say("merge keys aren't known here"), say("write the lines out")))
            elif key not in known:
                # Looking for a near name takes longer than all else; those beyond the last one told need none.
                near = did_you_mean(key, known) if len(self.document.errors) < SHOWN_MISTAKES else ""
                hint = say("{near}known here: {known}", near=near, known=", ".join(known))
                value.keep(value.error(say("unknown key"), hint))
        return Fields(self, entries)

    def _with_names(self, text: str) -> str:
        for match in _REFERENCE.finditer(self.written):
            named = _NAMED.fullmatch(match["inner"] or "")
            value = self.document.environ.get(named["name"], "") if named else ""
            if len(value) >= _SHORTEST_SECRET:
                quoted = shown(value)[1:-1].rstrip("…")
                for cut in (value, *(f"{quoted[:size]}…" for size in range(len(quoted), 0, -1))):
                    text = text.replace(cut, match[0])
        return text

    def _expand(self, text: str) -> str:
        return _REFERENCE.sub(self._replacement, text) if "${" in text else text

    def _replacement(self, match: re.Match[str]) -> str:
        if match[0] == "$${":
            return "${"
        named = _NAMED.fullmatch(match["inner"] or "")
        if named is None:
            raise self.error(
                say("{shown} isn't ${{NAME}} or ${{NAME:-default}}", shown=shown(match[0])),
                say("a literal ${{ is written $${{"),
            )
        value = self.document.environ.get(named["name"])
        if named["default"] is not None:
            return value or str(named["default"])
        if value is None:
            name = named["name"]
            raise self.error(
                say("the environment variable {name} isn't set", name=name),
                say("set it, or write ${{{name}:-default}}", name=name),
            )
        return value


@dataclass(frozen=True)
class Fields:
    """A mapping with fixed keys, read key by key."""

    value: Value
    entries: Mapping[str, Value]

    def __contains__(self, key: str) -> bool:
        return key in self.entries

    def get(self, key: str, read: Callable[[Value], T], default: D) -> T | D:
        """What `read` makes of the key's value; `default` without the key, and where it is wrong (kept for the end)."""
        if key not in self.entries:
            return default
        found: list[T] = list(self.entries[key].collect(read))
        return found[0] if found else default

    def required(self, key: str, example: str) -> Value:
        """The value of a key that must be there; `example` shows how to write it."""
        if key not in self.entries:
            raise self.value.error(say("`{key}` is missing", key=key), say("add `{example}`", example=example))
        return self.entries[key]
