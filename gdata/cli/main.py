"""The `gdata` command: find the command, run it, and turn whatever stops it into words and an exit code."""

from __future__ import annotations

import errno
import importlib
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gdata.errors import GdataError, OutsideError, UsageError
from gdata.language import say, sentence

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

COMMANDS = {
    "init": "Start a small working project.",
    "scaffold": "Write the .proto files and sheets.yaml for sheets that exist.",
    "pull": "Read all spreadsheets and keep them, so that --offline can build.",
    "login": "Log in to Google in the browser, with the team's own OAuth client.",
    "doctor": "Try each step — config, schemas, login, spreadsheets, store — and say what to do.",
    "check": "Find every mistake in the sheets; write nothing.",
    "build": "Pull, check and write the bundles; then say what would change.",
    "watch": "Build after every edit, and show what it does.",
    "diff": "Show what changes between two builds, releases or channels, and what the gate says.",
    "publish": "Release the build in output/ on a channel.",
    "promote": "Release on one channel what another has.",
    "releases": "Show a channel's history.",
    "rollback": "Put a channel back to an earlier release.",
    "fetch": "Bring a release's bundle into a folder.",
    "verify": "Check every byte of a bundle, a release or the whole store.",
    "repair": "Bring back what is damaged or missing in the store.",
    "prune": "Take out of the store what no channel needs any more.",
    "keygen": "Make a key pair to sign releases with.",
    "show": "Show a table, or a row of it.",
    "codegen": "Write a client's code: its messages, and a loader that trusts no byte.",
    "stubs": "Write a .pyi so that editors complete the tables of gdata.load.",
}
"""Every command and its one line; each lives in the module of its name."""

_INTERRUPTED, _BUG = 130, 70
_STORAGE = (errno.ENOSPC, errno.EDQUOT, errno.EIO)
_MAY_BE_EMPTY = ("message", "reason")


class _NobodyReads(Exception):
    """Whoever read our output has seen enough: `gdata show | head`."""


class LazyGroup(click.Group):
    """Imports a command's module only when it is asked for: `gdata --help` starts fast."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands in the order in which a newcomer meets them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command called `cmd_name`."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"gdata.cli.{cmd_name}").command
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """As click does, but a closed pipe isn't exit code 1, which says that the data has errors."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError as error:
            raise _NobodyReads from error

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """The commands that begin so, without importing any; options as click does."""
        from click.shell_completion import CompletionItem

        commands = [CompletionItem(name, help=one) for name, one in COMMANDS.items() if name.startswith(incomplete)]
        return [*commands, *click.Command.shell_complete(self, ctx, incomplete)]

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does, with a did-you-mean; no command takes empty names."""
        try:
            name, command, rest = super().resolve_command(ctx, args)
            if command is not None:
                _refuse_empty(click.Context(command, parent=ctx, info_name=name), rest)
            return name, command, rest
        except click.UsageError as error:
            from gdata.nearest import did_you_mean

            near = did_you_mean(args[0], COMMANDS) if args else ""
            raise click.UsageError(f"{error.message} {near}".strip(), ctx) from error

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands, without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


def _refuse_empty(context: click.Context, arguments: Sequence[str]) -> None:
    """Refuse `--channel "$CHANNEL"` of a script whose variable isn't set: the default isn't what was meant."""
    given: dict[str, Any] = {}
    with suppress(click.UsageError):  # said later, by the command itself
        given = context.command.make_parser(context).parse_args(list(arguments))[0]
    for parameter in context.command.params:
        value = given.get(parameter.name or "")
        is_empty = value == "" or (isinstance(value, (list, tuple)) and "" in value)
        if is_empty and parameter.name not in _MAY_BE_EMPTY:
            name = parameter.opts[0] if isinstance(parameter, click.Option) else parameter.make_metavar(context)
            raise UsageError(
                sentence("{name} is empty", name=name),
                hint=sentence("leave it out, or give it a value: perhaps a variable of your script isn't set"),
            )


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(None, "--version", package_name="gdata-sheets", prog_name="gdata")
def cli() -> None:
    """From the planners' sheets to the game server's memory, and the gate on that road.

    \b
    Examples:
      gdata build                 build the project around here
      gdata diff                  what would change in the default channel
      gdata publish --channel live --expect BUILD

    Completion in your shell: eval "$(_GDATA_COMPLETE=bash_source gdata)", or zsh_source, fish_source.
    """


def main() -> None:
    """The console script."""
    _speak_utf8()
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command; its exit code. What goes wrong is said on stderr."""
    try:
        code: Any = cli.main(arguments, prog_name="gdata", standalone_mode=False)
        sys.stdout.flush()
        return int(code or 0)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except GdataError as error:
        _say_error(error)
        return error.exit_code
    except (KeyboardInterrupt, click.Abort):
        sys.stderr.write("\ngdata: interrupted; nothing was left half done\n")
        return _INTERRUPTED
    except (_NobodyReads, BrokenPipeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except MemoryError:
        sys.stderr.write("gdata: there is not enough memory for this\n")
        return 3
    except Exception as error:
        if isinstance(error, OSError) and error.errno in _STORAGE:
            sys.stderr.write(f"gdata: {error.filename or 'the output'} can't be written: {error.strerror}\n")
            return OutsideError.exit_code
        _say_bug(error, arguments)
        return _BUG


def _say_error(error: GdataError) -> None:
    from gdata.cli.console import error_console

    console = error_console()
    console.print(say("gdata: {error}", error=error), style="bold red", markup=False, highlight=False, soft_wrap=True)
    if error.hint:
        console.print(f"  → {error.hint}", markup=False, highlight=False, soft_wrap=True)


def _say_bug(error: Exception, arguments: list[str]) -> None:
    import traceback

    path = Path("gdata-bug.txt").absolute()
    report = "".join(traceback.format_exception(error))
    try:
        path.write_text(f"gdata {' '.join(arguments)}\nPython {sys.version}\n\n{report}", encoding="utf-8")
        where = say("the details are in {path}", path=path)
    except OSError:
        where = report
    sys.stderr.write(
        f"gdata: this is a bug in gdata, not in your data ({type(error).__name__}: {error})\n"
        f"  → please report it with the command you ran; {where}\n"
    )


def _speak_utf8() -> None:
    """Write UTF-8 whatever the console says, and replace what it can't show; nowhere, where there is none (`>&-`)."""
    sys.stdout = sys.stdout or Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - open while we run
    sys.stderr = sys.stderr or Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - open while we run
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
