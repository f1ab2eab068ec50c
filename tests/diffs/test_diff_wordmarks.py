from hypothesis import given
from hypothesis import strategies as st

from gdata.diffs.renderers.wordmarks import Piece, mark_words, shorten


def joined(pieces: list[Piece]) -> str:
    return "".join(piece.text for piece in pieces)


def marked(pieces: list[Piece]) -> list[str]:
    return [piece.text for piece in pieces if piece.marked]


def test_changed_words_are_marked() -> None:
    old, new = mark_words("A sword of fire and ice", "A sword of flame and ice")
    assert (marked(old), marked(new)) == (["fire"], ["flame"])


def test_korean_is_marked_by_syllable() -> None:
    old, new = mark_words("전설의 검을 획득", "전설의 검이 획득")
    assert (marked(old), marked(new)) == (["을"], ["이"])


def test_a_very_long_text_is_marked_between_its_ends() -> None:
    old, new = mark_words("a " * 1000 + "x" + " b" * 1000, "a " * 1000 + "yy" + " b" * 1000)
    assert (marked(old), marked(new)) == (["x"], ["yy"])


def test_what_is_far_from_a_mark_is_left_out() -> None:
    old, _ = mark_words("word " * 60 + "fire", "word " * 60 + "ice")
    assert joined(shorten(old, 40)) == "…" + ("word " * 60)[-24:] + "fire"


@given(st.text(), st.text())
def test_no_sign_is_lost(old: str, new: str) -> None:
    before, after = mark_words(old, new)
    assert (joined(before), joined(after)) == (old, new)
    assert joined([one for one in before if not one.marked]) == joined([one for one in after if not one.marked])
