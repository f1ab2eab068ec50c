"""Names for Korean headers: by the dictionary, else by their sound."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gdata.scaffold.fields.enums import name_values
from gdata.scaffold.names import TakenNames, named_part, needs_column, row_words, snake, words_of
from gdata.scaffold.romanize import romanize, translate


@pytest.mark.parametrize(
    ("hangul", "latin"),
    [
        ("독립", "dongnip"), ("신라", "silla"), ("종로", "jongno"), ("백마", "baengma"), ("왕십리", "wangsimni"),
        ("별내", "byeollae"), ("압구정", "apgujeong"), ("한국어", "hangugeo"), ("낙동강", "nakdonggang"),
        ("놓다", "nota"),
    ],
)  # fmt: skip
def test_sounds_are_written_as_the_revised_romanization_does(hangul: str, latin: str) -> None:
    assert romanize(hangul) == latin


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("가격", "price"), ("이름", "name"), ("번호", "id"), ("등급", "rarity"), ("보상수량", "reward_count"),
        ("아이템 번호", "item_id"), ("아이템명", "item_name"), ("설명", "description"), ("사용 여부", "is_used"),
        ("사용여부", "is_used"), ("쿨타임(초)", "cooldown_seconds"), ("ItemID", "item_id"), ("dropRate", "drop_rate"),
        ("아이템 번호\n(item_code)", "item_code"), ("최대HP", "max_hp"), ("깃발", "gitbal"),
        ("확률(%)", "probability_percent"),
    ],
)  # fmt: skip
def test_headers_get_sensible_names(header: str, name: str) -> None:
    assert snake(words_of(header)[0], "?") == name


def test_a_name_by_sound_is_unsure_and_a_translation_is_likely() -> None:
    assert [words_of(text)[1].sure for text in ("price", "가격", "깃발")] == ["sure", "likely", "unsure"]


@pytest.mark.parametrize("title", ["Item", "item_list", "ItemTable", "아이템 목록", "아이템"])
def test_a_row_is_called_what_its_sheet_is_called(title: str) -> None:
    assert row_words(title) == ["item"]


def test_a_header_that_names_its_field_needs_no_column() -> None:
    assert not needs_column("Item ID", "item_id")
    assert not needs_column("itemId", "item_id")
    assert needs_column("아이템", "item")


def test_two_fields_never_have_one_name_for_protoc() -> None:
    names = TakenNames()
    assert [names.take(name) for name in ("item_id", "itemid", "item_id")] == ["item_id", "itemid_2", "item_id_3"]


def test_the_text_that_means_nothing_is_the_zero_of_an_enum() -> None:
    assert name_values("Rarity", ["희귀", "없음"]) == (("RARITY_NONE", "없음"), ("RARITY_RARE", "희귀"))
    assert name_values("Rarity", ["Rare"]) == (("RARITY_UNSPECIFIED", ""), ("RARITY_RARE", ""))


def test_a_value_that_begins_with_its_enums_name_has_it_once() -> None:
    zero = ("RARITY_UNSPECIFIED", "")
    assert name_values("Rarity", ["RARITY_RARE", "Rarity_Epic"]) == (zero, ("RARITY_RARE", ""), ("RARITY_EPIC", ""))
    assert name_values("Rarity", ["Rarity"]) == (zero, ("RARITY_RARITY", ""))


def test_every_word_of_the_dictionary_is_a_name() -> None:
    from gdata.scaffold.romanize import _known

    for section in _known().values():
        for korean, english in section.items():
            assert english.isidentifier() and english == english.lower(), korean
    assert translate("아무말대잔치") is None


@given(st.text(max_size=40))
def test_any_header_gets_a_name_that_protobuf_takes(header: str) -> None:
    name = snake(words_of(header)[0], "column_a")
    assert name.isascii() and name.isidentifier() and name[0].isalpha()


@pytest.mark.parametrize(
    ("title", "row"),
    [
        ("abilities", ["ability"]),
        ("item_boxes", ["item", "box"]),
        ("statuses", ["status"]),
        ("bonus", ["bonus"]),
        ("PokemonSpecies", ["pokemon", "species"]),
        ("game_indices", ["game", "index"]),
        ("英雄|Hero", ["hero"]),
    ],
)
def test_a_row_is_called_what_one_of_the_sheet_is(title: str, row: list[str]) -> None:
    assert row_words(named_part(title)) == row


def test_one_record_keeps_the_name_of_many() -> None:
    assert row_words("Constants", of_many=False) == ["constants"]
