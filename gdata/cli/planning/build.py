"""`gdata build`: pull, check and write the bundles, then say what would change."""

from __future__ import annotations

import os
import re
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gdata.cli.options import (
    all_option,
    at_option,
    base_option,
    config_option,
    for_option,
    format_option,
    offline_option,
    quiet_option,
    strict_option,
    tables_argument,
)
from gdata.errors import GdataError, UsageError
from gdata.language import say, sentence

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from gdata.cli.console import Recording
    from gdata.config import Config
    from gdata.diffs.gate import GateVerdict
    from gdata.diffs.model import Diff, Side
    from gdata.events import Listener
    from gdata.pipeline.build import Built
    from gdata.project import Project

_TIMINGS = re.compile(r'\n "timings": (\{.*?\n \})', re.DOTALL)
"""In a build's JSON; texts in it have no line feeds."""


@click.command("build")
@tables_argument
@base_option
@at_option("Every target at this version of the game; else as sheets.yaml says.")
@for_option
@click.option("--snapshot", metavar="RELEASE", help="Build a past release again, from what it was made of.")
@offline_option
@strict_option
@click.option(
    "--verify",
    is_flag=True,
    expose_value=False,
    help="Read every file, also where none has changed; in CI that is so anyway.",
)
@all_option
@format_option("text", "json", "markdown", "github", "html")
@quiet_option
@config_option
@click.pass_context
def command(
    context: click.Context,
    tables: tuple[str, ...],
    base: str | None,
    at: str | None,
    channel: str | None,
    snapshot: str | None,
    offline: bool,
    strict: bool,
    show_all: bool,
    format_: str,
    quiet: bool,
    config_path: Path | None,
) -> None:
    """Pull the sheets, check them, write the bundles of every target, and say what would change.

    With an error in any sheet nothing is written, and the last build stays. With TABLEs only these come from the
    sheets, all others from a release: a hotfix carries one table, and nobody's half-finished sheets.

    \b
    Examples:
      gdata build
      gdata build --offline
      gdata build --for live
      gdata build ShopProductTable --base live --for live
      gdata build --snapshot 20261123-091245-9f3ac1d0
      gdata build --strict --format json
    """
    from gdata.cli.console import ProgressLine, Recording, error_console, result_console
    from gdata.cli.problems import report_problems
    from gdata.pipeline.kept.unchanged import can_be_told
    from gdata.pipeline.releasing.channels import config_at
    from gdata.project import read_config

    if snapshot is not None and (tables or base or offline or at or channel):
        raise UsageError(
            sentence("--snapshot builds all tables of a release"),
            hint=sentence("leave out TABLE, --base, --at, --for and --offline"),
        )
    if base is not None and not tables:
        raise UsageError(
            sentence("--base needs the tables that come from the sheets"),
            hint=sentence("gdata build TABLE --base CHANNEL"),
        )
    started = time.time_ns()
    config = config_at(read_config(config_path), at, channel)
    progress = ProgressLine(quiet=quiet or format_ == "json")
    with Recording() as said:
        with said.of_notes(progress), progress as listener:
            project, built = _build(config, listener, tables, base, snapshot, offline=offline, strict=strict)
        is_told = built.build is not None and not (quiet and format_ != "json")
        made_from = project.schema.descriptors if project is not None else None
        compared = _compare(config, made_from, is_counted=format_ == "json") if is_told else None
        report_problems(built.checked.problems, format_, lambda: _as_json(built, compared), show_all=show_all)
        if format_ != "json" and is_told:
            console = result_console() if format_ == "text" else error_console()
            _render(console, built, said)
            if compared is not None:
                _render_diff(console, compared)
                _tell_version(console, config, compared.new)
    is_sure = (
        context.obj is not None
        and can_be_told(context.obj, os.environ)
        and not progress.has_waited
        and (compared is not None or not is_told)
    )
    if project is not None and is_sure:
        _note(project, built, compared, said, started, context.obj)
    context.exit(0 if built.checked.ok else 1)


def _note(
    project: Project,
    built: Built,
    compared: _Compared | None,
    said: Recording,
    started: int,
    arguments: Sequence[str],
) -> None:
    """Keep what this build said, for the next one to which nothing is new."""
    from gdata.pipeline.kept.seen import note_seen

    if said.pieces and said.pieces[0][0] == "out" and (found := _TIMINGS.search(said.pieces[0][1])):
        said.replace_last(found[1], "timings", found[1])
    released = compared.old if compared is not None else None
    note_seen(project, built, released, said.pieces, started=started, arguments=arguments, environ=os.environ)


def _build(
    config: Config,
    listener: Listener,
    tables: tuple[str, ...],
    base: str | None,
    snapshot: str | None,
    *,
    offline: bool,
    strict: bool,
) -> tuple[Project | None, Built]:
    """What was built, and of which project, where all of it comes from the sheets of now."""
    if snapshot is None and not offline:
        from gdata.sources.adapters import get_ready

        get_ready(config)
    from gdata.events import Event
    from gdata.pipeline.build import build
    from gdata.pipeline.kept.notes import noting_failure
    from gdata.project import open_project

    if snapshot is not None:
        from gdata.pipeline.releasing.rebuild import rebuild

        rebuilt = rebuild(config, snapshot, listener, strict=strict)
        if rebuilt.built.build is not None:
            same = say("byte for byte") if rebuilt.is_same else say("but not the same: sheets.yaml changed since")
            listener(Event("write", note=say("{release} was built again, {same}", release=rebuilt.release, same=same)))
        return None, rebuilt.built
    with noting_failure(config):
        project = open_project(config)
    if tables:
        from gdata.pipeline.releasing.rebuild import build_tables

        return None, build_tables(project, tables, base, listener, offline=offline, strict=strict)
    return project, build(project, listener, offline=offline, strict=strict)


def _as_json(built: Built, compared: _Compared | None) -> dict[str, Any]:
    checked = built.checked
    return {
        "ok": checked.ok,
        "build": built.build,
        "targets": {
            target: {
                "bundle": manifest.bundle,
                "version": manifest.version,
                "tables": {name: {"rows": one.rows, "size": one.size} for name, one in manifest.tables.items()},
            }
            for target, manifest in built.manifests.items()
        },
        "problems": checked.problems,
        "timings": checked.timings.as_json(),
        "left_out": checked.left_out_as_json(),
        "requests": checked.requests,
        "diff": compared.diff.summary.as_json() if compared is not None and compared.diff is not None else None,
    }


@dataclass(frozen=True)
class _Compared:
    """What was built beside what the default channel has; without a diff where there is nothing to say of one."""

    old: Side
    new: Side
    diff: Diff | None = None
    verdict: GateVerdict | None = None


def _compare(config: Config, made_from: bytes | None, *, is_counted: bool) -> _Compared | None:
    """The diff against the default channel; a store that can't be reached is a warning.

    `made_from` are the descriptors of the build that was made just now; `is_counted`: a first release's rows are too.
    """
    from gdata.cli.console import error_console
    from gdata.pipeline.releasing.channels import judge_versions
    from gdata.pipeline.sides import gate_for, open_side, output_side, store_of

    try:
        store = store_of(config)
        # Without ages: while nothing changes the same is said again, and "just now" wouldn't hold.
        old = replace(open_side(config, config.default_channel, store), time=None)
        new = replace(output_side(config, made_from), time=None)
        if not old.bundles and not is_counted:
            return _Compared(old, new)
        from gdata.diffs.compare import compare

        gate = gate_for(config, config.default_channel)
        diff = compare(old, new, category=gate.schema)
        return _Compared(old, new, diff, judge_versions(config, store, diff, gate)[0])
    except GdataError as error:
        console = error_console()
        console.print(
            say(
                "warning: not compared with {default_channel}: {error}",
                default_channel=config.default_channel,
                error=error,
            ),
            style="yellow",
        )
        return None


def _render(console: Console, built: Built, said: Recording) -> None:
    from rich.text import Text

    from gdata.cli.console import plain_table

    table = plain_table()
    table.add_column(say("target"))
    for heading in (say("tables"), say("rows"), say("size")):
        table.add_column(heading, justify="right")
    for target, manifest in built.manifests.items():
        rows = sum(one.rows for one in manifest.tables.values())
        size = sum(one.size for one in manifest.files)
        table.add_row(Text(target, style="bold"), str(len(manifest.tables)), f"{rows:,}", _size_text(size))
    console.print(table)
    requests, seconds = built.checked.requests, built.checked.timings.as_json()["total"]
    reads = say(", {requests} of Google's 60 reads a minute", requests=requests) if requests else ""
    left_out = built.checked.left_out.values()
    notes, unticked = sum(one.notes for one in left_out), sum(one.unticked for one in left_out)
    if notes or unticked:
        parts = [say("notes: {notes}", notes=f"{notes:,}")] * bool(notes)
        parts += [say("rows of unticked checkboxes: {unticked}", unticked=f"{unticked:,}")] * bool(unticked)
        console.print(say("left out: {parts}", parts=", ".join(parts)))
    console.print(
        say(
            "build {build} in {seconds} s{reads}",
            build=(built.build or "")[:12],
            seconds=format(seconds, ".1f"),
            reads=reads,
        ),
    )
    said.replace_last(f"{seconds:.1f}", "seconds")


def _tell_version(console: Console, config: Config, built: Side) -> None:
    """Say so where the default channel won't take what was built."""
    from gdata.pipeline.releasing.channels import wrong_version

    channel = config.default_channel
    wrong = wrong_version(config, channel, built)
    if wrong is not None:
        console.print(say("{wrong}: `gdata build --for {channel}`", wrong=wrong, channel=channel))


def _size_text(size: float) -> str:
    if size < 1024:
        return f"{size:.0f} B"
    for unit in ("KiB", "MiB"):
        size /= 1024
        if size < 1024:
            return f"{size:.1f} {unit}"
    return f"{size / 1024:.1f} GiB"


def _render_diff(console: Console, compared: _Compared) -> None:
    console.print()
    if compared.diff is None or compared.verdict is None or not compared.old.bundles:
        console.print(
            say("nothing was released on {name} yet: `gdata publish` makes the first", name=compared.old.name),
        )
        return
    from gdata.diffs.renderers.text import render_text

    render_text(console, compared.diff, compared.verdict, stat=True)
    if compared.diff.differs:
        console.print(say("`gdata diff` shows it cell by cell"))
