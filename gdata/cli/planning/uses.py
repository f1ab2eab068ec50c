"""`gdata uses`: every row and cell that refers to a row."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import click

from gdata.cli.options import complete_tables, config_option, format_option
from gdata.language import say, say_counted


@click.command("uses")
@click.argument("table", shell_complete=complete_tables)
@click.argument("key")
@click.option(
    "--from", "side", default="output", show_default=True, metavar="PLACE", help="A folder, release or channel."
)
@click.option("--target", help="Whose bundle; else the first of sheets.yaml.")
@click.option("-n", "--limit", type=click.IntRange(min=0), default=50, show_default=True, help="Uses shown; 0: all.")
@format_option("text", "json")
@config_option
def command(
    table: str, key: str, side: str, target: str | None, limit: int, format_: str, config_path: Path | None
) -> None:
    """Show which rows refer to the row KEY of TABLE, and by which field. KEY is its key or its title.

    \b
    Examples:
      gdata uses ItemTable 1001
      gdata uses Item "초급 회복 물약" --from live --format json
    """
    from gdata.bundles.references import find_users
    from gdata.cli.console import print_json
    from gdata.cli.planning.rows import open_table
    from gdata.cli.planning.show import open_shown

    bundle, words = open_shown(config_path, side, target)
    shown = open_table(bundle, table, words).only_key(key)
    opened: dict[str, Any] = {shown.name: open_table(bundle, shown.name, words)}

    def of(name: str) -> Any:
        if name not in opened:
            opened[name] = open_table(bundle, name, words)
        return opened[name]

    found = [
        (use, of(use.table))
        for _, use in find_users(
            bundle.manifest.tables, lambda name: of(name).rows, lambda name: of(name).descriptor, shown.name, shown.rows
        )
    ]
    uses = [
        {"table": use.table, "key": list(_key(one, use.row)), "title": one.titles.of(use.row), "path": use.path}
        for use, one in found
    ]
    title = shown.titles.of(shown.rows[0])
    if format_ == "json":
        print_json({"table": shown.name, "key": list(_key(shown, shown.rows[0])), "title": title, "uses": uses})
    else:
        _render(f"{shown.name} {key}" + (f" · {title}" if title not in ("", key) else ""), uses, words, limit or None)


def _key(table: Any, row: Any) -> tuple[Any, ...]:
    return tuple(getattr(row, name) for name in table.key)


def _render(what: str, uses: list[dict[str, Any]], words: Any, limit: int | None) -> None:
    from rich.table import Table
    from rich.text import Text

    from gdata.cli.console import result_console
    from gdata.text import visible

    console = result_console()
    if not uses:
        console.print(say("{row}: nothing refers to it", row=visible(what)), markup=False, soft_wrap=True)
        return
    by_table = ", ".join(f"{name} {count:,}" for name, count in Counter(use["table"] for use in uses).items())
    told = say_counted("{count} cell refers to it", "{count} cells refer to it", len(uses))
    console.print(visible(f"{what}: {told} ({by_table})"), style="bold", markup=False, soft_wrap=True)
    page = Table(box=None, show_header=False, padding=(0, 2, 0, 0), pad_edge=False)
    for _ in ("table", "key", "title"):
        page.add_column(no_wrap=True, max_width=40)
    page.add_column(overflow="fold")
    for use in uses[:limit]:
        key, field = ", ".join(map(str, use["key"])), words.field_name(use["table"], use["path"])
        page.add_row(*(Text(visible(cell)) for cell in (use["table"], key, use["title"], field)))
    console.print(page)
    if limit is not None and len(uses) > limit:
        console.print(say("… {count} more: --limit 0", count=f"{len(uses) - limit:,}"), style="dim", markup=False)
