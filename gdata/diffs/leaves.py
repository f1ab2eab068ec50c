"""The single values inside a change, and values as numbers: what limits and statistics look at."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from gdata.diffs.model import FieldChange, Json, bracketed, plain


def leaf_changes(change: FieldChange, maps: Collection[str] = ()) -> Iterator[FieldChange]:
    """The change of each single value: of a whole element that came or went, those of its fields.

    `maps` are the paths, without indexes, whose keys are a map's and no field's name.
    """
    if isinstance(change.old, (dict, list)) or isinstance(change.new, (dict, list)):
        for path, old in _leaves(change.path, change.old, maps):
            yield FieldChange(path, old, None)
        for path, new in _leaves(change.path, change.new, maps):
            yield FieldChange(path, None, new)
    else:
        yield change


def _leaves(path: str, value: Json, maps: Collection[str]) -> Iterator[tuple[str, Json]]:
    if isinstance(value, dict):
        step = "{}[{}]" if plain(path) in maps else "{}.{}"
        for name, inner in value.items():
            yield from _leaves(step.format(path, bracketed(name)), inner, maps)
    elif isinstance(value, list):
        for index, inner in enumerate(value, 1):
            yield from _leaves(f"{path}[{index}]", inner, maps)
    elif value is not None:
        yield path, value


NUMERIC_KINDS = frozenset({"int", "int64", "float"})


def number(value: Json, kind: str) -> int | float | None:
    """The value as a number, if it is one by its kind: 64-bit integers and what isn't finite are text in JSON."""
    if value is None or kind not in NUMERIC_KINDS or isinstance(value, (dict, list, bool)):
        return None
    try:
        return float(value) if kind == "float" else int(value)
    except (ValueError, OverflowError):
        return None
