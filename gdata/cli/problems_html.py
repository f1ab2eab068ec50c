"""Problems as one self-contained page that looks as the diff's does: to attach, to mail, to open by a double-click.

There is no script in it, and the content security policy lets nothing load or run.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Sequence
from importlib.resources import files
from typing import Any

from gdata.cli.problems_folding import Folded, fold, group_by_sheet
from gdata.cli.problems_text import cell_name, count_text, full_message, more_like_it, others_beside, summary
from gdata.language import current_language, say
from gdata.problems import Problem
from gdata.text import visible

MOST = 20_000
"""Problems in the page; more would make it too big to open."""
_KEPT = 100
"""Problems of a flood that are shown: a page has more room than a screen."""


def as_html(problems: Sequence[Problem], *, most: int = MOST) -> str:
    """The problems as an HTML document, at most `most` of them; the rest is counted."""
    from jinja2 import Environment, PackageLoader

    environment = Environment(loader=PackageLoader("gdata.cli", "page"), autoescape=True)
    style = (files("gdata.diffs.renderers") / "page" / "diff.css").read_text("utf-8")
    style += (files("gdata.cli") / "page" / "problems.css").read_text("utf-8")
    folded = fold(problems, _KEPT)
    left = sum(one.count for one in folded[most:])
    return environment.get_template("problems.html.j2").render(
        title=summary(problems) if problems else say("No problems"),
        language=current_language(),
        words=_words(),
        sheets=[_sheet(sheet, group) for sheet, group in group_by_sheet(folded[:most]).items()],
        left=say("… and {count} more: run `gdata check --all`", count=f"{left:,}") if left else "",
        style=style,
        style_hash="sha256-" + base64.b64encode(hashlib.sha256(style.encode()).digest()).decode(),
    )


def _words() -> dict[str, str]:
    return {
        "sheets": say("Sheets"),
        "cell": say("Cell"),
        "wrong": say("What is wrong"),
        "todo": say("What to do"),
        "none": say("No problems"),
    }


def _sheet(sheet: tuple[str, str], group: Iterable[Folded]) -> dict[str, Any]:
    group = list(group)
    return {
        "name": " / ".join(visible(part) for part in sheet if part),
        "count": f"{sum(one.count for one in group):,}",
        "found": count_text(group),
        "rows": [_row(one) for one in group],
    }


def _row(one: Folded) -> dict[str, str]:
    problem = one.problem
    others = others_beside(problem)
    return {
        "severity": problem.severity,
        "level": problem.severity_word,
        "cell": visible(cell_name(problem.cell)),
        # A path of this machine is of no use to whoever the page is sent to.
        "url": problem.url if problem.url.startswith("https://") and problem.url.isprintable() else "",
        "text": visible(full_message(problem)),
        "code": visible(problem.code),
        "hint": visible(problem.hint),
        "others": visible(say("also {cells}", cells=others)) if others else "",
        "more": more_like_it(one) if one.more else "",
    }
