"""Compute a project's metrics on both sides of a diff, with today's code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from google.protobuf.message import DecodeError

from gdata.bundles.lookup import Table
from gdata.bundles.reader import Bundle
from gdata.checks.metrics import Metric, Tell, compute
from gdata.config import Config
from gdata.diffs.metrics import MetricDiff
from gdata.diffs.model import Diff
from gdata.diffs.rows import damaged_table
from gdata.diffs.schemas import class_of, open_schema
from gdata.diffs.titles import SideTitles
from gdata.errors import LookupFailed
from gdata.language import sentence
from gdata.nearest import did_you_mean
from gdata.pipeline.metrics import load_project_metrics


class BundleData:
    """The tables of a bundle as metrics see them: `data.ItemTable[1001]`. A table is read when it is asked for."""

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
            self._tables[name] = self._read(name)
        return self._tables[name]

    def _read(self, name: str) -> Any:
        bundle, entry = self._bundle, self._bundle.manifest.tables[name]
        if self._titles is None:
            self._titles = SideTitles(bundle, open_schema(bundle))
        shape = self._titles.schema.table(name, entry, bundle.place)
        try:
            message = class_of(shape.table).FromString(bundle.table(name))
        except DecodeError as error:
            raise damaged_table(f"{bundle.place}: {name}", error) from error
        if shape.rows is None:
            return message
        held = getattr(message, shape.rows.name)
        table: Table[Any, Any] = Table(
            name, [held[key] for key in sorted(held)] if shape.is_map else held, entry.key, shape.row
        )
        table.call_rows_by(lambda _, titles=self._titles: titles.of(name))  # type: ignore[misc]
        return table


def with_metrics(config: Config | None, diff: Diff, tell: Tell) -> Diff:
    """The diff with what it does to the project's metrics; `tell` hears of one that takes long.

    Raises:
        ConfigError: a file of metrics can't be loaded.
    """
    if config is None or not diff.new.bundles:
        return diff
    metrics = load_project_metrics(config)
    old = {target: BundleData(bundle) for target, bundle in diff.old.bundles.items()}
    new = {target: BundleData(bundle) for target, bundle in diff.new.bundles.items()}
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
    return all(
        name in old.manifest.tables and old.manifest.tables[name].parts == new.manifest.tables[name].parts
        for name in tables
        if name in new.manifest.tables
    )
