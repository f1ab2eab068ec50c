"""Small closed sets of texts as enums: one for several tables where they say the same under the same name."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from gdata.language import sentence
from gdata.parsing.cells.cell import shown
from gdata.scaffold.guess import Guess, GuessedEnum, GuessedField, GuessedRef, GuessedTable
from gdata.scaffold.names import TakenNames, camel, words_of
from gdata.text import fold

_GENERIC = frozenset("type kind category state status group mode class target slot value".split())
_ZEROS = frozenset(["none", "unspecified", "unknown"])


@dataclass(frozen=True)
class KnownEnum:
    """An enum that the project has already: `labels` are the folded texts that its values are written with."""

    name: str
    """Full name."""
    labels: frozenset[str]


@dataclass(frozen=True)
class _Use:
    """One field that is to be an enum."""

    table: GuessedTable
    field: GuessedField
    owner: tuple[str, ...]
    """Words of the message that has it."""
    words: tuple[str, ...]
    """What it is called; a part of a list with the list: `reward_type`."""

    @cached_property
    def texts(self) -> list[str]:
        return list(dict.fromkeys(shown(cell).strip() for cell in self.field.cells.distinct))

    @cached_property
    def folded(self) -> set[str]:
        return set(map(fold, self.texts))

    @property
    def place(self) -> tuple[str, tuple[str, ...], str]:
        return self.table.name, self.owner, self.field.name


def with_enums(
    tables: Sequence[GuessedTable],
    names: TakenNames,
    known: Sequence[KnownEnum] = (),
    given: Sequence[GuessedEnum] = (),
    defined: Sequence[GuessedEnum] = (),
) -> tuple[list[GuessedTable], list[GuessedEnum]]:
    """The tables with their enum fields settled, and the enums; `names` are those taken in the package.

    `given` are enums of a tool's definitions, and `defined` those of them that the project doesn't have yet.
    """
    uses = [use for table in tables for use in _uses(table, table.fields, table.words)]
    enums = list(defined)
    names_given = _names_of(given, defined, known)
    chosen: dict[tuple[str, tuple[str, ...], str], str] = {}
    for together in _together(uses):
        own = next((one.name for one in known if _is_known(together, one)), None)
        declared = together[0].field.type.declared
        if declared:
            own = names_given.get(camel(words_of(declared)[0]), own)
        if own is None:
            enums.append(_make(together, names))
            own = enums[-1].name
        chosen |= {use.place: own for use in together}
    enums = [_used(enum, uses, chosen) for enum in enums]
    by_name = {enum.name: enum for enum in enums}
    return [_settle(table, chosen, by_name) for table in tables], enums


def _names_of(
    given: Sequence[GuessedEnum], defined: Sequence[GuessedEnum], known: Sequence[KnownEnum]
) -> dict[str, str]:
    """By the names of enums that a tool's definitions give, those that they have here: the project's own in full."""
    wanted = {enum.name for enum in given}
    there = {one.name.rpartition(".")[2]: one.name for one in reversed(known)}
    return {name: full for name, full in there.items() if name in wanted} | {enum.name: enum.name for enum in defined}


def _used(
    enum: GuessedEnum, uses: Sequence[_Use], chosen: Mapping[tuple[str, tuple[str, ...], str], str]
) -> GuessedEnum:
    """An enum that a tool defines, with the tables that use it."""
    tables = tuple(dict.fromkeys(use.table.name for use in uses if chosen[use.place] == enum.name))
    return enum if enum.tables else replace(enum, tables=tables)


def _uses(table: GuessedTable, fields: Sequence[GuessedField], owner: tuple[str, ...]) -> Iterator[_Use]:
    for field in fields:
        if field.parts:
            yield from _uses(table, field.parts, (*table.words, *field.words))
        elif field.type.may_be_enum:
            above = owner[len(table.words) :]
            yield _Use(table, field, owner, tuple(_joined(above, field.words)))


def _together(uses: Sequence[_Use]) -> list[list[_Use]]:
    """Uses that are one enum: of the same name, which says more than `type`, with texts in common."""
    groups: list[_Together] = []
    alike: dict[object, list[_Together]] = {}
    for use in uses:
        declared, words = use.field.type.declared, use.words
        says_nothing = len(words) == 1 and words[0] in _GENERIC
        known = [] if says_nothing and not declared else alike.get(declared or words, [])
        group = next((one for one in known if declared or one.shares(use)), None)
        if group is None:
            group = _Together()
            groups.append(group)
            for place in (words, declared):
                alike.setdefault(place, []).append(group)
        group.add(use)
    return [group.uses for group in groups]


class _Together:
    """Uses that are one enum, and all their texts, folded."""

    def __init__(self) -> None:
        self.uses: list[_Use] = []
        self.texts: set[str] = set()

    def add(self, use: _Use) -> None:
        self.uses.append(use)
        self.texts |= use.folded

    def shares(self, use: _Use) -> bool:
        """Whether at least half of the texts of one of them are the other's too."""
        return 2 * len(use.folded & self.texts) >= min(len(use.folded), len(self.texts))


def _is_known(together: list[_Use], enum: KnownEnum) -> bool:
    words = together[0].words
    last = fold(enum.name.rpartition(".")[2]).replace("_", "")
    named = last in {"".join(words), "".join((*together[0].table.words, *words))}
    return named and all(fold(text) in enum.labels for use in together for text in use.texts)


def _make(together: list[_Use], names: TakenNames) -> GuessedEnum:
    first = together[0]
    tables = tuple(dict.fromkeys(use.table.name for use in together))
    words = first.words
    own = camel(_joined(first.table.words, words))
    declared = camel(words_of(first.field.type.declared)[0])
    name = names.take(declared or (camel(words) if len(tables) > 1 else own), own, f"{own}Kind")
    texts = {fold(text): text for use in reversed(together) for text in reversed(use.texts)}
    return GuessedEnum(name, name_values(name, list(reversed(texts.values()))), tables)


def _joined(owner: Sequence[str], words: Sequence[str]) -> list[str]:
    """`item` and `item_type` are ItemType, not ItemItemType."""
    owner = list(owner)
    return [*(owner if list(words[: len(owner)]) != owner else []), *words]


def prefix_of(enum: str) -> str:
    """What the names of an enum's values begin with: RewardType → REWARD_TYPE."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", enum).upper()


def name_values(enum: str, texts: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Names for the values of a new enum; its zero is the text that means nothing, if there is one."""
    prefix = prefix_of(enum)
    zero = next((text for text in texts if _bare(text).lower() in _ZEROS), None)
    names = TakenNames()
    values = [_name_value(prefix, zero, names) if zero is not None else (f"{prefix}_{names.take('UNSPECIFIED')}", "")]
    return (*values, *(_name_value(prefix, text, names) for text in texts if text != zero))


def add_values(enum: str, taken: Sequence[str], texts: Sequence[str]) -> list[tuple[str, str]]:
    """Names for further values of an enum that has the values `taken` (whole names) already."""
    prefix = prefix_of(enum)
    names = TakenNames(name.removeprefix(f"{prefix}_") for name in taken)
    return [_name_value(prefix, text, names) for text in texts]


def _bare(text: str) -> str:
    return "_".join(words_of(text)[0]).upper()


def _name_value(prefix: str, text: str, names: TakenNames) -> tuple[str, str]:
    name = names.take(_bare(text).removeprefix(f"{prefix}_") or "VALUE")
    label = "" if fold(text) in (fold(name), fold(f"{prefix}_{name}")) else text
    return f"{prefix}_{name}", label


def _settle(
    table: GuessedTable, chosen: Mapping[tuple[str, tuple[str, ...], str], str], enums: Mapping[str, GuessedEnum]
) -> GuessedTable:
    def settle(fields: Sequence[GuessedField], owner: tuple[str, ...]) -> tuple[GuessedField, ...]:
        done: list[GuessedField] = []
        for field in fields:
            if field.parts:
                done.append(replace(field, parts=settle(field.parts, (*table.words, *field.words))))
                continue
            name = chosen.get((table.name, owner, field.name))
            if name is not None:
                guess = Guess(field.type.guess.sure, sentence("a fixed choice: {why}", why=field.type.guess.why))
                done.append(replace(field, type=replace(field.type, enum=name, may_be_enum=False, guess=guess)))
            else:
                done.append(field)
        types = {field.name: field.type.enum for field in done}
        return tuple(
            replace(one, refs=tuple(_named(ref, types, enums) for ref in one.refs)) if one.refs else one for one in done
        )

    return replace(table, fields=settle(table.fields, table.words))


def _named(ref: GuessedRef, types: Mapping[str, str], enums: Mapping[str, GuessedEnum]) -> GuessedRef:
    """The reference's condition with the value's name in place of the text in the sheet."""
    sibling, equals, text = ref.when.partition("=")
    enum = enums.get(types.get(sibling, ""))
    if not equals or enum is None:
        return ref
    prefix = prefix_of(enum.name)
    for name, label in enum.values:
        if fold(text) in (fold(label or name.removeprefix(f"{prefix}_")), fold(name)):
            return replace(ref, when=f"{sibling}={name}")
    return ref
