"""Compute a project's metrics on both sides of a diff, with today's code."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import chain, islice
from typing import Any

from google.protobuf.descriptor import Descriptor
from google.protobuf.message import DecodeError

from gdata.bundles.lookup import Table
from gdata.bundles.placed import PlacedRows
from gdata.bundles.reader import Bundle
from gdata.checks.custom.metrics import Metric, Tell, compute
from gdata.config import Config
from gdata.diffs.metrics import MetricDiff
from gdata.diffs.model import Diff
from gdata.diffs.tables.rows import Alignment, align, damaged_table
from gdata.diffs.tables.schemas import TableShape, class_of, open_schema
from gdata.diffs.tables.titles import SideTitles
from gdata.errors import LookupFailed
from gdata.language import sentence
from gdata.nearest import did_you_mean
from gdata.pipeline.comparing.metrics import load_project_metrics


class BundleData:
    """The tables of a bundle as metrics see them: `data.ItemTable[1001]`. A table is read when it is asked for.

    `twin` is the other side, from which rows of the same bytes are taken: most of a table needn't be read twice.
    """

    def __init__(self, bundle: Bundle, twin: BundleData | None = None) -> None:
        self._bundle = bundle
        self._twin = twin
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
            self._tables[name] = self._read(name)
        return self._tables[name]

    def _read(self, name: str) -> Any:
        bundle, entry = self._bundle, self._bundle.manifest.tables[name]
        if self._titles is None:
            self._titles = SideTitles(bundle, open_schema(bundle))
        shape = self._titles.schema.table(name, entry, bundle.place)
        if shape.rows is None:
            return self._parse(name, shape.table)
        rows: Sequence[Any] = LazyRows(
            entry.rows, lambda: self._shared_rows(name, shape) or self._own_rows(name, shape)
        )
        table: Table[Any, Any] = Table(name, rows, entry.key, shape.row)
        table.call_rows_by(lambda _, titles=self._titles: titles.of(name))  # type: ignore[misc]
        return table

    def _own_rows(self, name: str, shape: TableShape) -> Sequence[Any]:
        assert shape.rows is not None
        placed = self._placed(name, shape)
        if placed is not None:
            return ReadRows(placed, lambda block: self._rows_of(name, shape, block))
        held = self._rows_of(name, shape)
        return [held[key] for key in sorted(held)] if shape.is_map else held

    def _placed(self, name: str, shape: TableShape) -> PlacedRows | None:
        return None if shape.rows is None or shape.is_map else self._bundle.placed(name, shape.rows.number)[1]

    def _shared_rows(self, name: str, shape: TableShape) -> Sequence[Any] | None:
        """The rows, those that have the other side's bytes from there; None where there is little to share."""
        twin = self._twin
        if twin is None or shape.rows is None or name not in twin._tables:
            return None
        if self._bundle.manifest.schema.sha256 != twin._bundle.manifest.schema.sha256:
            return None
        fields = [shape.row.fields_by_name[one].number for one in self._bundle.manifest.tables[name].key]
        placed, other = self._placed(name, shape), twin._placed(name, shape)
        found = align(placed, other, shape.rows.number, fields) if placed is not None and other is not None else None
        if placed is None or found is None or len(found.changed) + len(found.old_left) > len(placed) // 2:
            return None
        own = sorted((*found.changed, *found.old_left))
        rows = self._rows_of(name, shape, placed.some(own))
        return PatchedRows(twin._tables[name].rows, len(placed), found, dict(zip(own, rows, strict=True)))

    def _rows_of(self, name: str, shape: TableShape, content: bytes | None = None) -> Any:
        assert shape.rows is not None
        return getattr(self._parse(name, shape.table, content), shape.rows.name)

    def _parse(self, name: str, kind: Descriptor, content: bytes | None = None) -> Any:
        try:
            return class_of(kind).FromString(self._bundle.table(name) if content is None else content)
        except DecodeError as error:
            raise damaged_table(f"{self._bundle.place}: {name}", error) from error


class LazyRows(Sequence[Any]):
    """Rows that are counted by their manifest, and read when the first of them is looked at."""

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


_BLOCK = 512
"""Rows that are parsed together."""


class ReadRows(Sequence[Any]):
    """The rows of a table, parsed as far as somebody looks at them, and kept."""

    def __init__(self, placed: PlacedRows, parse: Callable[[bytes], Sequence[Any]]) -> None:
        self._placed = placed
        self._parse = parse
        self._blocks: list[Sequence[Any] | None] = [None] * -(-len(placed) // _BLOCK)

    def __len__(self) -> int:
        return len(self._placed)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return [self[at] for at in range(len(self))[index]]
        at = range(len(self))[index]
        return self._block(at // _BLOCK)[at % _BLOCK]

    def __iter__(self) -> Iterator[Any]:
        return chain.from_iterable(map(self._block, range(len(self._blocks))))

    def _block(self, number: int) -> Sequence[Any]:
        block = self._blocks[number]
        if block is None:
            first = number * _BLOCK
            block = self._parse(self._placed.between(first, min(first + _BLOCK, len(self))))
            self._blocks[number] = block
        return block


class PatchedRows(Sequence[Any]):
    """The rows of the old side: those that the new one has too from there, the others its own."""

    def __init__(self, new: Sequence[Any], count: int, found: Alignment, own: Mapping[int, Any]) -> None:
        self._new = new
        self._places = found.places
        self._count = count
        self._own = own

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return [self[at] for at in range(self._count)[index]]
        at = range(self._count)[index]
        return self._own[at] if at in self._own else self._new[self._places[at] if self._places else at]

    def __iter__(self) -> Iterator[Any]:
        if self._places:
            return map(self.__getitem__, range(self._count))
        return chain.from_iterable(self._runs())

    def _runs(self) -> Iterator[Iterable[Any]]:
        """The rows in pieces: those between two changed ones are the new side's."""
        rows, last = iter(self._new), 0
        for at in sorted(self._own):
            yield islice(rows, at - last)
            yield (self._own[at],)
            next(rows, None)
            last = at + 1
        yield islice(rows, self._count - last)


def with_metrics(config: Config | None, diff: Diff, tell: Tell) -> Diff:
    """The diff with what it does to the project's metrics; `tell` hears of one that takes long.

    Raises:
        ConfigError: a file of metrics can't be loaded.
    """
    if config is None or not diff.new.bundles:
        return diff
    metrics = load_project_metrics(config)
    new = {target: BundleData(bundle) for target, bundle in diff.new.bundles.items()}
    old = {target: BundleData(bundle, new.get(target)) for target, bundle in diff.old.bundles.items()}
    first = config.targets[0].name
    found = [_compared(diff, one, one.mark.target or first, old, new, tell) for one in metrics]
    return replace(diff, metrics=tuple(sorted(found, key=lambda one: -one.size)))


def _compared(
    diff: Diff, metric: Metric, target: str, old: Mapping[str, BundleData], new: Mapping[str, BundleData], tell: Tell
) -> MetricDiff:
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
    if _is_same(diff.old.bundles[target], diff.new.bundles[target], sorted(asked)):
        return replace(compared, old=after.values, new=after.values)
    before = compute(metric, old[target], tell)
    if before.failed is not None:
        why = sentence("it can't be computed before the change: {why}", why=before.failed)
        return replace(compared, new=after.values, failed=why)
    return replace(compared, old=before.values, new=after.values)


def _is_same(old: Bundle, new: Bundle, tables: Sequence[str]) -> bool:
    """Whether the tables that a metric asked for have the same bytes on both sides: it gives the same then."""
    if old.manifest.schema.sha256 != new.manifest.schema.sha256:
        return False
    found = ((old.manifest.tables.get(name), new.manifest.tables.get(name)) for name in tables)
    return all((one and one.parts) == (other and other.parts) for one, other in found)
