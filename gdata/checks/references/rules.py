"""The `ref` options of a schema's tables, made ready to run; what makes no sense in them is a SchemaError.

A reference names the key of another table, or one of its fields. A field with one value refers to one field; a
message refers to a key of several fields, by the names of its own fields, or by their order where the names
differ. A map of scalars refers with its keys, unless only its values have the right type.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, NoReturn

from gdata.checks.values import Column, column_at, marked_columns
from gdata.errors import SchemaError
from gdata.language import say, sentence
from gdata.schema.fieldtypes import FIELD_TYPES
from gdata.schema.plan import FieldPlan, MessagePlan, Ref, TablePlan
from gdata.schema.schema import Schema
from gdata.text import did_you_mean, fold


@dataclass(frozen=True)
class When:
    """The condition of a reference: the sibling `field` has the value `equals`."""

    field: FieldPlan
    equals: Any

    def holds(self, holder: Any) -> bool:
        """Whether it holds in the message that has both fields."""
        name = self.field.name
        if self.field.has_presence and not holder.HasField(name):
            return False
        value = getattr(holder, name)
        return bool((value.value if self.field.kind == "wrapper" else value) == self.equals)


@dataclass(frozen=True)
class Referent:
    """What a reference points at: a table, and the columns in it that a value is compared with."""

    plan: TablePlan
    columns: tuple[Column, ...]

    @property
    def key(self) -> str:
        """The field names, as messages write them."""
        return ", ".join(column.name for column in self.columns)


@dataclass(frozen=True)
class ReferenceRule:
    """Each value of `column` must be in one of the `referents`, where `when` holds."""

    table: str
    column: Column
    when: When | None
    referents: tuple[Referent, ...]
    none: frozenset[Any]
    """Values that mean no reference."""
    value_of: Callable[[Any], Any] | None = None
    """Of a message field: the value to compare, from the message."""


def check_reference_declarations(schema: Schema, tables: Mapping[str, TablePlan]) -> list[ReferenceRule]:
    """The references of all tables, by short name.

    Raises:
        SchemaError: one names a table, field or condition that doesn't exist, or whose type doesn't fit.
    """
    return [
        rule
        for plan in tables.values()
        for column in marked_columns(plan.row)
        if column.field.refs
        for rule in _Declaration(schema, tables, plan, column).rules()
    ]


class _Declaration:
    """The refs of one field."""

    def __init__(self, schema: Schema, tables: Mapping[str, TablePlan], plan: TablePlan, column: Column) -> None:
        self._schema = schema
        self._tables = tables
        self._plan = plan
        self._column = column
        self._field = column.field

    def rules(self) -> list[ReferenceRule]:
        """One rule for the refs without a condition, and one for each condition."""
        by_condition: dict[tuple[str, str], list[Ref]] = {}
        for ref in self._field.refs:
            by_condition.setdefault((ref.when_field, ref.when_value), []).append(ref)
        return [self._rule(refs) for refs in by_condition.values()]

    def _rule(self, refs: list[Ref]) -> ReferenceRule:
        referents = [self._referent(ref) for ref in refs]
        column, value_of = self._fit(referents[0])
        for referent in referents[1:]:
            if self._fit(referent)[0] != column:
                self._fail(say("its tables have keys of different types"), say("let each ref have its own `when`"))
        return ReferenceRule(
            table=self._plan.name,
            column=column,
            when=self._when(refs[0]),
            referents=tuple(referents),
            none=frozenset(self._none(column, text) for ref in refs for text in ref.none) | self._default(column),
            value_of=value_of,
        )

    def _referent(self, ref: Ref) -> Referent:
        plan = self._table(ref.table)
        if not ref.field:
            if not plan.key:
                self._fail(
                    say("the table {name} has no key", name=plan.name),
                    say("name the field: {{table: {name} field: …}}", name=repr(plan.name)),
                )
            return Referent(plan, tuple(Column((field,)) for field in plan.key))
        column = column_at(plan.row, ref.field)
        if column is None:
            self._fail(
                say("{name} has no field {field}", name=plan.row.name, field=ref.field),
                did_you_mean(ref.field, [field.name for field in plan.row.fields]),
            )
        return Referent(plan, (column,))

    def _table(self, name: str) -> TablePlan:
        plan = self._tables.get(name) or next((one for one in self._tables.values() if one.message == name), None)
        if plan is not None:
            return plan
        declared = {one.rpartition(".")[2]: one for one in self._schema.message_names}
        if name not in declared and name not in declared.values():
            self._fail(say("there is no table {name}", name=name), did_you_mean(name, [*self._tables, *declared]))
        return self._schema.table(declared.get(name, name))

    def _fit(self, referent: Referent) -> tuple[Column, Callable[[Any], Any] | None]:
        """The column with the side of the map that refers, and how to get the value out of a message."""
        if self._field.message is not None and not self._field.is_map:
            return self._column, self._fit_message(self._field.message, referent)
        if len(referent.columns) > 1:
            self._fail(
                say(
                    "the key of {name} has {count} fields ({key})",
                    name=referent.plan.name,
                    count=len(referent.columns),
                    key=referent.key,
                ),
                say("refer to it with a message that has them, or name one of them by `field`"),
            )
        sides = (Column(self._column.steps, "keys"), Column(self._column.steps, "values"))
        candidates = sides if self._field.is_map else (self._column,)
        wanted = _type(referent.columns[0])
        fitting = [column for column in candidates if _type(column) == wanted is not None]
        if not fitting:
            self._fail(
                say(
                    "it is {type}, and {table}.{key} is {key_type}",
                    type=_words(candidates[0]),
                    table=referent.plan.name,
                    key=referent.key,
                    key_type=_words(referent.columns[0]),
                ),
                say("give both the same type"),
            )
        return fitting[0], None

    def _fit_message(self, message: MessagePlan, referent: Referent) -> Callable[[Any], Any]:
        own = {field.name: field for field in message.fields}
        wanted = [column.field for column in referent.columns]
        if all(field.name in own for field in wanted):
            fields = [own[field.name] for field in wanted]
        else:
            fields = sorted(message.fields, key=lambda field: field.number)
        if [_type(Column((field,))) for field in fields] != [_type(column) for column in referent.columns]:
            self._fail(
                say(
                    "the fields of {message} don't fit the key of {table} ({key})",
                    message=message.name,
                    table=referent.plan.name,
                    key=referent.key,
                ),
                say("give the message the key's fields, with the same types and names"),
            )
        return attrgetter(*(field.name for field in fields))

    def _when(self, ref: Ref) -> When | None:
        if not ref.when_field:
            return None
        message = self._column.steps[-2].message if len(self._column.steps) > 1 else self._plan.row
        sibling = message.field(ref.when_field) if message is not None else None
        if sibling is None or sibling.is_list or sibling.is_map or sibling.kind == "message":
            self._fail(
                say("`when` names {field}, which has no single value", field=ref.when_field),
                say("name a sibling field"),
            )
        return When(
            sibling, self._value(Column((sibling,)), ref.when_value, say("`when` of {field}", field=ref.when_field))
        )

    def _none(self, column: Column, text: str) -> Any:
        if column.kind == "message":
            self._fail(
                say("`none` is for single values"), say("leave the message's cells blank where nothing is meant")
            )
        return self._value(column, text, "`none`")

    def _default(self, column: Column) -> frozenset[Any]:
        # A blank cell never is a reference, and where there is a default nobody can tell it from that value.
        if self._field.default is None or self._field.is_list or self._field.is_map or column.kind == "message":
            return frozenset()
        return frozenset({self._value(column, self._field.default, "`default`")})

    def _value(self, column: Column, text: str, where: str) -> Any:
        """`text` of the schema as a value of the column's type."""
        kind, field = column.kind, column.field
        if kind == "string":
            return text
        if kind == "bool" and fold(text) in ("true", "false"):
            return fold(text) == "true"
        if kind == "enum" and fold(text) in field.labels:
            return field.labels[fold(text)]
        try:
            return int(text)
        except ValueError:
            known = did_you_mean(text, field.enum_names.values()) if kind == "enum" else ""
            self._fail(
                say(
                    "{where} is {text}, which is {words}",
                    where=where,
                    text=repr(text),
                    words=_words(column, negated=True),
                ),
                known,
            )

    def _fail(self, what: str, hint: str) -> NoReturn:
        name = self._field.descriptor.full_name
        raise SchemaError(
            sentence(
                "{place}: the ref of {field}: {fault}", place=self._schema.places.of(name), field=name, fault=what
            ),
            hint=hint or say("mend the ref"),
        )


def _type(column: Column) -> str | None:
    """What must be alike in both fields of a reference; None: it can't refer, nor be referred to."""
    if FIELD_TYPES[column.kind].is_whole:
        return say("whole number")
    if column.kind == "enum":
        return str(_enum_of(column))
    return column.kind if column.kind in ("string", "bool") else None


def _enum_of(column: Column) -> str:
    field = column.field.descriptor
    value = field.message_type.fields_by_name["value"] if column.field.is_map else field
    return str(value.enum_type.full_name)


def _words(column: Column, *, negated: bool = False) -> str:
    if FIELD_TYPES[column.kind].is_whole:
        return say("not a whole number") if negated else say("a whole number")
    what = _type(column) or column.kind
    return say("not of type {what}", what=what) if negated else say("of type {what}", what=what)
