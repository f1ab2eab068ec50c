"""Which fields refer to other tables: their names say so and their values are there, or their values leave no doubt."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice
from typing import Any

from gdata.language import Sentence, counted, sentence
from gdata.parsing.cells.compound import split_outside_quotes, unquote
from gdata.scaffold.cells import as_cells, plain_value
from gdata.scaffold.guess import Guess, GuessedField, GuessedRef, GuessedTable, Sureness, leaves
from gdata.scaffold.names import row_words, singular, words_of
from gdata.schema.fieldtypes import FIELD_TYPES, FieldKind

_ID_WORDS = frozenset("id ids key keys code codes no index idx uid ref".split())
_SELF_WORDS = frozenset("parent next previous prev prerequisite root base required upgrade evolution target".split())
_GENERIC = frozenset("group level order type step index".split())
_KIND_WORDS = frozenset(["type", "kind", "category"])
_NONE_NUMBERS = (0, -1)
_NONE_TEXTS = ("0", "-1", "-", "none", "None", "NONE", "null", "없음")
_CHANCE = 1e-3
"""Values are believed to refer if they would all be among the keys by accident with less than this probability."""
_FEW_VALUES = 5
_FEWEST_VALUES = 3
"""A name alone, with fewer values than these, says too little."""
_SAYS_NOTHING = frozenset("unknown unk unnamed field column value param arg data var temp reserved".split())
_NEARLY = 0.85
_SAYS_ENOUGH, _IN_FULL, _SELF, _LAST_WORD, _OF_THE_KEY = 0.5, 0.9, 0.1, 0.05, 0.1
"""How much of a name must be another table's; what `effect` in `move` says of `move_effect`; what `parent` says of its
own table; what a last word alone says; and what the name of a key counts beside that of a table."""
_SAY_THE_SAME = 3
"""A column with few values refers to what so many tables' columns of its name do."""


@dataclass(frozen=True)
class Referable:
    """A column that fields may refer to: a key of one field, or a part of a longer key (then `field` names it)."""

    table: str
    field: str
    names: frozenset[tuple[str, ...]]
    kind: str
    values: frozenset[Any]
    stem: tuple[str, ...] = ()
    """What its key is called, where that says more than id: a table of another name may be meant by it."""

    @cached_property
    def _sorted(self) -> list[int]:
        return sorted(self.values)

    def chance(self, values: frozenset[Any]) -> float:
        """How likely it is that as many values of such a range are all here by accident."""
        if self.kind != "number" or not values:
            return 0.0 if len(values) >= _FEW_VALUES else 1.0
        low, high = min(values), max(values)
        inside = bisect_right(self._sorted, high) - bisect_left(self._sorted, low)
        density = inside / (high - low + 1)
        return float(density ** len(values))


@dataclass(frozen=True)
class NearMiss:
    """A field whose name refers to a table that lacks some of its values: likely mistakes in the sheet."""

    table: str
    field: str
    to: str
    missing: tuple[str, ...]
    count: int


@dataclass(frozen=True)
class Referred:
    """Tables with their references, and fields that nearly refer."""

    tables: list[GuessedTable]
    near: list[NearMiss]


def with_references(tables: Sequence[GuessedTable], known: Sequence[Referable] = ()) -> Referred:
    """The tables with references to one another, and to the `known` ones of the project."""
    probes: dict[str, set[Any]] = {}
    for field in leaves([field for table in tables for field in table.fields]):
        if _may_refer(field.type.kind):
            probes.setdefault(_comparable(field.type.kind), set()).update(_probe(field))
    every = [*known, *(one for table in tables for one in referables_of(table))]
    referables = _Referables(every, probes)
    near: list[NearMiss] = []
    found = []
    for table in tables:
        finder = _Finder(table, referables, near)
        found.append(replace(table, fields=tuple(finder.all(table.fields, in_row=True))))
    return Referred(_with_votes(found, referables), near)


def _with_votes(tables: Sequence[GuessedTable], referables: _Referables) -> list[GuessedTable]:
    """The tables, with references of columns that have too few values to tell where others of that name agree."""
    votes: dict[str, set[str]] = {}
    counts: Counter[str] = Counter()
    for table in tables:
        for field in table.fields:
            if field.refs and _has_id(field) and len(field.words) > 1 and not field.refs[0].when:
                votes.setdefault(field.name, set()).add(field.refs[0].table)
                counts[field.name] += 1
    agreed = {name: next(iter(to)) for name, to in votes.items() if len(to) == 1 and counts[name] >= _SAY_THE_SAME}
    return [
        replace(table, fields=tuple(_as_others(field, table, agreed, referables) for field in table.fields))
        for table in tables
    ]


def _as_others(
    field: GuessedField, table: GuessedTable, agreed: dict[str, str], referables: _Referables
) -> GuessedField:
    to = agreed.get(field.name)
    if to is None or field.refs or field.parts or to == table.name or not _may_refer(field.type.kind):
        return field
    values = _values(field, field.type.kind)
    for one in referables.of_table(to):
        if one.kind == _comparable(field.type.kind) and not one.field and values and values <= one.values:
            guess = Guess("likely", sentence("its name, which refers to {table} in other tables too", table=to))
            return replace(field, refs=(GuessedRef(to),), referred=guess)
    return field


def referables_of(table: GuessedTable) -> Iterator[Referable]:
    """What a guessed table offers to refer to."""
    key = table.key
    # A part of a longer key is no row's name.
    if len(key) == 1 and not table.is_record and not key[0].type.may_be_enum:
        yield make_referable(table.name, "", table.words, key[0].words, key[0].type.kind, key[0])


def make_referable(
    table: str, field: str, row: Sequence[str], words: Sequence[str], kind: FieldKind, cells: GuessedField
) -> Referable:
    """A column of a table, under all the names by which other tables may call it."""
    stem = tuple(_without_id(words))
    names = {tuple(row), singular(row)} if not field else {(*row, *stem), stem} - {(one,) for one in _GENERIC} - {()}
    own = stem if not field and not (set(stem) & _GENERIC) and stem not in names else ()
    return Referable(table, field, frozenset(names), _comparable(kind), _values(cells, kind), own)


def _may_refer(kind: FieldKind) -> bool:
    return FIELD_TYPES[kind].is_whole or kind == "string"


def _comparable(kind: FieldKind) -> str:
    return "number" if FIELD_TYPES[kind].is_whole else kind


def _has_id(field: GuessedField) -> bool:
    return list(field.words) != _without_id(field.words)


def _without_id(words: Sequence[str]) -> list[str]:
    words = list(words)
    while words and words[-1] in _ID_WORDS:
        words.pop()
    return words


def _values(field: GuessedField, kind: FieldKind) -> frozenset[Any]:
    """All values that a column has, of lists their elements."""
    return frozenset(_each(field, kind)) if field.type.is_list else as_cells(field.cells).plain_values(kind)


def _each(field: GuessedField, kind: FieldKind) -> Iterator[Any]:
    for cell in as_cells(field.cells).distinct:
        texts: Sequence[Any] = [cell]
        if field.type.is_list and isinstance(cell, str):
            texts = [unquote(one) for one in split_outside_quotes(cell, field.type.separator or ",")]
        for one in texts:
            try:
                yield plain_value(one, kind)
            except ValueError:
                continue  # A formula error.


def _none_of(field: GuessedField) -> frozenset[Any]:
    """The values that often mean that nothing is referred to."""
    return frozenset(_NONE_NUMBERS if field.type.kind != "string" else _NONE_TEXTS)


def _probe(field: GuessedField) -> list[Any]:
    """A value of the column that means something: what it refers to has it. [] where it has none."""
    none = _none_of(field)
    return list(islice((value for value in _each(field, field.type.kind) if value not in none), 1))


class _Referables:
    """All that may be referred to, found by the last word of a name and by a value: each field asks for a few."""

    def __init__(self, every: Sequence[Referable], probes: Mapping[str, Set[Any]]) -> None:
        """`probes` are the values, by kind, that may be asked for."""
        self._by_word: dict[tuple[str, str], dict[int, Referable]] = {}
        self._by_value: dict[tuple[str, Any], list[Referable]] = {}
        self._of_table: dict[str, list[Referable]] = {}
        for number, one in enumerate(every):
            self._of_table.setdefault(one.table, []).append(one)
            for name in (*one.names, *([one.stem] if one.stem else [])):
                self._by_word.setdefault((one.kind, name[-1]), {})[number] = one
            for value in one.values & probes.get(one.kind, frozenset()):
                self._by_value.setdefault((one.kind, value), []).append(one)

    def called(self, kind: str, *words: str) -> list[Referable]:
        """Those with a name that ends with one of the words, in the order of their tables."""
        found = {number: one for word in words for number, one in self._by_word.get((kind, word), {}).items()}
        return [found[number] for number in sorted(found)]

    def having(self, kind: str, value: Any) -> list[Referable]:
        """Those with this value."""
        return self._by_value.get((kind, value), [])

    def of_table(self, table: str) -> list[Referable]:
        """Those of one table."""
        return self._of_table.get(table, [])


class _Finder:
    """Finds the references of one table's fields."""

    def __init__(self, table: GuessedTable, referables: _Referables, near: list[NearMiss]) -> None:
        self._table = table
        self._referables = referables
        self._near = near
        self._has_ids = False
        """Columns beside the one that is asked about are called `…_id`."""

    def all(self, fields: Sequence[GuessedField], *, in_row: bool) -> list[GuessedField]:
        """The fields, those that refer marked."""
        self._has_ids = any(_has_id(field) and len(field.words) > 1 for field in fields)
        return [self._one(field, fields, in_row=in_row) for field in fields]

    def _one(self, field: GuessedField, siblings: Sequence[GuessedField], *, in_row: bool) -> GuessedField:
        if field.parts:
            return replace(field, parts=tuple(self.all(field.parts, in_row=False)))
        if not _may_refer(field.type.kind):
            return field
        if self._is_own_key(field):
            return self._as_key(field) or field
        return self._plainly(field) or self._by_kind(field, siblings, in_row=in_row) or field

    def _is_own_key(self, field: GuessedField) -> bool:
        return field.key is not None and len(self._table.key) == 1

    def _as_key(self, field: GuessedField) -> GuessedField | None:
        """The whole key refers only to the table that it is named after: `move_id` of what moves have beside."""
        values = _values(field, field.type.kind)
        for referable in self._declared(field):
            if values <= referable.values:
                return self._refer(field, referable, values, Guess("sure", sentence("the row of types says so")))
        for score, referable in self._by_name(field):
            ours = set(field.words) & set(self._table.words)
            if (score >= _SAYS_ENOUGH or not ours) and len(values) >= _FEWEST_VALUES and values <= referable.values:
                why = sentence("its name, and {told}", told=_has_all(referable, values))
                return self._refer(field, referable, values, Guess("likely", why))
        return None

    # --- one table -------------------------------------------------------------------------------------------

    def _plainly(self, field: GuessedField) -> GuessedField | None:
        declared, named = self._declared(field), self._by_name(field)
        if not (declared or named or self._having(field)):
            return None
        values, none = _values(field, field.type.kind), _none_of(field)
        for referable in declared:
            missing = values - none - referable.values
            if not missing:
                return self._refer(field, referable, values, Guess("sure", sentence("the row of types says so")))
            self._tell(field, referable, missing)
        for score, referable in named:
            meant = values - (none - referable.values)
            missing = meant - referable.values
            if len(meant) >= _FEWEST_VALUES and not missing:
                chance = referable.chance(meant)
                believed = score == 1 or _has_id(field) or (score >= _SAYS_ENOUGH and not self._has_ids)
                if not believed and chance >= _CHANCE:
                    continue  # `targets` that are 1, 2 and 3 are more likely a number of them.
                why = sentence("its name, and {told}", told=_has_all(referable, meant))
                return self._refer(field, referable, values, Guess("sure" if chance < _CHANCE else "likely", why))
            if meant and missing and len(missing) <= (1 - _NEARLY) * len(meant):
                self._tell(field, referable, missing)
                if score >= _SAYS_ENOUGH:
                    return None  # It is meant, and another table that happens to have all values isn't.
        return self._by_values(field, values, none)

    def _tell(self, field: GuessedField, referable: Referable, missing: frozenset[Any]) -> None:
        shown_ones = tuple(sorted(map(str, missing))[:5])
        self._near.append(NearMiss(self._table.name, field.name, referable.table, shown_ones, len(missing)))

    def _declared(self, field: GuessedField) -> list[Referable]:
        """The table that the row of types names: as what it refers to, or as its type."""
        kind = _comparable(field.type.kind)
        for text in (field.type.refers, field.type.declared):
            words = {tuple(row_words(part)) for part in text.replace("?", "").split(".") if part}
            words |= {one[1:] for one in words if one[0] == "tb"}
            fitting = self._referables.called(kind, *(one[-1] for one in words))
            found = [one for one in fitting if words & one.names and not self._is_itself(one, field)]
            if found:
                return found
        return []

    def _by_name(self, field: GuessedField) -> list[tuple[float, Referable]]:
        """Tables that the field's name means, with how much it says, the one that says most first."""
        words = tuple(_without_id(field.words))
        if not words or {word.rstrip("0123456789") for word in words} <= _SAYS_NOTHING:
            return []
        kind = _comparable(field.type.kind)
        fitting = self._referables.called(kind, words[-1], singular(words)[-1])
        scored = [(_likeness(words, tuple(self._table.words), one), one) for one in fitting]
        if set(words) <= _SELF_WORDS:
            scored += [(_SELF, one) for one in self._referables.of_table(self._table.name) if one.kind == kind]
        best = sorted(scored, key=lambda pair: -pair[0])
        return [(score, one) for score, one in best if score and not self._is_itself(one, field)]

    def _is_itself(self, referable: Referable, field: GuessedField) -> bool:
        if referable.table != self._table.name:
            return False
        return field.key is not None or referable.field == field.name or self._repeats_key(field)

    def _repeats_key(self, field: GuessedField) -> bool:
        """Whether each row has its own key in it once more, as a file's name or so."""
        keys = [as_cells(one.cells).plain(field.type.kind) for one in self._table.key]
        return len(keys) == 1 and not field.is_list and as_cells(field.cells).plain(field.type.kind) == keys[0]

    def _by_values(self, field: GuessedField, values: frozenset[Any], none: frozenset[Any]) -> GuessedField | None:
        """The one table that has all values, where that can't be an accident."""
        having = []
        for one in self._having(field):
            meant = values - (none - one.values)
            if len(meant) >= _FEW_VALUES and meant <= one.values and one.chance(meant) < _CHANCE:
                having.append((one, meant))
        if len(having) != 1:
            return None
        referable, meant = having[0]
        sure: Sureness = "likely" if field.words[-1:] and field.words[-1] in _ID_WORDS else "unsure"
        return self._refer(field, referable, values, Guess(sure, _has_all(referable, meant)))

    def _having(self, field: GuessedField) -> list[Referable]:
        """Other tables that may have all values, since they have one of them."""
        if field.key is not None or field.type.may_be_enum:
            return []
        found = [one for probe in _probe(field) for one in self._referables.having(_comparable(field.type.kind), probe)]
        return [one for one in found if not one.field and one.table != self._table.name]

    def _refer(self, field: GuessedField, to: Referable, values: frozenset[Any], guess: Guess) -> GuessedField:
        type_ = replace(field.type, may_be_enum=False)
        ref = GuessedRef(to.table, to.field, none=_none(values, to))
        return replace(field, type=type_, refs=(ref,), referred=guess)

    # --- a table for each kind -------------------------------------------------------------------------------

    def _by_kind(self, field: GuessedField, siblings: Sequence[GuessedField], *, in_row: bool) -> GuessedField | None:
        """`reward_type` says which table `reward_id` refers to."""
        sibling = _kind_of(field, siblings)
        if sibling is None or sibling is field or field.is_list or (in_row and sibling.is_list):
            return None
        kind = _comparable(field.type.kind)
        texts = [words_of(text)[0] for text in as_cells(sibling.cells).plain_values("string")]
        if not any(self._referables.called(kind, *words[-1:], *singular(words)[-1:]) for words in texts):
            return None
        by_text: dict[str, set[Any]] = {}
        pairs = zip(as_cells(sibling.cells).plain("string"), as_cells(field.cells).plain(field.type.kind), strict=True)
        for text, value in set(pairs):
            if text is not None and value is not None:
                by_text.setdefault(text.strip(), set()).add(value)
        refs = [ref for text, values in by_text.items() if (ref := self._ref_of_kind(text, values, field, sibling))]
        if not refs:
            return None
        why = sentence(
            "where {field} says so, {tables} has all values",
            field=sibling.name,
            tables=", ".join(sorted({ref.table for ref in refs})),
        )
        return replace(field, refs=tuple(refs), referred=Guess("likely", why))

    def _ref_of_kind(
        self, text: str, values: set[Any], field: GuessedField, sibling: GuessedField
    ) -> GuessedRef | None:
        words = tuple(words_of(text)[0])
        for one in self._referables.called(_comparable(field.type.kind), *words[-1:], *singular(words)[-1:]):
            named = bool(_likeness(words, (), one)) or any(words and name[-1:] == words[-1:] for name in one.names)
            if named and not one.field and values <= one.values:
                # The enum's value isn't named yet; the label stands for it until it is.
                return GuessedRef(one.table, when=f"{sibling.name}={text}")
        return None


def _likeness(words: tuple[str, ...], above: tuple[str, ...], to: Referable) -> float:
    """How much of a field's name a table's name explains: `reward_item` and `item` 0.5, 0 where it isn't its end.

    `above` is what the field's own table is called: its `effect` is the one of `move_effect` in `move`. What a key is
    called says less than what a table is.
    """
    best = max(_explained(words, above, name) for name in to.names)
    return max(best, _OF_THE_KEY * _explained(words, above, to.stem)) if to.stem else best


def _explained(words: tuple[str, ...], above: tuple[str, ...], name: tuple[str, ...]) -> float:
    best = 0.0
    for candidate in {words, singular(words)}:
        if candidate[-len(name) :] == name:
            best = max(best, len(name) / len(words))
        elif above and name == (*above, *candidate):
            best = max(best, _IN_FULL)
        elif name[-len(candidate) :] == candidate and not set(candidate) <= _GENERIC:
            best = max(best, (0.8 if len(candidate) > 1 else 0.3) * len(candidate) / len(name))
        elif candidate[-1:] == name[-1:] and candidate[-1] not in _GENERIC:
            # `evolves_from_species` of `pokemon_species`
            best = max(best, _LAST_WORD)
    return best


def _kind_of(field: GuessedField, siblings: Sequence[GuessedField]) -> GuessedField | None:
    """The sibling that says of what kind the field's values are: called so, and alike before that word."""
    stem = _without_id(field.words)
    for one in siblings:
        if one.words[-1:] and one.words[-1] in _KIND_WORDS and one.type.may_be_enum and not one.is_list:
            head = list(one.words[:-1])
            if head == stem or (stem[: len(head)] == head and len(stem) <= len(head) + 1):
                return one
    return None


def _has_all(table: Referable, values: frozenset[Any]) -> Sentence:
    return counted("its one value {table} has", "all its {count} values {table} has", len(values), table=table.table)


def _none(values: frozenset[Any], to: Referable) -> tuple[str, ...]:
    return tuple(sorted(str(one) for one in values - to.values))
