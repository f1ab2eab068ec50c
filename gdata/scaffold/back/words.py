"""What people are told of each column of a made sheet: the .proto file's words, what a cell may hold, what it means."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

from gdata.checks.constraints.rules import RuleReader
from gdata.checks.constraints.violations import rule_words
from gdata.language import Sentence, sentence
from gdata.parsing.cells.cell import choices_text
from gdata.proto.descriptors import element_field
from gdata.scaffold.back.columns import SheetColumn
from gdata.scaffold.back.make import MadeSheet
from gdata.scaffold.back.workbook import SheetWords
from gdata.schema.plan import FieldPlan
from gdata.schema.schema import Schema

_UNITS = {
    "ms": sentence("a number counts milliseconds"),
    "s": sentence("a number counts seconds"),
    "m": sentence("a number counts minutes"),
    "h": sentence("a number counts hours"),
    "d": sentence("a number counts days"),
    "%": sentence("counts percent: 5% or 5"),
    "‰": sentence("counts thousandths: 5‰ or 5"),
    "‱": sentence("counts ten-thousandths: 5‱ or 5"),
    "color": sentence("a color: #RRGGBB"),
}
_BOUNDS = (("gt", "gte"), ("lt", "lte"))


class ColumnWords:
    """Tells what columns of one schema's tables are."""

    def __init__(self, schema: Schema, timezone: ZoneInfo) -> None:
        self._schema, self._timezone = schema, timezone
        self._rules = RuleReader(schema.pool)

    def of(self, made: MadeSheet) -> SheetWords:
        """The comment of each of a sheet's columns, and the tables that they refer to."""
        comments = ["\n".join(map(str, self._lines(column))) for column in made.columns]
        references = {
            number: column.field.refs[0].table
            for number, column in enumerate(made.columns)
            if len(column.field.refs) == 1 and not column.field.refs[0].when_field and not column.is_whole
        }
        return SheetWords(comments, references)

    def _lines(self, column: SheetColumn) -> Iterator[Sentence | str]:
        field = column.field
        if column.choices:
            yield sentence("says which of these a row has: {choices}", choices=", ".join(column.choices))
            return
        comment = self._schema.places.comment(field.descriptor.full_name)
        if comment:
            yield comment
        yield from self._type(field, is_whole=column.is_whole)
        yield from self._constraints(field)
        if field.unit:
            yield _UNITS[field.unit]
        for ref in field.refs:
            where = f" ({ref.when_field} = {ref.when_value})" if ref.when_field else ""
            yield sentence("refers to a row of {table}{where}", table=ref.table, where=where)
        if field.path:
            yield sentence("names a file: {path}", path=field.path)
        if field.default is not None:
            yield sentence("blank means {default}", default=field.default)
        elif field.has_presence and not field.oneof:
            yield sentence("may be blank")
        yield f"{field.descriptor.full_name}"

    def _type(self, field: FieldPlan, *, is_whole: bool) -> Iterator[Sentence | str]:
        if is_whole and field.is_list and field.message is None:
            yield sentence("several, with {separator} between them", separator=field.separator)
        elif is_whole and field.is_map and field.message is None:
            yield sentence(
                "several key{sign}value, with {separator} between them",
                sign=field.subseparator,
                separator=field.separator,
            )
        elif is_whole and field.message is not None:
            parts = field.subseparator.join(one.name for one in field.message.fields)
            yield sentence("{parts}, or JSON", parts=parts)
        if field.flags is not None:
            yield sentence("one or several, with | between them: {choices}", choices=choices_text(field.flags.choices))
        elif field.value_kind == "enum":
            yield sentence("one of: {choices}", choices=choices_text(field.choices))
        elif field.type.typed and field.unit != "color":
            yield field.type.typed

    def _constraints(self, field: FieldPlan) -> Iterator[Sentence | str]:
        rules = self._rules.of_field(field.descriptor)
        if rules is None:
            return
        if rules.required:
            yield sentence("must be filled")
        yield from self._words_of(rules, field)
        for rule in rules.cel:
            if rule.message:
                yield str(rule.message)

    def _words_of(self, rules: Any, field: FieldPlan) -> Iterator[Sentence | str]:
        name = rules.WhichOneof("type")
        own = getattr(rules, name) if name is not None else None
        if own is None:
            return
        for rule_id, one in _rule_ids(name, own):
            if name == "enum" and one in ("not_in", "defined_only") and not self._says_more(own, one, field):
                continue
            told = rule_words(rule_id, one, own, element_field(field.descriptor), self._timezone)
            if told is not None:
                yield told
        if name == "repeated" and own.HasField("items"):
            yield from self._words_of(own.items, field)
        elif name == "map" and own.HasField("values"):
            yield from self._words_of(own.values, field)

    @staticmethod
    def _says_more(rules: Any, name: str, field: FieldPlan) -> bool:
        """Whether a rule takes out more than what nobody would choose."""
        refused = [field.enum_names.get(number, "") for number in rules.not_in] if name == "not_in" else []
        return any(not one.endswith("_UNSPECIFIED") for one in refused)


def _rule_ids(kind: str, rules: Any) -> Iterator[tuple[str, str]]:
    """The ids of the rules that are set, bounds from below and above as one, and the field that each is in."""
    given = [field.name for field, _ in rules.ListFields()]
    low, high = (next((name for name in names if name in given), None) for names in _BOUNDS)
    if low is not None and high is not None:
        is_hole = getattr(rules, low) > getattr(rules, high) if kind not in ("timestamp", "duration") else False
        yield f"{kind}.{low}_{high}{'_exclusive' if is_hole else ''}", low
        given = [name for name in given if name not in (low, high)]
    for name in given:
        yield f"{kind}.{name}", name
