from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gdata._core import core
from gdata.bundles import placed as placing
from gdata.bundles.placed import PlacedRows, place_rows
from gdata.diffs.tables.match import Alignment, Matching, align, match_aligned, match_rows
from gdata.diffs.tables.rows import _varint as varint
from gdata.longbytes import Content, LongBytes

pytestmark = pytest.mark.skipif(core() is None, reason="the core isn't compiled")

sizes = st.sampled_from([0, 1, 5, 120, 127, 128, 300, 16383, 16384])
ROW_FIELDS = [1, 15, 16, 2047, 2048]


def make_row(key: int, text: bytes) -> bytes:
    return b"\x08" + varint(key) + b"\x12" + varint(len(text)) + text


def key_of(row: bytes) -> bytes:
    return row[: row.index(b"\x12")]


def table(rows: Sequence[bytes], number: int = 1) -> bytes:
    return b"".join(varint(number << 3 | 2) + varint(len(row)) + row for row in rows)


def placed(content: Content, number: int = 1) -> PlacedRows:
    found = place_rows(content, number)
    assert found is not None
    return found


def both_ways(
    old: Sequence[bytes], new: Sequence[bytes], number: int = 1, block: int = 1 << 18
) -> tuple[Matching, Matching]:
    """With tables that are walked through so many bytes at a time; the old one in memory, the new one where it lies."""
    long = table(new, number)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(placing, "_BLOCK", block)
        sides = placed(table(old, number), number), placed(LongBytes.joined([long[:99], long[99:]]), number)
        found = align(*sides, number, [1])
    assert found is not None
    assert tuple(map(list, sides)) == (list(old), list(new))
    for rows, held in zip((old, new), sides, strict=True):
        for some in ([*range(0, len(rows), 3)], [*range(len(rows))][::-1], [*range(2, min(9, len(rows)))]):
            assert held.some(some) == table([rows[at] for at in some], number)
    keys = (lambda at: [key_of(old[one]) for one in at], lambda at: [key_of(new[one]) for one in at])
    return match_aligned(found, len(old)), match_rows(old, new, keys)


@st.composite
def sides(draw: st.DrawFn) -> tuple[list[bytes], list[bytes]]:
    old = [make_row(key, b"x" * draw(sizes)) for key in range(draw(st.integers(0, 90)))]
    new = list(old)
    for at in draw(st.lists(st.integers(0, 95), max_size=8)):
        what = draw(st.sampled_from(["change", "insert", "remove", "move"]))
        if what == "insert":
            new.insert(at, make_row(draw(st.integers(100, 10**6)), b"new"))
        elif what == "move" and new:
            new.insert(at, new.pop(draw(st.integers(0, len(new) - 1))))
        elif at < len(new):
            new[at : at + 1] = [new[at] + b"\x12\x01y"] if what == "change" else []
    return old, list({key_of(row): row for row in new}.values())


@given(sides(), st.sampled_from(ROW_FIELDS), st.sampled_from([5, 300, 1 << 18]))
def test_the_core_matches_rows_as_python_does(rows: tuple[list[bytes], list[bytes]], number: int, block: int) -> None:
    old, new = rows
    by_core, by_python = both_ways(old, new, number, block)
    differing = [(one, other) for one, other in by_python.pairs if old[one] != new[other]]
    assert list(by_core.pairs) == differing
    assert by_core.removed == by_python.removed
    assert by_core.added == by_python.added
    assert by_core.reordered == by_python.reordered


def test_all_changed_all_moved_and_nothing_in_common() -> None:
    rows = [make_row(key, b"a") for key in range(500)]
    for new in ([row + b"\x12\x01b" for row in rows], rows[::-1], rows[1:], [make_row(7, b""), *rows[8:]], []):
        by_core, by_python = both_ways(rows, new)
        assert (by_core.added, by_core.removed, by_core.reordered) == (
            by_python.added,
            by_python.removed,
            by_python.reordered,
        )
        assert list(by_core.pairs) == [(one, other) for one, other in by_python.pairs if rows[one] != new[other]]


def test_rows_of_the_same_bytes_pair_first_with_first() -> None:
    one, other = make_row(1, b"a"), make_row(2, b"b")
    found = aligned([one, one, other], [other, make_row(3, b""), one, one, make_row(4, b"")])
    assert list(found.places) == [2, 3, 0]
    assert (list(found.old_left), list(found.new_left)) == ([], [1, 4])


def aligned(old: Sequence[bytes], new: Sequence[bytes]) -> Alignment:
    found = align(placed(table(old)), placed(table(new)), 1, [1])
    assert found is not None
    return found


GOOD = table([make_row(1, b"abc")])


@pytest.mark.parametrize(
    "odd",
    [
        GOOD[:-1],
        GOOD + b"\x12\x00",
        GOOD + b"\x0a",
        GOOD + b"\x08\x01",  # the rows' number, and no message
        b"\x0a" + b"\xff" * 12,
        GOOD + b"\x0a\xff\xff\xff\xff\xff\x01",
        table([make_row(1, b"abc")], 2),
    ],
)
def test_what_is_no_plain_run_of_rows_is_left_to_python(odd: bytes) -> None:
    assert place_rows(odd, 1) is None


def test_a_key_that_the_core_cant_look_at_is_left_to_python() -> None:
    assert align(placed(GOOD), placed(GOOD), 1, list(range(1, 18))) is None
    assert align(placed(GOOD), placed(GOOD), 1, []) is None


def test_a_row_whose_key_makes_no_sense_is_left_to_python() -> None:
    assert align(placed(table([b"\x08\xff"])), placed(table([b"\x08\x01"])), 1, [1]) is None


class Counted:
    """A file that counts how often it is read."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.reads = 0

    def read(self, start: int, size: int) -> bytes:
        self.reads += 1
        return self.content[start : start + size]


@pytest.mark.parametrize("step", [1, 7, -1, -3])
def test_many_rows_that_stand_in_no_order_arent_read_one_by_one(step: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(placing, "_SCATTERED", 20)
    monkeypatch.setattr(placing, "_NEAR", 100)
    rows = [make_row(key, b"x" * 50) for key in range(150)]
    file = Counted(table(rows))
    held = placed(LongBytes.of(file, 0, len(file.content)))
    file.reads = 0
    some = range(len(rows))[::step]
    assert held.some(some) == table([rows[at] for at in some])
    assert file.reads == {1: 1, 7: 22, -1: 1, -3: 1}[step]
