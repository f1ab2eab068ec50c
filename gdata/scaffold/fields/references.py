"""Which fields refer to other tables: their names say so and their values are there, or their values leave no doubt."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from gdata.language import Sentence, counted, sentence
from gdata.scaffold.fields.referables import (
    FEW_VALUES,
    GENERIC,
    LAST_WORD,
    Referable,
    Referables,
    comparable,
    has_id,
    likeness,
    may_refer,
    none_of,
    probe_of,
    referables_of,
    values_of,
    without_id,
)
from gdata.scaffold.guess import Guess, GuessedField, GuessedRef, GuessedTable, Sureness, leaves
from gdata.scaffold.names import row_words, singular, words_of

_SELF_WORDS = frozenset("parent next previous prev prerequisite root base required upgrade evolution target".split())
_KIND_WORDS = frozenset(["type", "kind", "category"])
_CALLED_ID = frozenset("id ids uid key keys code codes ref".split())
"""Last words of fields that refer; an index, or a number of something, is as often none."""
_CHANCE = 1e-3
"""Values are believed to refer if they would all be among the keys by accident with less than this probability."""
_FEWEST_VALUES = 3
"""A name alone, with fewer values than these, says too little."""
_SAYS_NOTHING = frozenset("unknown unk unnamed field column value param arg data var temp reserved".split())
_NEARLY = 0.85
_SAYS_ENOUGH, _SELF = 0.5, 0.1
"""How much of a name must be another table's; and what `parent` says of its own table."""
_SAY_THE_SAME = 3
"""A column with few values refers to what so many tables' columns of its name do."""


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
        if may_refer(field.type.kind):
            probes.setdefault(comparable(field.type.kind), set()).update(probe_of(field))
    every = [*known, *(one for table in tables for one in referables_of(table))]
    keyed = {one.table for one in every}
    referables = Referables(every, probes, (singular(table.words) for table in tables if table.name not in keyed))
    near: list[NearMiss] = []
    found = []
    for table in tables:
        finder = _Finder(table, referables, near)
        found.append(replace(table, fields=tuple(finder.all(table.fields, in_row=True))))
    return Referred(_with_votes(found, referables), near)


def _with_votes(tables: Sequence[GuessedTable], referables: Referables) -> list[GuessedTable]:
    """The tables, with references of columns that have too few values to tell where others of that name agree."""
    votes: dict[str, set[str]] = {}
    counts: Counter[str] = Counter()
    for table in tables:
        for field in table.fields:
            if field.refs and has_id(field) and len(field.words) > 1 and not field.refs[0].when:
                votes.setdefault(field.name, set()).add(field.refs[0].table)
                counts[field.name] += 1
    agreed = {name: next(iter(to)) for name, to in votes.items() if len(to) == 1 and counts[name] >= _SAY_THE_SAME}
    return [
        replace(table, fields=tuple(_as_others(field, table, agreed, referables) for field in table.fields))
        for table in tables
    ]


def _as_others(
    field: GuessedField, table: GuessedTable, agreed: dict[str, str], referables: Referables
) -> GuessedField:
    to = agreed.get(field.name)
    if to is None or field.refs or field.parts or to == table.name or not may_refer(field.type.kind):
        return field
    values = values_of(field, field.type.kind)
    for one in referables.of_table(to):
        if one.kind == comparable(field.type.kind) and not one.field and values and values <= one.values:
            guess = Guess("likely", sentence("its name, which refers to {table} in other tables too", table=to))
            return replace(field, refs=(GuessedRef(to),), referred=guess)
    return field


class _Finder:
    """Finds the references of one table's fields."""

    def __init__(self, table: GuessedTable, referables: Referables, near: list[NearMiss]) -> None:
        self._table = table
        self._referables = referables
        self._near = near
        self._has_ids = False
        """Columns beside the one that is asked about are called `…_id`."""

    def all(self, fields: Sequence[GuessedField], *, in_row: bool) -> list[GuessedField]:
        """The fields, those that refer marked."""
        self._has_ids = any(has_id(field) and len(field.words) > 1 for field in fields)
        return [self._one(field, fields, in_row=in_row) for field in fields]

    def _one(self, field: GuessedField, siblings: Sequence[GuessedField], *, in_row: bool) -> GuessedField:
        if field.parts:
            return replace(field, parts=tuple(self.all(field.parts, in_row=False)))
        if not may_refer(field.type.kind):
            return field
        if self._is_own_key(field):
            return self._as_key(field) or field
        return self._plainly(field) or self._by_kind(field, siblings, in_row=in_row) or field

    def _is_own_key(self, field: GuessedField) -> bool:
        return field.key is not None and len(self._table.key) == 1

    def _as_key(self, field: GuessedField) -> GuessedField | None:
        """The whole key refers only to the table that it is named after: `move_id` of what moves have beside."""
        values = values_of(field, field.type.kind)
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
        values, none = values_of(field, field.type.kind), none_of(field)
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
                is_id = field.words[-1] in _CALLED_ID
                believed = score == 1 or is_id or (score >= _SAYS_ENOUGH and not self._has_ids)
                if not believed and (chance >= _CHANCE or (score <= LAST_WORD and referable.kind == "number")):
                    continue  # `targets` that are 1, 2 and 3 are more likely a number of them.
                if score < _SAYS_ENOUGH and any(
                    other == score and one is not referable and meant <= one.values for other, one in named
                ):
                    break  # Daily rewards, or weekly ones: a `reward_id` says neither.
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
        kind = comparable(field.type.kind)
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
        words = tuple(without_id(field.words))
        if not words or {word.rstrip("0123456789") for word in words} <= _SAYS_NOTHING:
            return []
        if len(words) > 1 and singular(words) in self._referables.without_key:
            return []  # It is meant, and has no key to refer to.
        kind = comparable(field.type.kind)
        fitting = self._referables.called(kind, words[-1], singular(words)[-1])
        if set(words) <= GENERIC and not has_id(field):
            # A `level` is a number, unless it is what a table of levels has as its key.
            fitting = [one for one in fitting if tuple(one.column.words) == words]
        scored = [(likeness(words, tuple(self._table.words), one), one) for one in fitting]
        if kind == "string":
            scored += self._referables.in_full(words, self._table.words)
        if set(words) <= _SELF_WORDS:
            scored += [(_SELF, one) for one in self._referables.of_table(self._table.name) if one.kind == kind]
        best = sorted(scored, key=lambda pair: -pair[0])
        return [(score, one) for score, one in best if score and not self._is_itself(one, field) and _is_one(one)]

    def _is_itself(self, referable: Referable, field: GuessedField) -> bool:
        if referable.table != self._table.name:
            return False
        return field.key is not None or referable.field == field.name or self._repeats_key(field)

    def _repeats_key(self, field: GuessedField) -> bool:
        """Whether each row has its own key in it once more, as a file's name or so."""
        key = self._table.key
        return len(key) == 1 and not field.is_list and field.cells.says_the_same(key[0].cells, field.type.kind)

    def _by_values(self, field: GuessedField, values: frozenset[Any], none: frozenset[Any]) -> GuessedField | None:
        """The one table that has all values, where that can't be an accident."""
        if comparable(field.type.kind) == "number" and not has_id(field):
            return None  # Levels, colours and amounts lie among some table's ids more often than they are any.
        having = []
        for one in self._having(field):
            meant = values - (none - one.values)
            if len(meant) >= FEW_VALUES and meant <= one.values and one.chance(meant) < _CHANCE:
                having.append((one, meant))
        if len(having) != 1:
            return None
        referable, meant = having[0]
        sure: Sureness = "likely" if has_id(field) else "unsure"
        return self._refer(field, referable, values, Guess(sure, _has_all(referable, meant)))

    def _having(self, field: GuessedField) -> list[Referable]:
        """Other tables that may have all values, since they have one of them."""
        if field.key is not None or field.type.may_be_enum:
            return []
        found = [
            one for probe in probe_of(field) for one in self._referables.having(comparable(field.type.kind), probe)
        ]
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
        kind = comparable(field.type.kind)
        texts = [words_of(text)[0] for text in sibling.cells.plain_values("string")]
        if not any(self._referables.called(kind, *words[-1:], *singular(words)[-1:]) for words in texts):
            return None
        by_text: dict[str, set[Any]] = {}
        pairs = zip(sibling.cells.plain("string"), field.cells.plain(field.type.kind), strict=True)
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
        for one in self._referables.called(comparable(field.type.kind), *words[-1:], *singular(words)[-1:]):
            named = bool(likeness(words, (), one)) or any(words and name[-1:] == words[-1:] for name in one.names)
            if named and not one.field and values <= one.values:
                # The enum's value isn't named yet; the label stands for it until it is.
                return GuessedRef(one.table, when=f"{sibling.name}={text}")
        return None


def _is_one(referable: Referable) -> bool:
    """Whether each value is of one row alone."""
    return not referable.field or referable.column.cells.is_unique("string")


def _kind_of(field: GuessedField, siblings: Sequence[GuessedField]) -> GuessedField | None:
    """The sibling that says of what kind the field's values are: called so, and alike before that word."""
    stem = without_id(field.words)
    if not (has_id(field) or len(stem) > 1 or stem[-1:] in (["value"], ["target"], ["param"])):
        siblings = []  # Beside a `category` anything may stand.
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
