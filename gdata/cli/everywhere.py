"""What every command has without asking for it: --lang, --debug, --output, --open, variables of the environment.

A command's module says what is its own; `dressed` gives a copy that has the rest, with its help in the reader's
language. So a new command has all of it too.
"""

from __future__ import annotations

import copy
import io
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial, wraps
from inspect import cleandoc
from pathlib import Path
from typing import Any, TypeVar

import click

from gdata.language import (
    SOURCE,
    languages,
    sentence,
    system_language,
    template,
    template_for,
    translated,
    use_language,
)

LANGUAGE_VARIABLE = "GDATA_LANG"
NEVER_FROM_ENVIRONMENT = frozenset(("--yes", "--stale", "--allow", "--reason", "--expect"))
"""What confirms or overrules is typed: a variable that somebody once set would say yes for ever."""
_EXAMPLE = re.compile(r"(?P<command> *gdata .*?\S  +)(?P<about>\S.*)")
_IN_MEMORY = 1 << 20
"""Bytes of a result that goes to a file."""
Command = TypeVar("Command", bound=click.Command)

CLICK_WORDS = (
    sentence("Usage:"),
    sentence("Options"),
    sentence("Commands"),
    sentence("Positional arguments"),
    sentence("Show the version and exit."),
    sentence("Show this message and exit."),
    sentence("default: {default}"),
    sentence("required"),
    sentence("file"),
    sentence("directory"),
    sentence("path"),
    sentence("Missing argument"),
    sentence("Missing option"),
    sentence("Missing command."),
    sentence("Invalid value: {message}"),
    sentence("Invalid value for {param_hint}: {message}"),
    sentence("Option {name!r} does not take a value."),
    sentence("{value!r} is not a valid {number_type}."),
    sentence("{value} is not in the range {range}."),
    sentence("{name} {filename!r} does not exist."),
    sentence("{name} {filename!r} is a file."),
    sentence("{name} {filename!r} is a directory."),
    sentence("{value!r} is not one of {choices}."),
    sentence("Option {name!r} requires an argument."),
    sentence("Got unexpected extra argument ({args})"),
    sentence("Got unexpected extra arguments ({args})"),
    sentence("Error: {message}"),
    sentence("Error: invalid input"),
)
"""What click says itself, by its own templates."""


def speak(arguments: list[str]) -> None:
    """Use the language that is asked for, before anything is said: --lang, $GDATA_LANG, the system's."""
    asked = ""
    for before, argument in zip(["", *arguments], arguments, strict=False):
        if before == "--lang":
            asked = argument
        elif argument.startswith("--lang="):
            asked = argument.removeprefix("--lang=")
    known = asked if asked in languages() else SOURCE if asked else system_language()
    use_language(known, everywhere=True)
    for name, module in list(sys.modules.items()):
        # click asks gettext for its own words: "Usage:", "is not one of".
        if name.startswith("click.") and hasattr(module, "_"):
            vars(module)["_"] = template
        if name.startswith("click.") and hasattr(module, "ngettext"):
            vars(module)["ngettext"] = template_for


def is_debug(arguments: list[str]) -> bool:
    """Whether somebody wants to know where an error comes from."""
    return "--debug" in arguments or "-v" in arguments


def dressed(command: Command, path: str) -> Command:
    """A copy of the command called `path` ("build"; "" for gdata itself) with what all have."""
    result = copy.copy(command)
    result.params = [copy.copy(one) for one in command.params]
    names = {name for one in result.params for name in one.opts}
    formats = next((one.type for one in result.params if "--format" in one.opts), None)
    result.params += [option for option in _shared(formats) if not names & set(option.opts)]
    if formats is not None and command.callback is not None:
        result.callback = _writing(command.callback, path, is_stream=path == "watch")
    for parameter in result.params:
        if isinstance(parameter.type, click.Path):  # which named itself before anybody knew the language
            parameter.type = copy.copy(parameter.type)
            parameter.type.name = translated(parameter.type.name)
        if isinstance(parameter, click.Option):
            parameter.help = translated(parameter.help or "")
            if isinstance(parameter.type, click.Path) and parameter.metavar is None:
                parameter.metavar = "FILE" if parameter.type.file_okay else "DIR"
            parameter.envvar = parameter.envvar or _variable(path, parameter)
    result.help = "\n\n".join(map(_translated_paragraph, paragraphs(command.help or "")))
    return result


def texts_of(command: click.Command) -> Iterator[str]:
    """What a command's help says, in the pieces that catalogues have."""
    for paragraph in paragraphs(command.help or ""):
        if not paragraph.startswith("\b"):
            yield _joined(paragraph)
            continue
        for line in paragraph.splitlines()[1:]:
            found = _EXAMPLE.fullmatch(line)
            yield from [found["about"]] if found else [line] if line.endswith(":") else []
    yield from (one.help for one in command.params if isinstance(one, click.Option) and one.help)


def paragraphs(help: str) -> list[str]:
    """The paragraphs of a help text; one that starts with `\\b` keeps its lines."""
    return [part for part in cleandoc(help).split("\n\n") if part]


# --- options -------------------------------------------------------------------------------------------------


def _shared(formats: click.ParamType[Any] | None) -> Iterator[click.Option]:
    if formats is not None:
        file = click.Path(path_type=Path, dir_okay=False)
        yield click.Option(["-o", "--output"], type=file, help="Write the result to this file.")
        if "html" in getattr(formats, "choices", ()):
            yield click.Option(["--open"], is_flag=True, help="Show the result as a page in the browser.")
    yield click.Option(
        ["--lang"],
        type=click.Choice(languages()),
        expose_value=False,
        envvar=LANGUAGE_VARIABLE,
        help="Language of all that is said; else the system's.",
    )
    yield click.Option(
        ["-v", "--debug"], is_flag=True, expose_value=False, help="Tell where in the code an error comes from."
    )


def _variable(path: str, option: click.Option) -> str | None:
    long = next((one for one in option.opts if one.startswith("--")), "")
    if not long or not option.expose_value or NEVER_FROM_ENVIRONMENT & set(option.opts):
        return None
    return "_".join(filter(None, ["gdata", path, long.removeprefix("--").replace("-", "_")])).upper()


# --- where the result goes -----------------------------------------------------------------------------------


def _writing(callback: Callable[..., Any], path: str, *, is_stream: bool) -> Callable[..., Any]:
    """`callback`, whose stdout goes to the file of --output: whole, or not at all where it fails."""

    @wraps(callback)
    def run(*arguments: Any, output: Path | None = None, open: bool = False, **options: Any) -> Any:
        if open:
            options["format_"] = "html"
            output = output or _page_file(path)
        if output is None:
            return callback(*arguments, **options)
        try:
            with _into(output, is_stream=is_stream):
                return callback(*arguments, **options)
        finally:
            if open and output.exists():
                click.launch(output.absolute().as_uri())

    return run


def _page_file(path: str) -> Path:
    from tempfile import mkdtemp

    return Path(mkdtemp(prefix="gdata-")) / f"{path}.html"


@contextmanager
def _into(file: Path, *, is_stream: bool) -> Iterator[None]:
    """Stdout for the block, as it comes or once the block is through: of a long result memory holds a megabyte."""
    from tempfile import SpooledTemporaryFile

    from gdata.files import write_output, writing

    before = sys.stdout
    if is_stream:
        with writing(file):
            file.parent.mkdir(parents=True, exist_ok=True)
            opened: Any = file.open("wb")
    else:
        opened = SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 - closed by the next line
    with opened as held:
        stream = io.TextIOWrapper(held, "utf-8", "replace", line_buffering=is_stream, write_through=True)
        sys.stdout = stream
        ended = None
        try:
            yield
        except click.exceptions.Exit as error:  # with problems, the result tells them
            ended = error
        finally:
            sys.stdout = before
            stream.detach()
        if not is_stream:
            held.seek(0)
            write_output(file, iter(partial(held.read, _IN_MEMORY), b""))
        if ended is not None:
            raise ended


# --- words ---------------------------------------------------------------------------------------------------


def _translated_paragraph(paragraph: str) -> str:
    if not paragraph.startswith("\b"):
        return translated(_joined(paragraph))
    return "\n".join(map(_translated_line, paragraph.splitlines()))


def _translated_line(line: str) -> str:
    found = _EXAMPLE.fullmatch(line)
    return found["command"] + translated(found["about"]) if found else translated(line)


def _joined(paragraph: str) -> str:
    return " ".join(paragraph.split())
