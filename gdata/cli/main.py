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
from click.core import ParameterSource

from gdata.cli.everywhere import dressed, is_debug, speak
from gdata.errors import GdataError, OutsideError, UsageError
from gdata.files import hint_for, reason_of
from gdata.installed import missing_part
from gdata.language import say, sentence, translated

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
    "versions": "List the game's versions: who has each, what begins and ends with it.",
    "publish": "Release the build in output/ on a channel.",
    "promote": "Release on one channel what another has.",
    "releases": "Show a channel's history.",
    "history": "Show who changed a table, a row or a field, when and why.",
    "rollback": "Put a channel back to an earlier release.",
    "fetch": "Bring a release's bundle into a folder.",
    "verify": "Check every byte of a bundle, a release or the whole store.",
    "repair": "Bring back what is damaged or missing in the store.",
    "prune": "Take out of the store what no channel needs any more.",
    "keygen": "Make a key pair to sign releases with.",
    "sign": "Sign the release that a channel has.",
    "show": "Show a table, or a row of it.",
    "uses": "Show which rows refer to a row.",
    "sheet": "Write a table as a workbook that builds the same rows again.",
    "codegen": "Write a client's code: its messages, and a loader that trusts no byte.",
    "stubs": "Write a .pyi so that editors complete the tables of gdata.load.",
}
"""Every command and its one line."""

ROLES = {
    "For planners": "init login doctor check build watch diff show uses history sheet",
    "For programmers": "scaffold pull versions fetch codegen stubs",
    "For release managers": "publish promote releases rollback sign verify repair prune keygen",
}
"""Who types which command most; `gdata --help` shows them so."""
_ROOMS = dict(zip(ROLES, ("planning", "programming", "releasing"), strict=True))
_TOGETHER = {
    "start": "init login doctor",
    "show": "show uses",
    "codegen": "codegen stubs",
    "moves": "publish promote rollback",
    "keys": "keygen sign",
    "keeping": "verify repair prune",
}
"""Modules with several commands, each under its own name; any other command is alone in the module of its name."""
_MEANT = {
    "compile": "build",
    "deploy": "publish",
    "lint": "check",
    "list": "show",
    "log": "releases",
    "release": "publish",
    "revert": "rollback",
    "setup": "init",
    "test": "check",
    "validate": "check",
}
"""What others call a command: no letters of it are near."""

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
        return command_of(cmd_name) if cmd_name in COMMANDS else None

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
        if args and args[0] not in COMMANDS:
            from gdata.text import did_you_mean

            near = did_you_mean(_MEANT.get(args[0].casefold(), args[0]), COMMANDS)
            raise click.UsageError(f"{say('there is no command {name}', name=args[0])}; {near}".strip(" ;"), ctx)
        name, command, rest = super().resolve_command(ctx, args)
        if command is not None:
            _refuse_empty(click.Context(command, parent=ctx, info_name=name), rest)
        return name, command, rest

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands by who needs them, without importing any."""
        width = max(map(len, COMMANDS))
        for role, names in ROLES.items():
            with formatter.section(translated(role)):
                formatter.write_dl(
                    [(f"{name:{width}}", translated(COMMANDS[name])) for name in names.split() if name in COMMANDS]
                )


def command_of(name: str) -> click.Command:
    """The command called `name`, with all that every command has."""
    room = next(_ROOMS[role] for role, names in ROLES.items() if name in names.split())
    shared = next((module for module, names in _TOGETHER.items() if name in names.split()), "")
    module = importlib.import_module(f"gdata.cli.{room}.{shared or name}")
    command: click.Command = getattr(module, name if shared else "command")
    return dressed(command, name)


def _refuse_empty(context: click.Context, arguments: Sequence[str]) -> None:
    """Refuse `--channel "$CHANNEL"` of a script whose variable isn't set: the default isn't what was meant."""
    given: dict[str, Any] = {}
    with suppress(click.UsageError):  # said later, by the command itself
        given = context.command.make_parser(context).parse_args(list(arguments))[0]
    for parameter in context.command.params:
        value = given.get(parameter.name or "")
        is_empty = value == "" or (isinstance(value, (list, tuple)) and "" in value)
        if is_empty and parameter.name not in _MAY_BE_EMPTY:
            raise UsageError(
                sentence("{name} is empty", name=_shown(parameter, context)),
                hint=sentence("leave it out, or give it a value: perhaps a variable of your script isn't set"),
            )


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(None, "--version", package_name="gdata-sheets", prog_name="gdata")
@click.option(
    "-C",
    "folder",
    metavar="DIR",
    type=click.Path(exists=True, file_okay=False),
    is_eager=True,
    expose_value=False,
    callback=lambda _context, _parameter, folder: os.chdir(folder) if folder else None,
    help="Work as if started in this folder.",
)
@click.option("--config", metavar="FILE", help="The sheets.yaml of all commands; else the one found upwards.")
@click.pass_context
def cli(context: click.Context, config: str | None) -> None:
    """From the planners' sheets to the game server's memory, and the gate on that road.

    \b
    Examples:
      gdata build                 build the project around here
      gdata diff                  what would change in the default channel
      gdata publish --channel live --expect BUILD

    Completion in your shell: eval "$(_GDATA_COMPLETE=bash_source gdata)", or zsh_source, fish_source.
    """
    if config is not None:
        context.default_map = {name: {"config_path": config} for name in COMMANDS}


def main() -> None:
    """The console script."""
    _speak_utf8()
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command; its exit code. What goes wrong is said on stderr."""
    speak(arguments)
    try:
        code: Any = dressed(cli, "").main(arguments, prog_name="gdata", standalone_mode=False, obj=arguments)
        sys.stdout.flush()
        return int(code or 0)
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        sys.stderr.write(f"\ngdata: {say('interrupted; nothing was left half done')}\n")
        return _INTERRUPTED
    except (_NobodyReads, BrokenPipeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        if is_debug(arguments):
            _say_where(error)
        return _say_stopped(error, arguments)


def _say_stopped(error: Exception, arguments: list[str]) -> int:
    """Say what stopped a command; its exit code."""
    if isinstance(error, GdataError):
        _say_error(error)
        return error.exit_code
    if isinstance(error, click.ClickException):
        _say_error(_misused(error))
        return error.exit_code
    if isinstance(error, ModuleNotFoundError) and (part := missing_part(error)) is not None:
        return _say_stopped(part, arguments)
    if isinstance(error, MemoryError):
        return _say_stopped(OutsideError(sentence("there is not enough memory for this")), arguments)
    if isinstance(error, FileNotFoundError) and _is_folder_gone():
        told = sentence("the folder that this terminal is in is gone")
        return _say_stopped(
            OutsideError(told, hint=say("go into it again: a folder that was made anew is another one")), arguments
        )
    if isinstance(error, OSError) and error.errno in _STORAGE:
        file = error.filename or sentence("the output")
        told = sentence("{file} can't be written: {why}", file=file, why=reason_of(error))
        return _say_stopped(OutsideError(told, hint=hint_for(error)), arguments)
    _say_bug(error, arguments)
    return _BUG


def _is_folder_gone() -> bool:
    """Whether the current folder was deleted, so that no path can be looked up from it."""
    try:
        Path.cwd()
    except FileNotFoundError:
        return True
    return False


def _misused(error: click.ClickException) -> UsageError:
    """What click says of a command line, as everything else here is said."""
    from gdata.text import question

    context = error.ctx if isinstance(error, click.UsageError) else None
    hint = sentence("`{command} --help` shows what there is", command=context.command_path if context else "gdata")
    if isinstance(error, click.NoSuchOption):
        near = question(error.possibilities[0]) if error.possibilities else ""
        return UsageError(sentence("there is no option {name}", name=error.option_name), hint=near or hint)
    if isinstance(error, click.MissingParameter) and error.param is not None:
        return UsageError(sentence("{name} is missing", name=_shown(error.param, context)), hint=hint)
    if context is not None and isinstance(error, click.BadParameter) and error.param is not None:
        variable = error.param.resolve_envvar_value(context) and error.param.envvar
        if context.get_parameter_source(error.param.name or "") is ParameterSource.ENVIRONMENT and variable:
            hint = sentence("it is that of the environment's {name}: set another one, or unset it", name=variable)
    return UsageError(error.format_message(), hint=hint)


def _shown(parameter: click.Parameter, context: click.Context | None) -> str:
    """What a parameter is called where it is typed."""
    if isinstance(parameter, click.Option) or context is None:
        return max(parameter.opts, key=len)
    return parameter.make_metavar(context)


def _say_where(error: Exception) -> None:
    import traceback

    sys.stderr.writelines(traceback.format_exception(error))


def _say_error(error: GdataError) -> None:
    try:
        from gdata.cli.console import error_console, print_fault

        console = error_console()
    except ModuleNotFoundError:  # what is missing may be what prints
        sys.stderr.write(f"gdata: {error}\n" + f"  → {error.hint}\n" * bool(error.hint))
        return
    print_fault(console, f"gdata: {error}", error.hint, "bold red")


def _say_bug(error: Exception, arguments: list[str]) -> None:
    import traceback

    path = Path("gdata-bug.txt").absolute()
    report = "".join(traceback.format_exception(error))
    try:
        path.write_text(f"gdata {' '.join(arguments)}\nPython {sys.version}\n\n{report}", encoding="utf-8")
        where = say("the details are in {path}", path=path)
    except OSError:
        where = report
    what = say("this is a bug in gdata, not in your data ({error})", error=f"{type(error).__name__}: {error}")
    then = say("please report it with the command you ran; {where}", where=where)
    sys.stderr.write(f"gdata: {what}\n  → {then}\n")


def _speak_utf8() -> None:
    """Write UTF-8 whatever the console says, and replace what it can't show; nowhere, where there is none (`>&-`)."""
    sys.stdout = sys.stdout or Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - open while we run
    sys.stderr = sys.stderr or Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - open while we run
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
