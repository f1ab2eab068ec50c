"""What fields may refer to: the keys of tables, by the names that other tables have for them and by their values."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Any

from gdata.parsing.cells.compound import split_outside_quotes, unquote
from gdata.scaffold.cells import plain_value
from gdata.scaffold.guess import GuessedField, GuessedTable
from gdata.scaffold.names import singular
from gdata.schema.fieldtypes import FIELD_TYPES, FieldKind

_ID_WORDS = frozenset("id ids key keys code codes no index idx uid ref".split())
GENERIC = frozenset("group level order type step index".split())
_OF_TABLES = frozenset("info base basic config conf cfg def define master setting".split())
"""Last words of tables' names that say nothing of their rows."""
_NONE_NUMBERS = (0, -1)
_NONE_TEXTS = ("0", "-1", "-", "none", "None", "NONE", "null", "없음")
FEW_VALUES = 5
_IN_FULL, LAST_WORD, _OF_THE_KEY, _SHORT = 0.9, 0.05, 0.1, 0.95
"""What `effect` in `move` says of `move_effect`; what a last word alone says; what the name of a key counts beside
that of a table; and what `item` says of ItemInfo, if there is no Item."""


@dataclass(frozen=True)
class Referable:
    """A column that fields may refer to: a key of one field, or what rows are called beside it (then `field` names
    it)."""

    table: str
    field: str
    names: frozenset[tuple[str, ...]]
    kind: str
    column: GuessedField
    stem: tuple[str, ...] = ()
    """What its key is called, where that says more than id: a table of another name may be meant by it."""
    short: frozenset[tuple[str, ...]] = frozenset()
    """Those of its names that leave a word out."""

    @cached_property
    def values(self) -> frozenset[Any]:
        """All that it has."""
        return values_of(self.column, self.column.type.kind)

    @cached_property
    def _sorted(self) -> list[int]:
        return sorted(self.values)

    def chance(self, values: frozenset[Any]) -> float:
        """How likely it is that as many values of such a range are all here by accident."""
        if self.kind != "number" or not values:
            return 0.0 if len(values) >= FEW_VALUES else 1.0
        low, high = min(values), max(values)
        inside = bisect_right(self._sorted, high) - bisect_left(self._sorted, low)
        density = inside / (high - low + 1)
        return float(density ** len(values))


def referables_of(table: GuessedTable) -> Iterator[Referable]:
    """What a guessed table offers to refer to."""
    key = table.key
    if table.is_record:
        return
    # A part of a longer key is no row's name.
    if len(key) == 1 and not key[0].type.may_be_enum:
        yield key_of(table.name, table.words, key[0])
    called = next((one for one in table.fields if one.words[:1] == ("name",) and one.type.kind == "string"), None)
    if called is not None and called.key is None and not called.type.may_be_enum and not called.is_list:
        short, own = _short(table.words), {tuple(table.words), singular(table.words)}
        names, fewer = (
            {(*row, *rest) for row in rows for rest in (called.words, called.words[1:])} for rows in (own, short)
        )
        yield Referable(table.name, called.name, frozenset(names | fewer), "string", called, short=frozenset(fewer))


def key_of(table: str, row: Sequence[str], key: GuessedField) -> Referable:
    """The key of a table, under all the names by which other tables may call it."""
    stem, short = tuple(without_id(key.words)), _short(row)
    names = {tuple(row), singular(row), *short}
    own = stem if not (set(stem) & GENERIC) and stem not in names else ()
    return Referable(table, "", frozenset(names), comparable(key.type.kind), key, own, frozenset(short))


def _short(row: Sequence[str]) -> set[tuple[str, ...]]:
    """What rows may be called beside their table: of ItemInfo an item."""
    return {tuple(row[:-1])} if len(row) > 1 and row[-1] in _OF_TABLES else set()


def may_refer(kind: FieldKind) -> bool:
    """Whether fields of this kind refer."""
    return FIELD_TYPES[kind].is_whole or kind == "string"


def comparable(kind: FieldKind) -> str:
    """What fields and what they refer to have in common: whole numbers of any size refer to one another."""
    return "number" if FIELD_TYPES[kind].is_whole else kind


def has_id(field: GuessedField) -> bool:
    """Whether it is called an id, key or code of something."""
    return list(field.words) != without_id(field.words)


def without_id(words: Sequence[str]) -> list[str]:
    """What an id is of: of `item_id` the item."""
    words = list(words)
    while words and words[-1] in _ID_WORDS:
        words.pop()
    return words


def values_of(field: GuessedField, kind: FieldKind) -> frozenset[Any]:
    """All values that a column has, of lists their elements."""
    return frozenset(_each(field, kind)) if field.type.is_list else field.cells.plain_values(kind)


def _each(field: GuessedField, kind: FieldKind) -> Iterator[Any]:
    for cell in field.cells.each_different():
        texts: Sequence[Any] = [cell]
        if field.type.is_list and isinstance(cell, str):
            texts = [unquote(one) for one in split_outside_quotes(cell, field.type.separator or ",")]
        for one in texts:
            try:
                yield plain_value(one, kind)
            except (ValueError, OverflowError):
                continue  # A formula error, or 1.5e999.


def none_of(field: GuessedField) -> frozenset[Any]:
    """The values that often mean that nothing is referred to."""
    return frozenset(_NONE_NUMBERS if field.type.kind != "string" else _NONE_TEXTS)


def probe_of(field: GuessedField) -> list[Any]:
    """A value of the column that means something: what it refers to has it. [] where it has none."""
    none = none_of(field)
    return list(islice((value for value in _each(field, field.type.kind) if value not in none), 1))


class Referables:
    """All that may be referred to, found by the last word of a name and by a value: each field asks for a few."""

    def __init__(
        self,
        every: Sequence[Referable],
        probes: Mapping[str, Set[Any]],
        without_key: Iterable[tuple[str, ...]] = (),
    ) -> None:
        """`probes` are the values, by kind, that may be asked for; `without_key` what tables are called that have no
        key of one field."""
        self.without_key = frozenset(without_key)
        self._by_word: dict[tuple[str, str], dict[int, Referable]] = {}
        self._by_value: dict[tuple[str, Any], list[Referable]] = {}
        self._of_table: dict[str, list[Referable]] = {}
        self._in_full: dict[tuple[str, ...], list[Referable]] = {}
        for number, one in enumerate(every):
            self._of_table.setdefault(one.table, []).append(one)
            if one.field:
                # What rows are called is meant by whole names alone, and by no text that happens to be there.
                for name in one.names:
                    self._in_full.setdefault(name, []).append(one)
                continue
            for name in (*one.names, *([one.stem] if one.stem else [])):
                self._by_word.setdefault((one.kind, name[-1]), {})[number] = one
            for value in one.values & probes.get(one.kind, frozenset()):
                self._by_value.setdefault((one.kind, value), []).append(one)

    def called(self, kind: str, *words: str) -> list[Referable]:
        """Those with a name that ends with one of the words, in the order of their tables."""
        found = {number: one for word in words for number, one in self._by_word.get((kind, word), {}).items()}
        return [found[number] for number in sorted(found)]

    def in_full(self, words: tuple[str, ...], above: Sequence[str]) -> list[tuple[float, Referable]]:
        """Columns of what rows are called that a field of a table called `above` means, and how much that says:
        `monster_name` in any, and `base_name` in `monster_hitzone` where monsters lie in `monster_base`."""
        inside = [(len(words[n:]) / len(words), words[n:]) for n in range(len(words))]
        beyond = [(_IN_FULL, (*above[:n], *words)) for n in range(1, len(above) + 1)]
        return [(score, one) for score, name in [*inside, *beyond] for one in self._in_full.get(name, ())]

    def having(self, kind: str, value: Any) -> list[Referable]:
        """Those with this value."""
        return self._by_value.get((kind, value), [])

    def of_table(self, table: str) -> list[Referable]:
        """Those of one table."""
        return self._of_table.get(table, [])


def likeness(words: tuple[str, ...], above: tuple[str, ...], to: Referable) -> float:
    """How much of a field's name a table's name explains: `reward_item` and `item` 0.5, 0 where it isn't its end.

    `above` is what the field's own table is called: its `effect` is the one of `move_effect` in `move`. What a key is
    called says less than what a table is.
    """
    best = max(_explained(words, above, name) * (_SHORT if name in to.short else 1) for name in to.names)
    return max(best, _OF_THE_KEY * _explained(words, above, to.stem)) if to.stem else best


def _explained(words: tuple[str, ...], above: tuple[str, ...], name: tuple[str, ...]) -> float:
    best = 0.0
    for candidate in {words, singular(words)}:
        if candidate[-len(name) :] == name:
            best = max(best, len(name) / len(words))
        elif above and name == (*above, *candidate):
            best = max(best, _IN_FULL)
        elif name[-len(candidate) :] == candidate and not set(candidate) <= GENERIC:
            best = max(best, (0.8 if len(candidate) > 1 else 0.3) * len(candidate) / len(name))
        elif candidate[-1:] == name[-1:] and candidate[-1] not in GENERIC:
            # `evolves_from_species` of `pokemon_species`
            best = max(best, LAST_WORD)
    return best
