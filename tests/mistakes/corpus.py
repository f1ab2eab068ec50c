"""The corpus: mistakes as data, a few YAML files by theme.

    - mistake: a price typed with a thousands separator
      sheet: shop/ShopProduct             # spreadsheet/sheet of the sample game
      cells: {H3: "1,000"}                # edits, see sheet_edits.py; !date, !time, !hours, !percent
      found: [error cell.not_integer ShopProduct!H3 ⊃ write 1000]

`found` is everything that the check may say: severity, code, cell, the related cells (~Item!A2), the target where only
one has it (@server-jp), and after ⊃ a part of the message or hint. In its place `refused` is a part of the error of a
file that can't be read, and `missed` says why a mistake isn't found. `and` are edits of further sheets. `clean` in
place of `mistake`: an edit that nobody may complain about.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

import yaml
from sheet_edits import EDITS
from sheet_files import Percent

_OWN = ("mistake", "clean", "sheet", "found", "refused", "missed", "and")
_LAST = ("rename_sheet", "copy_sheet", "delete_sheet")


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """YAML with dates, times and lengths of time as spreadsheets hold them."""


def _hours(text: str) -> timedelta:
    hours, _, minutes = text.partition(":")
    return timedelta(hours=int(hours), minutes=int(minutes))


# A bare date is a text here, as it is in a csv file.
_Loader.yaml_implicit_resolvers = {
    first: [pair for pair in pairs if pair[0] != "tag:yaml.org,2002:timestamp"]
    for first, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_constructor("!date", lambda loader, node: datetime.fromisoformat(loader.construct_scalar(node)))
_Loader.add_constructor("!time", lambda loader, node: time.fromisoformat(loader.construct_scalar(node)))
_Loader.add_constructor("!hours", lambda loader, node: _hours(loader.construct_scalar(node)))


_Loader.add_constructor("!percent", lambda loader, node: Percent(loader.construct_scalar(node)))


@dataclass(frozen=True)
class Mistake:
    """One edit of the sample game and what must be said of it."""

    theme: str
    name: str
    edits: tuple[tuple[str, Mapping[str, Any]], ...]
    """Sheets and what is done to each."""
    found: tuple[str, ...] = ()
    refused: str = ""
    missed: str = ""
    is_clean: bool = False


def read_corpus() -> list[Mistake]:
    """All of it, in the order of the files."""
    paths = sorted(Path(__file__).parent.glob("*.yaml"))
    return [_read(path.stem, raw) for path in paths for raw in yaml.load(path.read_text("utf-8"), _Loader)]


def _read(theme: str, raw: Mapping[str, Any]) -> Mistake:
    name = raw.get("mistake") or raw["clean"]
    parts = [raw, *raw.get("and", ())]
    edits = tuple((one["sheet"], {key: one[key] for key in one if key not in _OWN}) for one in parts)
    unknown = {key for _, edit in edits for key in edit} - {*EDITS, *_LAST}
    assert not unknown, f"{theme}: {name}: no edit is called {unknown}"
    outcomes = [raw[key] for key in ("found", "refused", "missed") if raw.get(key)]
    assert len(outcomes) == ("mistake" in raw), f"{theme}: {name}: a mistake has one outcome, what is clean has none"
    return Mistake(
        theme, name, edits, tuple(raw.get("found", ())), raw.get("refused", ""), raw.get("missed", ""), "clean" in raw
    )
