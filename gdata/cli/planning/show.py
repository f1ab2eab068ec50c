"""`gdata show` and `uses`: a table, some rows of it or one; and every row and cell that refers to one."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gdata.cli.options import complete_tables, config_option, format_option, open_reading
from gdata.errors import UsageError
from gdata.language import say, say_counted, sentence

if TYPE_CHECKING:
    from gdata.bundles.reader import Bundle
    from gdata.diffs.presentation import Presentation


@click.command("show")
@click.argument("table", required=False, shell_complete=complete_tables)
@click.argument("key", required=False)
@click.option("--where", multiple=True, metavar="FIELD=VALUE", help="Only rows with this value; several: all of them.")
@click.option("--columns", metavar="A,B,…", help="Only these fields.")
@click.option(
    "-n", "--limit", type=click.IntRange(min=0), help="Rows shown; else 50 in a table for people, all as data; 0: all."
)
@click.option("--skip", type=click.IntRange(min=0), default=0, metavar="N", help="Begin after so many: a next page.")
@click.option(
    "--from", "side", default="output", show_default=True, metavar="PLACE", help="A folder, release or channel."
)
@click.option("--target", help="Whose bundle; else the first of sheets.yaml.")
@format_option("table", "json", "yaml", "txtpb", "csv")
@click.option("--for-excel", is_flag=True, help="With csv: mark as text what a spreadsheet would run as a formula.")
@config_option
def show(
    table: str | None,
    key: str | None,
    where: tuple[str, ...],
    columns: str | None,
    limit: int | None,
    skip: int,
    side: str,
    target: str | None,
    format_: str,
    for_excel: bool,
    config_path: Path | None,
) -> None:
    """Show a table of the last build; with KEY one row of it; without TABLE, which tables there are.

    Fields and values may be named as the sheet does: 등급=희귀. As csv it is a sheet that builds the same rows again.

    \b
    Examples:
      gdata show
      gdata show ItemTable --where rarity=RARITY_EPIC --columns id,name,price
      gdata show ItemTable --where 등급=희귀 --columns 이름,구매가
      gdata show ItemTable --limit 20 --skip 40
      gdata show ItemTable 1001 --format yaml
      gdata show ShopProductTable --from live --format csv
    """
    from gdata.cli.planning.rows import open_table, render

    if for_excel and format_ != "csv":
        raise UsageError(sentence("--for-excel is for a file that Excel opens"), hint=sentence("add --format csv"))
    bundle, words = _open_shown(config_path, side, target)
    if table is None:
        _list_tables(bundle, format_)
        return
    shown = open_table(bundle, table, words).only_key(key).only_where(where).after(skip)
    render(shown.only_columns(columns.split(",") if columns else []), format_, limit, for_excel=for_excel)


def _open_shown(config_path: Path | None, name: str, target: str | None) -> tuple[Bundle, Presentation]:
    """The bundle of a place and target, and the planners' words for it."""
    from gdata.diffs.presentation import presentation_of
    from gdata.pipeline.sides import bundle_of

    config, side = open_reading(config_path, name)
    first = config.targets[0].name if config is not None else ""
    wanted = target or (first if first in side.bundles else next(iter(side.bundles)))
    return bundle_of(side, wanted), presentation_of(side.sources, config.timezone if config is not None else "UTC")


def _list_tables(bundle: Bundle, format_: str) -> None:
    from rich.text import Text

    from gdata.cli.console import plain_table, print_json, result_console

    entries = sorted(bundle.manifest.tables.items())
    if format_ == "json":
        print_json({name: {"message": one.message, "rows": one.rows, "key": list(one.key)} for name, one in entries})
        return
    listing = plain_table()
    for heading, justify in (
        (say("table"), "left"),
        (say("rows"), "right"),
        (say("key"), "left"),
        (say("refers to"), "left"),
    ):
        listing.add_column(heading, justify=justify)  # type: ignore[arg-type]
    for name, one in entries:
        tables = sorted({ref.table for refs in one.refs.values() for ref in refs})
        rows = say("1 record") if one.kind == "record" else f"{one.rows:,}"
        listing.add_row(Text(name, style="bold"), rows, ", ".join(one.key), Text(", ".join(tables), style="dim"))
    result_console().print(listing)


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
def uses(
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

    bundle, words = _open_shown(config_path, side, target)
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
    listed = [
        {"table": use.table, "key": list(_key(one, use.row)), "title": one.titles.of(use.row), "path": use.path}
        for use, one in found
    ]
    title = shown.titles.of(shown.rows[0])
    if format_ == "json":
        print_json({"table": shown.name, "key": list(_key(shown, shown.rows[0])), "title": title, "uses": listed})
    else:
        told = f"{shown.name} {key}" + (f" · {title}" if title not in ("", key) else "")
        _render_uses(told, listed, words, limit or None)


def _key(table: Any, row: Any) -> tuple[Any, ...]:
    return tuple(getattr(row, name) for name in table.key)


def _render_uses(what: str, uses: list[dict[str, Any]], words: Any, limit: int | None) -> None:
    from rich.text import Text

    from gdata.cli.console import plain_table, result_console
    from gdata.text import visible

    console = result_console()
    if not uses:
        console.print(say("{row}: nothing refers to it", row=visible(what)), soft_wrap=True)
        return
    by_table = ", ".join(f"{name} {count:,}" for name, count in Counter(use["table"] for use in uses).items())
    told = say_counted("{count} cell refers to it", "{count} cells refer to it", len(uses))
    console.print(visible(f"{what}: {told} ({by_table})"), style="bold", soft_wrap=True)
    page = plain_table(header=False)
    for _ in ("table", "key", "title"):
        page.add_column(no_wrap=True, max_width=40)
    page.add_column(overflow="fold")
    for use in uses[:limit]:
        key, field = ", ".join(map(str, use["key"])), words.field_name(use["table"], use["path"])
        page.add_row(*(Text(visible(cell)) for cell in (use["table"], key, use["title"], field)))
    console.print(page)
    if limit is not None and len(uses) > limit:
        console.print(say("… {count} more: --limit 0", count=f"{len(uses) - limit:,}"), style="dim")
