"""The versions that sheets, schemas, targets and channels name, and what is wrong with how they fit together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from gdata import kinds
from gdata.config import Audience
from gdata.language import Sentence, sentence
from gdata.parsing.view import View
from gdata.problems import Problem
from gdata.project import Project
from gdata.tables.stage import Parsed
from gdata.versions import Version


def version_words(version: Version | None) -> Sentence:
    """A version for people; None is none."""
    return sentence("version {version}", version=version) if version is not None else sentence("no version")


def check_nobody(project: Project, parsed: Parsed) -> Iterator[Problem]:
    """A warning for every version that begins in a sheet and that no target or channel has reached."""
    reached = project.config.versions
    if None in reached:
        return
    for table in parsed.tables.values():
        for one in table.bounds:
            if one.word != "until" and not any(version >= one.version for version in reached if version is not None):
                yield kinds.VERSION_NOBODY.at(one.cell, table=table.plan.name, version=one.version)


def check_empty(parsed: Parsed, audience: Audience, views: Mapping[str, View]) -> Iterator[Problem]:
    """A warning for every table of which an audience's version has no row, though there are some."""
    for name, view in views.items():
        table = parsed.tables[name]
        rows = [one for one in table.bounds if one.word != "+"]
        if view.plan.kind != "record" and not view.row_count and rows:
            version = audience.version or sentence("the newest")
            cell = rows[0].cell
            yield kinds.VERSION_EMPTY.at(type(cell)(cell.spreadsheet, cell.sheet), table=name, version=version)
