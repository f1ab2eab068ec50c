"""Make the plans of tables, messages and fields from descriptors and their gdata options."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor

from gdata.errors import SchemaError
from gdata.language import say, sentence
from gdata.proto.descriptors import OptionReader, SourceLines, element_field, is_map, key_field, row_type
from gdata.schema.enums import EnumReader, read_span
from gdata.schema.fieldtypes import LENGTHS, SHARES, kind_of
from gdata.schema.plan import (
    FieldPlan,
    FlagsPlan,
    MessagePlan,
    Ref,
    Sequence,
    Sum,
    TableKind,
    TablePlan,
)
from gdata.text import did_you_mean, fold
from gdata.versions import ALWAYS


class Planner:
    """Plans, each message's compiled once."""

    def __init__(self, options: OptionReader, places: SourceLines) -> None:
        self._options = options
        self._places = places
        self._messages: dict[tuple[str, frozenset[str]], MessagePlan] = {}
        self._reached: dict[str, frozenset[str]] = {}
        self._enums = EnumReader(options, places)

    def plan_table(self, descriptor: Descriptor, *, is_record: bool) -> TablePlan:
        """The plan of a table message; raises SchemaError where it is none."""
        kind: TableKind
        kind, rows_field = ("record", None) if is_record else self._rows_field(descriptor)
        row = self.plan_message((row_type(rows_field) if rows_field is not None else None) or descriptor)
        options = self._options.of_message(descriptor)
        plan = TablePlan(
            name=descriptor.name,
            message=descriptor.full_name,
            kind=kind,
            descriptor=descriptor,
            row=row,
            rows_field=rows_field.name if rows_field is not None else "",
            key=tuple(sorted((field for field in row.fields if field.key), key=lambda field: field.number)),
            groups=tuple(options.groups) if options else (),
            sums=tuple(Sum(o.field, tuple(o.by), o.equals, o.tolerance) for o in options.sum) if options else (),
            sequences=tuple(Sequence(o.field, tuple(o.by), o.start, o.step) for o in options.sequence)
            if options
            else (),
            unique=tuple(tuple(one.fields) for one in options.unique) if options else (),
            title=options.title if options else "",
            constants=options.constants if options else "",
            has_times=any(way[-1].type.is_time for way in row.marked),
            span=read_span(options, descriptor.full_name, self._places),
        )
        self._check_table(plan, rows_field)
        return plan

    def _rows_field(self, descriptor: Descriptor) -> tuple[TableKind, Any]:
        """Which field holds the rows: a table has one field, a list of messages or a map of them."""
        field: Any = descriptor.fields[0] if len(descriptor.fields) == 1 else None
        if field is None or not field.is_repeated or field.message_type is None or row_type(field) is None:
            raise SchemaError(
                sentence(
                    "{place}: the message {message} is no table",
                    place=self._places.of(descriptor.full_name),
                    message=descriptor.full_name,
                ),
                hint=sentence(
                    "write `message {name}Table {{ repeated {name} rows = 1; }}` below it, and name "
                    "{message}Table in sheets.yaml; or, for a sheet of one record, `layout: vertical`",
                    name=descriptor.name,
                    message=descriptor.full_name,
                ),
            )
        if field.type == FieldDescriptor.TYPE_GROUP:
            raise SchemaError(
                sentence(
                    "{place}: the rows of {message} are delimited, as a group is",
                    place=self._places.of(field.full_name),
                    message=descriptor.full_name,
                ),
                hint=sentence(
                    "make it a plain repeated field; in editions: [features.message_encoding = LENGTH_PREFIXED]"
                ),
            )
        return ("map" if is_map(field) else "rows"), field

    def _check_table(self, plan: TablePlan, rows_field: Any) -> None:
        if plan.kind == "map":
            map_key = kind_of(rows_field.message_type.fields_by_name["key"])
            if len(plan.key) != 1 or plan.key[0].kind != map_key:
                raise SchemaError(
                    sentence(
                        "{place}: {message} is a map by {type}, so exactly one field of {row} must be the "
                        "key, of that type",
                        place=self._places.of(plan.message),
                        message=plan.message,
                        type=map_key,
                        row=plan.row.name,
                    ),
                    hint=sentence("give that field [(gdata.field).key = true]"),
                )
        rules: list[Sum | Sequence] = [*plan.sums, *plan.sequences]
        for field in (name for rule in rules for name in (rule.field, *rule.by)):
            if not plan.row.has(field):
                raise SchemaError(
                    sentence(
                        "{place}: sum or sequence of {message} names {field}, which {row} doesn't have",
                        place=self._places.of(plan.message),
                        message=plan.message,
                        field=field,
                        row=plan.row.name,
                    ),
                    hint=did_you_mean(field, [one.name for one in plan.row.fields]),
                )
        for names in plan.unique:
            self._check_unique(plan, names)
        self._check_title(plan)
        if plan.constants:
            self._check_constants(plan)

    def _check_title(self, plan: TablePlan) -> None:
        way = plan.row.way(plan.title)
        is_single = not any(one.is_list or one.is_map for one in way)
        is_name = bool(way) and (bool(way[-1].refs) or (len(way) == 1 and way[0].kind == "string"))
        if plan.title and not (is_single and is_name):
            what = say("has, but not as one text, or one reference") if way else say("doesn't have")
            raise SchemaError(
                sentence(
                    "{place}: the title of {message} is {title}, which {row} {fault}",
                    place=self._places.of(plan.message),
                    message=plan.message,
                    title=plan.title,
                    row=plan.row.name,
                    fault=what,
                ),
                hint=did_you_mean(plan.title, [one.name for one in plan.row.fields if one.kind == "string"]),
            )

    def _check_constants(self, plan: TablePlan) -> None:
        field = plan.row.field(plan.constants)
        if field is None or field.kind != "string" or field.is_list or field.is_map or len(plan.key) != 1:
            raise SchemaError(
                sentence(
                    "{place}: constants of {message} names {field}, and must name a string field of a "
                    "row with a key of one field",
                    place=self._places.of(plan.message),
                    message=plan.message,
                    field=plan.constants,
                ),
                hint=did_you_mean(plan.constants, [one.name for one in plan.row.fields if one.kind == "string"]),
            )

    def _check_unique(self, plan: TablePlan, names: tuple[str, ...]) -> None:
        unfit = [name for name in names if not _has_one_value(plan.row, name)]
        if unfit or not names:
            what = (
                say("names {unfit}, which isn't one value of a {name}", unfit=unfit[0], name=plan.row.name)
                if unfit
                else say("names no fields")
            )
            raise SchemaError(
                sentence(
                    "{place}: unique of {message} {fault}",
                    place=self._places.of(plan.message),
                    message=plan.message,
                    fault=what,
                ),
                hint=sentence('write it as {{fields: ["hero_id", "level"]}}'),
            )

    def plan_message(self, descriptor: Descriptor, within: tuple[str, ...] = ()) -> MessagePlan:
        """The plan of a message; `within` are the messages that it is being planned for, outermost first.

        Where messages hold each other it depends on these, and not on which table comes first.
        """
        place = descriptor.full_name, self._reach(descriptor).intersection(within)
        known = self._messages.get(place)
        if known is None:
            within = (*within, descriptor.full_name)
            fields = tuple(self._plan_field(field, within) for field in descriptor.fields)
            self._check_oneof_default(fields)
            self._check_texts(fields)
            known = self._messages[place] = MessagePlan(descriptor.full_name, descriptor, fields)
        return known

    def _reach(self, descriptor: Descriptor) -> frozenset[str]:
        """The messages that lie in a message, at any depth."""
        if descriptor.full_name not in self._reached:
            reached: set[str] = set()
            waiting = [descriptor]
            while waiting:
                types: Any = [element_field(field).message_type for field in waiting.pop().fields]
                further = [one for one in types if one is not None and one.full_name not in reached]
                reached.update(one.full_name for one in further)
                waiting += further
            self._reached[descriptor.full_name] = frozenset(reached)
        return self._reached[descriptor.full_name]

    def _plan_field(self, field: Any, within: tuple[str, ...]) -> FieldPlan:
        has_entries = is_map(field)
        value: Any = element_field(field)
        kind = kind_of(value)
        if kind == "message" and value.message_type.full_name in within:
            kind = "nested"  # A message within itself has no end of columns.
        options = self._options.of_field(field)
        plan = FieldPlan(
            name=field.name,
            number=field.number,
            kind=kind,
            descriptor=field,
            is_list=field.is_repeated and not has_entries,
            is_map=has_entries,
            map_key_kind=kind_of(key_field(field)) if has_entries else "string",
            has_presence=field.has_presence and not field.is_required,
            is_optional=_is_optional(field),
            message=self.plan_message(value.message_type, within) if kind == "message" else None,
            message_again=partial(self.plan_message, value.message_type) if kind == "nested" else None,
            scalar_kind=kind_of(value.message_type.fields_by_name["value"]) if kind == "wrapper" else "any",
            labels=self._enums.labels(value.enum_type) if kind == "enum" else {},
            enum_names={one.number: one.name for one in reversed(value.enum_type.values)} if kind == "enum" else {},
            choices=self._enums.choices(value.enum_type) if kind == "enum" else {},
            value_spans=self._enums.spans(value.enum_type) if kind == "enum" else {},
            oneof=_oneof(field),
            **(self._from_options(field, options) if options is not None else {}),
        )
        self._check_field(plan)
        return plan

    def _from_options(self, field: Any, options: Any) -> dict[str, Any]:
        return {
            "key": options.key,
            "columns": tuple(options.column),
            "refs": tuple(self._ref(field, ref) for ref in options.ref),
            "unique": options.unique,
            "separator": options.separator or ",",
            "subseparator": options.subseparator or ":",
            "default": options.default or None,
            "absent_ok": options.absent_ok,
            "groups": tuple(options.groups),
            "unit": options.unit,
            "path": options.path,
            "flags": self._flags(field, options.flags) if options.flags else None,
            "span": read_span(options, field.full_name, self._places),
        }

    def _flags(self, field: Any, name: str) -> FlagsPlan:
        """The enum whose values are or-ed, by its full name, or by its name within the file's package."""
        pool, package = field.file.pool, field.file.package
        words = {"place": self._places.of(field.full_name), "field": field.full_name, "name": name}
        for full_name in (name, f"{package}.{name}" if package else name):
            try:
                enum = pool.FindEnumTypeByName(full_name)
            except KeyError:
                continue
            if min(value.number for value in enum.values) < 0:
                break
            return FlagsPlan(enum.name, self._enums.labels(enum), self._enums.choices(enum))
        else:
            raise SchemaError(
                sentence("{place}: flags of {field}: there is no enum {name}", **words),
                hint=sentence('write its full name: "game.Element"; its file must be imported'),
            )
        raise SchemaError(
            sentence("{place}: flags of {field}: {name} has values below zero, which are no bits", **words),
            hint=sentence("give its values the numbers 1, 2, 4, 8, …"),
        )

    def _ref(self, field: Any, ref: Any) -> Ref:
        when_field, equals, when_value = ref.when.partition("=")
        if not ref.table or bool(ref.when) != bool(equals):
            raise SchemaError(
                sentence(
                    "{place}: the ref of {field} makes no sense",
                    place=self._places.of(field.full_name),
                    field=field.full_name,
                ),
                hint=sentence('write {{table: "ItemTable"}}, and a `when` as "sibling_field=VALUE"'),
            )
        if when_field.strip() and when_field.strip() not in field.containing_type.fields_by_name:
            raise SchemaError(
                sentence(
                    "{place}: `when` of {field} names {sibling}, which {message} doesn't have",
                    place=self._places.of(field.full_name),
                    field=field.full_name,
                    sibling=when_field.strip(),
                    message=field.containing_type.full_name,
                ),
                hint=did_you_mean(when_field.strip(), list(field.containing_type.fields_by_name)),
            )
        return Ref(ref.table, ref.field, when_field.strip(), when_value.strip(), tuple(ref.none))

    def _check_field(self, plan: FieldPlan) -> None:
        place, name = self._places.of(plan.descriptor.full_name), plan.descriptor.full_name
        if plan.key and (plan.kind == "wrapper" or not plan.type.may_be_key or plan.is_list or plan.is_map):
            raise SchemaError(
                sentence("{place}: {name} can't be a key", place=place, name=name),
                hint=sentence("a key is an integer, a string, a bool or an enum, and no list"),
            )
        if plan.key and plan.span != ALWAYS:
            raise SchemaError(
                sentence("{place}: {name} is a key, so it can't begin or end with a version", place=place, name=name),
                hint=sentence("let the whole table begin or end, or the rows"),
            )
        if plan.unit and plan.unit not in plan.type.units:
            raise SchemaError(
                sentence("{place}: unit {unit} of {name} makes no sense", place=place, unit=repr(plan.unit), name=name),
                hint=sentence(
                    "the unit of a Duration is one of {units}, that of a number one of {shares}, that of an integer "
                    'may be "color"',
                    units=", ".join(LENGTHS),
                    shares=", ".join(SHARES),
                ),
            )
        if plan.flags is not None and (not plan.type.is_whole or plan.unit or plan.separator == "|"):
            raise SchemaError(
                sentence("{place}: flags of {name} make no sense", place=place, name=name),
                hint=sentence("flags are bits of an integer without a unit, and `|` stands between them"),
            )
        if plan.kind == "any" and not plan.absent_ok:
            raise SchemaError(
                sentence("{place}: no cell can hold {name}, which is a google.protobuf.Any", place=place, name=name),
                hint=sentence(
                    "make it a message, or a oneof of several; where only programs fill it, mark it absent_ok"
                ),
            )
        if len(plan.separator) > 1 or len(plan.subseparator) > 1 or plan.separator == plan.subseparator:
            raise SchemaError(
                sentence("{place}: the separators of {name} must be two different characters", place=place, name=name),
                hint=sentence('separator is "," and subseparator ":" unless the options say otherwise'),
            )

    def _check_oneof_default(self, fields: Iterable[FieldPlan]) -> None:
        for plan in fields:
            if plan.oneof and plan.default is not None:
                raise SchemaError(
                    sentence(
                        "{place}: a default of {field} would always set the oneof {oneof}",
                        place=self._places.of(plan.descriptor.full_name),
                        field=plan.descriptor.full_name,
                        oneof=plan.oneof,
                    ),
                    hint=sentence("remove the default"),
                )

    def _check_texts(self, fields: tuple[FieldPlan, ...]) -> None:
        """A `column` text that means another field already would never be read as this one."""
        taken = {fold(field.descriptor.json_name): field for field in fields}
        taken |= {fold(field.name): field for field in fields}
        for field in fields:
            for text in field.columns:
                other = taken.setdefault(fold(text), field)
                if other is not field:
                    name = field.descriptor.full_name
                    raise SchemaError(
                        sentence(
                            "{place}: the column text {text} of {field} means {other_field} already",
                            place=self._places.of(name),
                            text=repr(text),
                            field=name,
                            other_field=other.name,
                        ),
                        hint=sentence("texts are compared without regard to case, width, blanks, - and _; change one"),
                    )


def _has_one_value(message: MessagePlan, path: str) -> bool:
    """Whether a dotted path leads to one value, through no list and no map."""
    name, _, rest = path.partition(".")
    field = message.field(name)
    if field is None or field.is_list or field.is_map or not field.type.has_one_value:
        return False
    return _has_one_value(field.message, rest) if rest and field.message is not None else not rest and not field.message


def _oneof(field: Any) -> str:
    """The oneof that the .proto file declares; the one that `optional` makes is none."""
    oneof = field.containing_oneof
    return "" if oneof is None or (len(oneof.fields) == 1 and oneof.name == f"_{field.name}") else oneof.name


def _is_optional(field: Any) -> bool:
    """Whether the .proto file calls the field optional; editions give every scalar presence unless told."""
    if field.is_repeated or field.is_required or _oneof(field):
        return False
    return field.containing_oneof is not None or (field.has_presence and field.message_type is None)
