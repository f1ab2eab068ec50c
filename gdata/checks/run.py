"""All checks of a project, put together so that nothing is done twice.

checks = Checks(schema, plans, files=config.checks, asset_root=config.asset_root)
problems = [problem for view in views_of_all_targets for problem in checks.check_table(view)]
for views in views_by_target:
    problems += checks.check_together(views, problems)
problems += checks.warn(all_views)
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING

from gdata.checks.assets import Assets, check_assets, warn_unchecked
from gdata.checks.constraints import Constraints
from gdata.checks.keys import check_constants, check_decomposed, check_doubled, check_lookalikes, check_same
from gdata.checks.references.resolve import ReferenceChecks, check_values
from gdata.checks.references.rules import check_reference_declarations
from gdata.checks.sums import check_groups
from gdata.parsing.view import View
from gdata.problems import Problem
from gdata.schema.plan import TablePlan
from gdata.schema.schema import Schema
from gdata.versions import Version

if TYPE_CHECKING:
    from gdata.checks.functions import CustomCheck


class RowChecks:
    """What a table's rows show by themselves; it depends on the schema and the rows alone, so it may be cached."""

    def __init__(self, schema: Schema, timezone: tzinfo = UTC) -> None:
        self._constraints = Constraints(schema, timezone)

    def compile(self, plan: TablePlan) -> None:
        """Compile the constraints of a table.

        Raises:
            SchemaError: one doesn't compile.
        """
        self._constraints.check_rules(plan)

    def note_clean(self, view: View) -> None:
        """Note whether a piece of a table breaks no constraint; then it needn't be asked again.

        Raises:
            SchemaError: one doesn't compile.
        """
        self._constraints.note_clean(view)

    def check(self, view: View) -> list[Problem]:
        """Constraints, keys, unique fields, sums, sequences, look-alikes."""
        cells = [
            *check_same(view),
            *check_decomposed(view),
            *self._constraints.check(view),
            *check_values(view),
        ]
        groups = [*check_constants(view), *check_groups(view)]
        return [*cells, *(_without_consequences(groups, cells) if cells else groups), *check_lookalikes(view)]

    def check_off(self, off: View, others: Iterable[View]) -> list[Problem]:
        """What is wrong in the rows that are switched off, by themselves and beside the others: warnings."""
        if not off.rows:
            return []
        keys = [*check_same(off), *check_doubled(off, others)]
        return as_warnings([*keys, *self._constraints.check(off), *check_lookalikes(off)])


def as_warnings(problems: Iterable[Problem]) -> list[Problem]:
    """The problems of rows that nobody sees."""
    return [replace(one, severity="warning") for one in problems]


def _without_consequences(groups: Iterable[Problem], cells: Iterable[Problem]) -> list[Problem]:
    """Of constants, sums and sequences those that break at a cell without a problem of its own: mending that may do."""
    wrong = {cell for problem in cells for cell in (problem.cell, *problem.related)}
    return [
        one for one in groups if one.cell not in wrong and (one.code != "sum.wrong" or wrong.isdisjoint(one.related))
    ]


class Checks:
    """The checks of one schema's tables; compiled rules and findings for shared views are kept in it."""

    def __init__(
        self,
        schema: Schema,
        tables: Mapping[str, TablePlan],
        *,
        files: Sequence[Path] = (),
        asset_root: Path | None = None,
        checked: Collection[str] = (),
        timezone: tzinfo = UTC,
    ) -> None:
        """`tables` are all that sheets.yaml feeds, by short name; `files` are the project's own checks.

        `checked` are the tables whose rows `RowChecks` has seen already; for them call `check_files` alone.

        Raises:
            SchemaError: a constraint doesn't compile, or a ref points nowhere.
            ConfigError: a file of checks can't be loaded.
        """
        self._rows = RowChecks(schema, timezone)
        for name, plan in tables.items():
            if name not in checked:
                self._rows.compile(plan)
        self._references = ReferenceChecks(check_reference_declarations(schema, tables))
        self._custom = _load(files, tables)
        self._timezone = timezone
        self._asset_root = asset_root
        self._assets = Assets(asset_root) if asset_root is not None and asset_root.is_dir() else None
        self._checked: dict[int, tuple[View, list[Problem]]] = {}

    def check_table(self, view: View) -> list[Problem]:
        """What one table shows by itself: constraints, keys, unique fields, sums, sequences, files, look-alikes.

        A view that several targets share is checked at the first call alone.
        """
        if id(view) not in self._checked:
            # The view is kept with what was found, so that no other can get its identity.
            self._checked[id(view)] = view, self._check(view)
        return self._checked[id(view)][1]

    def check_together(
        self, views: Mapping[str, View], known: Iterable[Problem] = (), version: Version | None = None
    ) -> list[Problem]:
        """What one target's tables (by short name) show together: references, and the project's own checks.

        `known` are all problems found before, those of parsing among them: they tell which missing value is
        only a mistyped key, and which failing lookup is only a missing row.
        """
        known = list(known)
        texts = {problem.cell: problem.value for problem in known if problem.value}
        missing = self._references.check(views, texts)
        if not self._custom:
            return missing
        from gdata.checks.functions import run_checks

        return [*missing, *run_checks(self._custom, views, [*known, *missing], self._timezone, version)]

    def check_off(self, tables: Mapping[str, View], seen: Sequence[Mapping[str, View]]) -> list[Problem]:
        """The references of rows that are switched off (`tables`, by short name) to rows that no target has either.

        `seen` are the tables as each target sees them.
        """
        return as_warnings(self._references.check_off(tables, seen))

    def answer_titles(self, views: Mapping[str, View], problems: Iterable[Problem]) -> list[Problem]:
        """The problems of one target; a title in place of a reference's number is answered with the number."""
        return self._references.answer_titles(views, problems)

    def warn(self, views: Mapping[str, View]) -> list[Problem]:
        """What couldn't be checked, told once for the whole project."""
        return [] if self._assets is not None else warn_unchecked(views, self._asset_root)

    def check_rows_off(self, off: View, others: Iterable[View]) -> list[Problem]:
        """What rows that are switched off show by themselves."""
        return self._rows.check_off(off, others)

    def check_files(self, view: View) -> list[Problem]:
        """Whether the files that a table names are under asset_root."""
        return check_assets(view, self._assets) if self._assets is not None else []

    def _check(self, view: View) -> list[Problem]:
        return [*self._rows.check(view), *self.check_files(view)]


def _load(files: Sequence[Path], tables: Mapping[str, TablePlan]) -> Sequence[CustomCheck]:
    if not files:  # What runs a project's own Python takes 15 ms to import.
        return ()
    from gdata.checks.functions import load_checks

    return load_checks(files, tables)
