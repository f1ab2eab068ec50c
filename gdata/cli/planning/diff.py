"""`gdata diff`: what changes between two sides, and what the gate says."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from gdata.cli.options import complete_sides, complete_tables, config_option, format_option
from gdata.errors import UsageError
from gdata.language import sentence

if TYPE_CHECKING:
    from gdata.config import Config
    from gdata.diffs.gate import GateVerdict
    from gdata.diffs.model import Diff, Past, Side
    from gdata.diffs.presentation import Presentation
    from gdata.releases.stores.store import Store


@click.command("diff")
@click.argument("old", required=False, shell_complete=complete_sides)
@click.argument("new", required=False, shell_complete=complete_sides)
@format_option("text", "json", "markdown", "html", "slack", "discord")
@click.option("--stat", is_flag=True, help="Only the summary of each table.")
@click.option(
    "--table", "tables", multiple=True, metavar="TABLE", shell_complete=complete_tables, help="Only these tables."
)
@click.option("--limit", type=click.IntRange(min=0), default=20, show_default=True, help="Rows shown of each; 0: all.")
@click.option("--history", is_flag=True, help="With html: the last three changes of each changed cell.")
@click.option("--exit-code", is_flag=True, help="Exit 1 if anything differs.")
@click.option("--allow", multiple=True, metavar="RULE", help="Let this rule of the gate be broken.")
@click.option("--store", "location", metavar="PLACE", help="Another store: a folder or URL.")
@config_option
@click.pass_context
def command(
    context: click.Context,
    old: str | None,
    new: str | None,
    format_: str,
    stat: bool,
    tables: tuple[str, ...],
    limit: int,
    history: bool,
    exit_code: bool,
    allow: tuple[str, ...],
    location: str | None,
    config_path: Path | None,
) -> None:
    """Show what changes from OLD (default: the default channel) to NEW (default: output).

    Each is `output`, a folder with bundles, a release id or a channel; or `at:1.5`, what the sheets of the last pull
    give for that version of the game. Exits 4 where the gate says no.

    \b
    Examples:
      gdata diff
      gdata diff live staging --stat
      gdata diff at:1.4 at:1.5
      gdata diff --format html --output diff.html
      gdata diff 20261123-091245-9f3ac1d0 output --format json
    """
    if history and format_ != "html":
        raise UsageError(sentence("--history is for the page"), hint=sentence("add --format html"))
    config = _config_for(config_path, old, new)
    store = _store(config, location)
    diff, verdict = _compare(config, store, old, new, allow)
    _check_tables(diff, tables)
    if format_ == "text":
        _render_text(config, diff, verdict, stat=stat, tables=tables, limit=limit or None)
    else:
        past = _past(config, store, diff, old) if history else {}
        _write_result(config, diff, verdict, format_, limit or None, past)
    if verdict.blocking:
        context.exit(4)
    context.exit(1 if exit_code and diff.differs else 0)


def _config_for(config_path: Path | None, old: str | None, new: str | None) -> Config | None:
    """The project's config; two folders can be compared without one."""
    from gdata.project import read_config

    try:
        return read_config(config_path)
    except UsageError:
        if config_path is None and old is not None and new is not None:
            return None
        raise


def _store(config: Config | None, location: str | None) -> Store | None:
    from gdata.pipeline.sides import store_of
    from gdata.releases.stores import open_store

    if config is not None:
        return store_of(config, location)
    return open_store(location) if location else None


def _compare(
    config: Config | None, store: Store | None, old: str | None, new: str | None, allow: tuple[str, ...]
) -> tuple[Diff, GateVerdict]:
    from gdata.cli.console import warn
    from gdata.pipeline.releasing.channels import judge_versions
    from gdata.pipeline.sides import OUTPUT, compare_sides, gate_for

    old_name = old or (config.default_channel if config is not None else OUTPUT)
    old_side = _open(config, old_name, store)
    new_side = _open(config, new or OUTPUT, store)
    warn([note for side in (old_side, new_side) for note in side.stale])
    if store is not None and old_side.release is not None and new_side.release is None:
        _warn_of_undone(store, old_side.release, new_side)
    gate = gate_for(config, old_name)
    diff = compare_sides(config, old_side, new_side, gate.schema, lambda note: warn([note]))
    verdict, notes = judge_versions(config, store, diff, gate, allow)
    warn(notes)
    return diff, verdict


def _open(config: Config | None, name: str, store: Store | None) -> Side:
    from gdata.pipeline.sides import open_side

    if config is None or not name.startswith("at:"):
        return open_side(config, name, store)
    from gdata.cli.console import ProgressLine
    from gdata.pipeline.versions import at_side
    from gdata.project import open_project

    with ProgressLine(quiet=True) as listener:
        return at_side(open_project(config), name, listener)


def _warn_of_undone(store: Store, release: str, new: Side) -> None:
    from gdata.cli.console import warn
    from gdata.releases.hotfixes import undone_notes

    warn(undone_notes(store, release, new.bundles))


def _check_tables(diff: Diff, tables: tuple[str, ...]) -> None:
    from gdata.text import did_you_mean

    sides = (*diff.old.bundles.values(), *diff.new.bundles.values())
    known = {name for bundle in sides for name in bundle.manifest.tables}
    for table in tables:
        if table not in known:
            raise UsageError(sentence("there is no table {table}", table=table), hint=did_you_mean(table, known))


def _presentation(config: Config | None, diff: Diff) -> Presentation:
    from gdata.diffs.presentation import presentation_of

    sources = diff.new.sources or diff.old.sources
    return presentation_of(sources, config.timezone if config is not None else "UTC")


def _render_text(
    config: Config | None, diff: Diff, verdict: GateVerdict, *, stat: bool, tables: tuple[str, ...], limit: int | None
) -> None:
    from gdata.cli.console import result_console
    from gdata.diffs.renderers.text import render_text

    words = _presentation(config, diff)
    render_text(result_console(), diff, verdict, presentation=words, stat=stat, tables=tables, limit=limit)


def _past(config: Config | None, store: Store | None, diff: Diff, old: str | None) -> Past:
    """Earlier changes of the changed cells, on the old side's channel, else the default one."""
    from gdata.pipeline.releasing.history import HistoryReader, past_of
    from gdata.releases.log import read_log_so_far
    from gdata.releases.records import is_channel_name

    if config is None or store is None:
        raise UsageError(sentence("--history needs a project"), hint=sentence("run it where sheets.yaml is"))
    channel = old if old is not None and is_channel_name(old) else config.default_channel
    log, _ = read_log_so_far(store, channel)
    if log.newest is None:
        log, _ = read_log_so_far(store, config.default_channel)
    return past_of(HistoryReader(store, log, [target.name for target in config.targets]), diff)


def _write_result(
    config: Config | None, diff: Diff, verdict: GateVerdict, format_: str, limit: int | None, past: Past
) -> None:
    import json

    from gdata.cli.console import write_pieces, write_result
    from gdata.diffs.renderers.chat import to_discord, to_slack
    from gdata.diffs.renderers.html import to_html
    from gdata.diffs.renderers.json import to_json
    from gdata.diffs.renderers.markdown import to_markdown

    if format_ == "json":
        write_pieces(to_json(diff, verdict))
        return
    words = _presentation(config, diff)
    if format_ == "markdown":
        write_result(to_markdown(diff, verdict, presentation=words, **({"limit": limit} if limit else {})))
    elif format_ in ("slack", "discord"):
        message = (to_slack if format_ == "slack" else to_discord)(diff, verdict, presentation=words)
        write_result(json.dumps(message, ensure_ascii=False, indent=1) + "\n")
    else:
        write_result(to_html(diff, verdict, presentation=words, past=past))
