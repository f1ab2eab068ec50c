"""Compare two builds. Where every hash is equal this is all that is loaded: the answer comes in milliseconds."""

from __future__ import annotations

from gdata.config import SchemaRule
from gdata.diffs.model import Diff, Side, Summary, TargetDiff
from gdata.garbage import paused_gc


def compare(old: Side, new: Side, *, category: SchemaRule = "wire") -> Diff:
    """What changed from `old` to `new`.

    `category` is how strictly the schema's changes are judged (`buf breaking`'s; off: not at all).

    Raises:
        DamagedError: a file of one of the bundles isn't what its manifest says.
        OutsideError: a file can't be read, or buf can't run.
    """
    names = [*new.bundles, *(name for name in old.bundles if name not in new.bundles)]
    if all(_is_same(old, new, name) for name in names):
        return Diff(old, new, Summary(), {name: TargetDiff(Summary()) for name in names})
    from concurrent.futures import ThreadPoolExecutor

    from gdata.diffs.summary import summarize_all
    from gdata.diffs.targets import READ_AHEAD, TargetComparison

    with paused_gc(), ThreadPoolExecutor(2 * READ_AHEAD) as readers:
        targets = {
            name: TargetComparison(old.bundles.get(name), new.bundles.get(name), readers).compare(category, new)
            for name in names
        }
    return Diff(old, new, summarize_all(targets), targets)


def _is_same(old: Side, new: Side, target: str) -> bool:
    both = old.bundles.get(target), new.bundles.get(target)
    return both[0] is not None and both[1] is not None and both[0].manifest.bundle == both[1].manifest.bundle
