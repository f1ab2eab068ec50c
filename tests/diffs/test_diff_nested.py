from hypothesis import given, settings
from hypothesis import strategies as st

from gdata.diffs.tables.fields import NestedComparer, ask_deepdiff, walk

values = st.recursive(
    st.booleans() | st.integers(-3, 3) | st.sampled_from(["", "a", "검"]) | st.sampled_from([0.5, 1.0]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b", "__c", "1"]), inner, max_size=3)
    ),
    max_leaves=8,
)


def as_set(changes: object) -> set[str]:
    return {repr(change) for change in changes}  # type: ignore[attr-defined]


@settings(max_examples=150)
@given(values, values)
def test_what_is_walked_is_what_deepdiff_answers(old: object, new: object) -> None:
    if isinstance(old, (dict, list)) and type(old) is type(new):
        assert as_set(walk(old, new)) == as_set(ask_deepdiff(old, new))


@given(values)
def test_a_value_against_itself_is_nothing(value: object) -> None:
    assert NestedComparer().changes(value, value) == []


def test_elements_that_came_and_went_have_none_on_the_other_side() -> None:
    old, new = {"list": [1, 2]}, {"list": [1, 3, 4]}
    expected = [(("list", 1), 2, 3), (("list", 2), None, 4)]
    assert NestedComparer().changes(old, new) == expected
    assert NestedComparer(ask_limit=0).changes(old, new) == expected
