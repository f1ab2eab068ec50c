"""Which fields refer to other tables: their names say so and their values are there, or their values leave no doubt."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from gdata.parsing.cells.compound import split_outside_quotes, unquote
from gdata.scaffold.cells import as_cells, plain_value
from gdata.scaffold.guess import Guess, GuessedField, GuessedRef, GuessedTable, Sureness
from gdata.scaffold.names import row_words, words_of
from gdata.schema.plan import FieldKind

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
_WHOLE = ("int32", "int64", "uint32", "uint64")


@dataclass(frozen=True)
class Referable:
    """A column that fields may refer to: a key of one field, or a part of a longer key (then `field` names it)."""

    table: str
    field: str
    names: frozenset[tuple[str, ...]]
    kind: str
    values: frozenset[Any]

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
    referables = _Referables([*known, *(one for table in tables for one in referables_of(table))])
    near: list[NearMiss] = []
    found = []
    for table in tables:
        finder = _Finder(table, referables, near)
        found.append(replace(table, fields=tuple(finder.all(table.fields, in_row=True))))
    return Referred(found, near)


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
    names = {tuple(row)} if not field else {(*row, *stem), stem} - {(one,) for one in _GENERIC} - {()}
    if not field and stem and not (set(stem) & _GENERIC):
        names.add(stem)
    return Referable(table, field, frozenset(names), _comparable(kind), frozenset(_values(cells, kind)))


def _comparable(kind: FieldKind) -> str:
    return "number" if kind in _WHOLE else kind


def _without_id(words: Sequence[str]) -> list[str]:
    words = list(words)
    while words and words[-1] in _ID_WORDS:
        words.pop()
    return words


def _values(field: GuessedField, kind: FieldKind) -> Iterator[Any]:
    if not field.type.is_list:
        yield from as_cells(field.cells).plain_values(kind)
        return
    for cell in as_cells(field.cells).distinct:
        texts: Sequence[Any] = [cell]
        if field.type.is_list and isinstance(cell, str):
            texts = [unquote(one) for one in split_outside_quotes(cell, field.type.separator or ",")]
        for one in texts:
            try:
                yield plain_value(one, kind)
            except ValueError:
                continue  # A formula error.


class _Referables:
    """All that may be referred to, found by the last word of a name and by a value: each field asks for a few."""

    def __init__(self, every: Sequence[Referable]) -> None:
        self._by_word: dict[tuple[str, str], dict[int, Referable]] = {}
        self._by_value: dict[str, dict[Any, list[Referable]]] = {}
        self._of_table: dict[str, list[Referable]] = {}
        for number, one in enumerate(every):
            self._of_table.setdefault(one.table, []).append(one)
            for name in one.names:
                self._by_word.setdefault((one.kind, name[-1]), {})[number] = one
            having = self._by_value.setdefault(one.kind, {})
            for value in one.values:
                having.setdefault(value, []).append(one)

    def called(self, kind: str, *words: str) -> list[Referable]:
        """Those with a name that ends with one of the words, in the order of their tables."""
        found = {number: one for word in words for number, one in self._by_word.get((kind, word), {}).items()}
        return [found[number] for number in sorted(found)]

    def having(self, kind: str, value: Any) -> list[Referable]:
        """Those with this value."""
        return self._by_value.get(kind, {}).get(value, [])

    def of_table(self, table: str) -> list[Referable]:
        """Those of one table."""
        return self._of_table.get(table, [])


class _Finder:
    """Finds the references of one table's fields."""

    def __init__(self, table: GuessedTable, referables: _Referables, near: list[NearMiss]) -> None:
        self._table = table
        self._referables = referables
        self._near = near

    def all(self, fields: Sequence[GuessedField], *, in_row: bool) -> list[GuessedField]:
        """The fields, those that refer marked."""
        return [self._one(field, fields, in_row=in_row) for field in fields]

    def _one(self, field: GuessedField, siblings: Sequence[GuessedField], *, in_row: bool) -> GuessedField:
        if field.parts:
            return replace(field, parts=tuple(self.all(field.parts, in_row=False)))
        if field.type.kind not in (*_WHOLE, "string") or self._is_own_key(field):
            return field
        return self._plainly(field) or self._by_kind(field, siblings, in_row=in_row) or field

    def _is_own_key(self, field: GuessedField) -> bool:
        return field.key is not None and len(self._table.key) == 1

    # --- one table -------------------------------------------------------------------------------------------

    def _plainly(self, field: GuessedField) -> GuessedField | None:
        values = frozenset(_values(field, field.type.kind))
        none = frozenset(_NONE_NUMBERS if field.type.kind != "string" else _NONE_TEXTS)
        for referable in self._declared(field):
            missing = values - none - referable.values
            if not missing:
                return self._refer(field, referable, values, Guess("sure", "the row of types says so"))
            self._tell(field, referable, missing)
        for referable in self._by_name(field):
            meant = values - (none - referable.values)
            missing = meant - referable.values
            if len(meant) >= _FEWEST_VALUES and not missing:
                chance = referable.chance(meant)
                why = f"its name, and {_all(meant)} {referable.table} has"
                return self._refer(field, referable, values, Guess("sure" if chance < _CHANCE else "likely", why))
            if meant and missing and len(missing) <= (1 - _NEARLY) * len(meant):
                self._tell(field, referable, missing)
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

    def _by_name(self, field: GuessedField) -> list[Referable]:
        """Tables that the field's name means, the one that says most first."""
        words = tuple(_without_id(field.words))
        if not words or {word.rstrip("0123456789") for word in words} <= _SAYS_NOTHING:
            return []
        kind = _comparable(field.type.kind)
        fitting = self._referables.called(kind, words[-1], _singular(words)[-1])
        scored = [(_likeness(words, one.names), one) for one in fitting]
        if words[-1] in _SELF_WORDS or words[0] in _SELF_WORDS:
            scored += [(0.5, one) for one in self._referables.of_table(self._table.name) if one.kind == kind]
        best = sorted(scored, key=lambda pair: -pair[0])
        return [one for score, one in best if score and not self._is_itself(one, field)]

    def _is_itself(self, referable: Referable, field: GuessedField) -> bool:
        return referable.table == self._table.name and (field.key is not None or referable.field == field.name)

    def _by_values(self, field: GuessedField, values: frozenset[Any], none: frozenset[Any]) -> GuessedField | None:
        """The one table that has all values, where that can't be an accident."""
        if field.key is not None or field.type.may_be_enum:
            return None
        kind = _comparable(field.type.kind)
        having = []
        probe = next(iter(values - none), None)
        for one in self._referables.having(kind, probe) if probe is not None else ():
            meant = values - (none - one.values)
            same = one.kind == kind and not one.field and one.table != self._table.name
            if same and len(meant) >= _FEW_VALUES and meant <= one.values and one.chance(meant) < _CHANCE:
                having.append((one, meant))
        if len(having) != 1:
            return None
        referable, meant = having[0]
        sure: Sureness = "likely" if field.words[-1:] and field.words[-1] in _ID_WORDS else "unsure"
        return self._refer(field, referable, values, Guess(sure, f"{_all(meant)} {referable.table} has"))

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
        if not any(self._referables.called(kind, *words[-1:], *_singular(tuple(words))[-1:]) for words in texts):
            return None
        by_text: dict[str, set[Any]] = {}
        pairs = zip(as_cells(sibling.cells).plain("string"), as_cells(field.cells).plain(field.type.kind), strict=True)
        for text, value in set(pairs):
            if text is not None and value is not None:
                by_text.setdefault(text.strip(), set()).add(value)
        refs = [ref for text, values in by_text.items() if (ref := self._ref_of_kind(text, values, field, sibling))]
        if not refs:
            return None
        why = f"where {sibling.name} says so, {' and '.join(sorted({ref.table for ref in refs}))} has all values"
        return replace(field, refs=tuple(refs), referred=Guess("likely", why))

    def _ref_of_kind(
        self, text: str, values: set[Any], field: GuessedField, sibling: GuessedField
    ) -> GuessedRef | None:
        words = tuple(words_of(text)[0])
        for one in self._referables.called(_comparable(field.type.kind), *words[-1:], *_singular(words)[-1:]):
            named = bool(_likeness(words, one.names)) or any(words and name[-1:] == words[-1:] for name in one.names)
            if named and not one.field and values <= one.values:
                # The enum's value isn't named yet; the label stands for it until it is.
                return GuessedRef(one.table, when=f"{sibling.name}={text}")
        return None


def _likeness(words: tuple[str, ...], names: frozenset[tuple[str, ...]]) -> float:
    """How much of a field's name a table's name explains: `reward_item` and `item` 0.5, 0 where it isn't its end."""
    best = 0.0
    for name in names:
        for candidate in (words, _singular(words)):
            if candidate[-len(name) :] == name:
                best = max(best, len(name) / len(words))
            elif name[-len(candidate) :] == candidate and not set(candidate) <= _GENERIC:
                best = max(best, 0.3 * len(candidate) / len(name))
    return best


def _singular(words: tuple[str, ...]) -> tuple[str, ...]:
    return (*words[:-1], words[-1].removesuffix("s")) if words else words


def _kind_of(field: GuessedField, siblings: Sequence[GuessedField]) -> GuessedField | None:
    """The sibling that says of what kind the field's values are: called so, and alike before that word."""
    stem = _without_id(field.words)
    for one in siblings:
        if one.words[-1:] and one.words[-1] in _KIND_WORDS and one.type.may_be_enum and not one.is_list:
            head = list(one.words[:-1])
            if head == stem or (stem[: len(head)] == head and len(stem) <= len(head) + 1):
                return one
    return None


def _all(values: frozenset[Any]) -> str:
    return "its one value" if len(values) == 1 else f"all its {len(values)} values"


def _none(values: frozenset[Any], to: Referable) -> tuple[str, ...]:
    return tuple(sorted(str(one) for one in values - to.values))
