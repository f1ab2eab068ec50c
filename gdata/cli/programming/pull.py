"""`gdata pull`: read all spreadsheets and keep them."""

from __future__ import annotations

from pathlib import Path

import click

from gdata.cli.options import config_option, format_option, quiet_option
from gdata.language import say, say_counted


@click.command("pull")
@format_option("text", "json")
@quiet_option
@config_option
def command(format_: str, quiet: bool, config_path: Path | None) -> None:
    """Read all spreadsheets and keep them under .gdata/, so that `gdata build --offline` can build.

    \b
    Examples:
      gdata pull
    """
    from gdata.cli.console import ProgressLine, print_json, result_console
    from gdata.pipeline.pull import pull
    from gdata.project import open_project, read_config
    from gdata.sources.adapters import get_ready

    config = read_config(config_path)
    get_ready(config)
    project = open_project(config)
    with ProgressLine(quiet=quiet or format_ == "json") as listener:
        pulled = pull(project, listener)
    requests = sum(one.requests for one in pulled)
    if format_ == "json":
        print_json({"ok": True, "spreadsheets": [one.spreadsheet for one in pulled], "requests": requests})
        return
    reads = say(", {requests} of Google's 60 reads a minute", requests=requests) if requests else ""
    result_console().print(
        say_counted("{count} spreadsheet read{reads}", "{count} spreadsheets read{reads}", len(pulled), reads=reads)
    )
