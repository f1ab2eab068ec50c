"""Which row is which: the cases that tools for text and tables get wrong."""

from hypothesis import given
from hypothesis import strategies as st

from gdata.diffs.tables.match import Matching, match_rows


def match(old: str, new: str, *, keyed: bool = False) -> Matching:
    """Rows are letters; with a key they are words, whose first letter is the key."""
    before, after = ([row.encode() for row in (text.split() if keyed else text)] for text in (old, new))
    keys = (lambda at: [before[one][:1] for one in at], lambda at: [after[one][:1] for one in at])
    return match_rows(before, after, keys if keyed else None)


def test_equal_sides_leave_nothing() -> None:
    assert match("abc", "abc") == Matching()


def test_a_removed_row_is_removed_and_the_rest_stays_as_it_is() -> None:
    assert match("a1 b1 c1", "b1 c1", keyed=True) == Matching(removed=[0])
    assert match("abc", "bc") == Matching(removed=[0])


def test_an_inserted_row_moves_nobody() -> None:
    assert match("a1 b1", "x1 a1 b1", keyed=True) == Matching(added=[0])
    assert match("aabcd", "zaabXd") == Matching(pairs=[(3, 4)], added=[0])


def test_reordered_rows_are_no_change_but_are_told() -> None:
    assert match("a1 b1 c1", "c1 a1 b1", keyed=True) == Matching(reordered=True)
    assert match("abc", "cab") == Matching(reordered=True)


def test_a_row_that_moved_and_changed_is_one_changed_row() -> None:
    found = match("a1 b1 c1", "c2 a1 b1", keyed=True)
    assert (found.pairs, found.added, found.removed, found.reordered) == ([(2, 0)], [], [], True)


def test_one_row_more_of_the_same_is_one_added_row() -> None:
    assert match("aab", "aaab").added == [0] or match("aab", "aaab").added in ([1], [2])
    assert match("aaab", "aab").removed in ([0], [1], [2])


def test_without_a_key_a_changed_row_is_known_by_its_neighbours() -> None:
    assert match("abcdef", "abXdef") == Matching(pairs=[(2, 2)])
    assert match("abcdef", "zabXdef") == Matching(pairs=[(2, 3)], added=[0])


def test_the_same_key_twice_matches_first_with_first() -> None:
    assert match("a1 a2 b1", "a1 a3 b1", keyed=True) == Matching(pairs=[(1, 1)])
    assert match("a1 a2", "a3 a4 a5", keyed=True) == Matching(pairs=[(0, 0), (1, 1)], added=[2])


def test_many_rows_without_a_key() -> None:
    old = [str(number).encode() for number in range(5000)]
    new = [b"first", *old[:2500], b"changed", *old[2501:]]
    found = match_rows(old, new, None)
    assert (found.pairs, found.added, found.removed, found.reordered) == ([(2500, 2501)], [0], [], False)


rows = st.lists(st.sampled_from("abcd"), max_size=12).map("".join)


@given(rows, rows)
def test_every_row_is_accounted_for_once(old: str, new: str) -> None:
    found = match(old, new)
    assert len({one for one, _ in found.pairs} | set(found.removed)) == len(found.pairs) + len(found.removed)
    kept_old = sorted(set(range(len(old))) - {one for one, _ in found.pairs} - set(found.removed))
    kept_new = sorted(set(range(len(new))) - {other for _, other in found.pairs} - set(found.added))
    assert sorted(old[at] for at in kept_old) == sorted(new[at] for at in kept_new)
    if not found.reordered:
        assert [old[at] for at in kept_old] == [new[at] for at in kept_new]


@given(rows)
def test_a_side_against_itself_is_nothing(rows: str) -> None:
    assert match(rows, rows) == Matching()
