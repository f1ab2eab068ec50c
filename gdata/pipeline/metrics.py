"""A project's metrics, with today's code: tables are held to their bounds, and a diff computes them on both sides."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING, Any

from google.protobuf.message import DecodeError

from gdata.checks.functions import CheckData
from gdata.checks.metrics import Metric, Tell, check_metric, compute, load_metrics
from gdata.config import Config
from gdata.errors import ConfigError, LookupFailed
from gdata.language import say, sentence
from gdata.parsing.view import View
from gdata.problems import Problem
from gdata.text import did_you_mean

if TYPE_CHECKING:
    from google.protobuf.descriptor import Descriptor

    from gdata.bundles.lookup import Table
    from gdata.bundles.placed import PlacedRows
    from gdata.bundles.reader import Bundle
    from gdata.diffs.metrics import MetricDiff
    from gdata.diffs.model import Diff
    from gdata.diffs.tables.schemas import TableShape
    from gdata.diffs.tables.titles import SideTitles


def load_project_metrics(config: Config) -> list[Metric]:
    """The project's metrics, which its gates' rules are held to.

    Raises:
        ConfigError: a file can't be loaded, or a rule is about no metric.
    """
    metrics = load_metrics(config.metrics, [target.name for target in config.targets])
    names = [one.name for one in metrics]
    for rule in config.gate_rules:
        for glob in rule.metrics:
            if not any(fnmatchcase(name, glob) for name in names):
                raise ConfigError(
                    sentence(
                        "{file}:{line}: the gate rule {rule}: no metric matches {glob}",
                        file=config.path.name,
                        line=rule.line,
                        rule=rule.name,
                        glob=glob,
                    ),
                    hint=did_you_mean(glob, names) or say("metrics are functions in the files of `metrics:`"),
                )
    return metrics


def check_metrics(config: Config, views: Mapping[str, Mapping[str, View]], tell: Tell) -> Iterator[Problem]:
    """What is wrong with the metrics of parsed tables, which are given by target."""
    data = {target: CheckData(found) for target, found in views.items()}
    for metric in load_project_metrics(config):
        yield from check_metric(metric, data[metric.mark.target or config.targets[0].name], tell)


class BundleData:
    """The tables of a bundle as metrics see them: `data.ItemTable[1001]`. A table is opened when it is asked for, and
    its rows are read when a function looks at them."""

    def __init__(self, bundle: Bundle) -> None:
        self._bundle = bundle
        self._titles: SideTitles | None = None
        self._tables: dict[str, Any] = {}
        self.__dict__["asked"] = set()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        self.__dict__["asked"].add(name)
        if name not in self._tables:
            known = self._bundle.manifest.tables
            if name not in known:
                raise LookupFailed(f"there is no table {name}. {did_you_mean(name, known)}".rstrip())
            self._tables[name] = self._open(name)
        return self._tables[name]

    def named_by(self) -> set[str]:
        """The tables that rows had their titles from, whoever asked for these."""
        return self._titles.asked if self._titles is not None else set()

    def _open(self, name: str) -> Any:
        # A check, which compares nothing, comes here for its metrics too.
        from gdata.bundles.lookup import Table
        from gdata.diffs.tables.schemas import open_schema
        from gdata.diffs.tables.titles import SideTitles

        bundle, entry = self._bundle, self._bundle.manifest.tables[name]
        if self._titles is None:
            self._titles = SideTitles(bundle, open_schema(bundle))
        shape = self._titles.schema.table(name, entry, bundle.place)
        if shape.rows is None:
            return self._parse(name, shape.table, bundle.table(name))
        table: Table[Any, Any] = Table(
            name, LazyRows(entry.rows, lambda: self._rows(name, shape)), entry.key, shape.row
        )
        table.call_rows_by(lambda _, titles=self._titles: titles.of(name))  # type: ignore[misc]
        return table

    def _rows(self, name: str, shape: TableShape) -> Sequence[Any]:
        rows = shape.rows
        assert rows is not None
        content, placed = self._bundle.placed(name, 0 if shape.is_map else rows.number)

        def parse(wire: bytes) -> Any:
            return getattr(self._parse(name, shape.table, wire), rows.name)

        if placed is not None:
            return ReadRows(placed, parse)
        held = parse(bytes(content))
        return [held[key] for key in sorted(held)] if shape.is_map else held

    def _parse(self, name: str, kind: Descriptor, content: bytes) -> Any:
        from gdata.diffs.tables.rows import damaged_table
        from gdata.diffs.tables.schemas import class_of

        try:
            return class_of(kind).FromString(content)
        except DecodeError as error:
            raise damaged_table(f"{self._bundle.place}: {name}", error) from error


class LazyRows(Sequence[Any]):
    """Rows that are counted by their manifest, and opened when the first of them is looked at."""

    def __init__(self, count: int, read: Callable[[], Sequence[Any]]) -> None:
        self._count = count
        self._read = read

    @cached_property
    def _rows(self) -> Sequence[Any]:
        return self._read()

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, index: Any) -> Any:
        return self._rows[index]

    def __iter__(self) -> Iterator[Any]:
        return iter(self._rows)


_BLOCK = 4096
"""Rows that are parsed together."""
_KEPT_MOST = 200_000
"""A table of no more rows is parsed once. As messages a million takes 450 MiB, and parsing it anew for each function
0.13 s, which is less than looking at each row takes."""


class ReadRows(Sequence[Any]):
    """The rows of a table, parsed as far as somebody looks at them."""

    def __init__(self, placed: PlacedRows, parse: Callable[[bytes], Sequence[Any]]) -> None:
        self._placed = placed
        self._parse = parse
        self._kept: dict[int, Sequence[Any]] | None = {} if len(placed) <= _KEPT_MOST else None

    def __len__(self) -> int:
        return len(self._placed)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return [self[at] for at in range(len(self))[index]]
        at = range(len(self))[index]
        if self._kept is not None:
            return self._block(at // _BLOCK)[at % _BLOCK]
        self._placed = self._placed.in_memory()  # one row at a time is read from a file in ten times its time
        return self._parse(self._placed.between(at, at + 1))[0]

    def __iter__(self) -> Iterator[Any]:
        return chain.from_iterable(map(self._block, range(-(-len(self) // _BLOCK))))

    def _block(self, number: int) -> Sequence[Any]:
        if self._kept is not None and number in self._kept:
            return self._kept[number]
        first = number * _BLOCK
        block = self._parse(self._placed.between(first, min(first + _BLOCK, len(self))))
        if self._kept is not None:
            self._kept[number] = block
        return block


def with_metrics(config: Config | None, diff: Diff, tell: Tell) -> Diff:
    """The diff with what it does to the project's metrics; `tell` hears of one that takes long.

    Raises:
        ConfigError: a file of metrics can't be loaded.
    """
    if config is None or not diff.new.bundles:
        return diff
    metrics = load_project_metrics(config)
    new = {target: BundleData(bundle) for target, bundle in diff.new.bundles.items()}
    old = {target: BundleData(bundle) for target, bundle in diff.old.bundles.items()}
    first = config.targets[0].name
    found = [_compared(diff, one, one.mark.target or first, old, new, tell) for one in metrics]
    return replace(diff, metrics=tuple(sorted(found, key=lambda one: -one.size)))


def _compared(
    diff: Diff, metric: Metric, target: str, old: Mapping[str, BundleData], new: Mapping[str, BundleData], tell: Tell
) -> MetricDiff:
    from gdata.diffs.metrics import MetricDiff

    compared = MetricDiff(metric.name, target, metric.mark.unit)
    if target not in new:
        return replace(compared, failed=sentence("the new side has no target {target}", target=target))
    asked: set[str] = new[target].asked
    asked.clear()
    after = compute(metric, new[target], tell)
    if after.failed is not None:
        return replace(compared, failed=after.failed, is_broken=True)
    if target not in old:
        return replace(compared, new=after.values)
    if _is_same(diff.old.bundles[target], diff.new.bundles[target], asked | new[target].named_by()):
        return replace(compared, old=after.values, new=after.values)
    before = compute(metric, old[target], tell)
    if before.failed is not None:
        why = sentence("it can't be computed before the change: {why}", why=before.failed)
        return replace(compared, new=after.values, failed=why)
    return replace(compared, old=before.values, new=after.values)


def _is_same(old: Bundle, new: Bundle, tables: Iterable[str]) -> bool:
    """Whether the tables that a metric asked for are the same on both sides, every byte: it gives the same then."""
    if old.manifest.schema.sha256 != new.manifest.schema.sha256:
        return False
    return all(old.manifest.tables.get(name) == new.manifest.tables.get(name) for name in tables)
