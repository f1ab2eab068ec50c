"""What the core proves of a table's bytes: keys that differ, rules that hold, references that are there.

A proof is about whole columns. Where it doesn't succeed, or the core knows nothing of such a column, nothing is said:
then the rows become messages, and the readable checks find what is wrong, and where.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass, replace
from itertools import pairwise, starmap
from operator import attrgetter, lt
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.unknown_fields import UnknownFieldSet

from gdata._core import MOST_FIELDS, SEED, core
from gdata.checks.references.rules import ReferenceRule
from gdata.checks.rules import RuleReader
from gdata.checks.values import Column
from gdata.longbytes import LongBytes
from gdata.parsing.view import View
from gdata.schema.fieldtypes import FIELD_TYPES
from gdata.schema.plan import FieldPlan

# As in proofs.h.
(_SIGNED, _SIGNED32, _UNSIGNED, _UNSIGNED32, _ZIGZAG, _FIXED32, _SIGNED_FIXED32) = range(7)
(_FIXED64, _SIGNED_FIXED64, _FLOAT, _DOUBLE, _TEXT, _MESSAGE) = range(7, 13)
_ABSENT_WRONG, _ABSENT_FINE, _ABSENT_ZERO = range(3)
_MOST_RULES, _MOST_STEPS = 64, 16
_MOST_VALUES = 64
"""Of a list of values that are allowed, or aren't: each is looked at."""
_NO_LIMIT = 2**64 - 1
_SIGN = 1 << 63

_KINDS = {
    FieldDescriptor.TYPE_INT32: ("int32", _SIGNED32),
    FieldDescriptor.TYPE_INT64: ("int64", _SIGNED),
    FieldDescriptor.TYPE_UINT32: ("uint32", _UNSIGNED32),
    FieldDescriptor.TYPE_UINT64: ("uint64", _UNSIGNED),
    FieldDescriptor.TYPE_SINT32: ("sint32", _ZIGZAG),
    FieldDescriptor.TYPE_SINT64: ("sint64", _ZIGZAG),
    FieldDescriptor.TYPE_FIXED32: ("fixed32", _FIXED32),
    FieldDescriptor.TYPE_FIXED64: ("fixed64", _FIXED64),
    FieldDescriptor.TYPE_SFIXED32: ("sfixed32", _SIGNED_FIXED32),
    FieldDescriptor.TYPE_SFIXED64: ("sfixed64", _SIGNED_FIXED64),
    FieldDescriptor.TYPE_FLOAT: ("float", _FLOAT),
    FieldDescriptor.TYPE_DOUBLE: ("double", _DOUBLE),
    FieldDescriptor.TYPE_BOOL: ("bool", _UNSIGNED),
    FieldDescriptor.TYPE_ENUM: ("enum", _SIGNED32),
    FieldDescriptor.TYPE_STRING: ("string", _TEXT),
    FieldDescriptor.TYPE_BYTES: ("bytes", _TEXT),
}
"""By a field's type: what its rules are called, and how the core reads it."""
_IN_ORDER_WITH_SIGN = frozenset([_SIGNED, _SIGNED32, _ZIGZAG, _SIGNED_FIXED32, _SIGNED_FIXED64])


# --- keys and texts ------------------------------------------------------------------------------------------------


def differ_at_once(view: View, fields: Sequence[FieldPlan]) -> bool:
    """Whether the core sees that no two rows have the same values in these fields; False: they may differ too."""
    native = _core_for(view, fields)
    if native is None:
        return _differ_in_blocks(view, fields)
    rows, numbers = _rows_number(view), tuple(field.number for field in fields)
    if isinstance(view.wire, bytes):
        return bool(native.differ(view.wire, rows, numbers, SEED))
    if len(numbers) == 1 and _rises(native, view, numbers[0]):
        return True
    # Of a table that isn't in memory the keys alone are, and those only where they don't rise.
    keys = [native.only(block, rows, numbers) for block in view.blocks()]
    return None not in keys and bool(native.differ(b"".join(keys), rows, numbers, SEED))


def _differ_in_blocks(view: View, fields: Sequence[FieldPlan]) -> bool:
    """Whether Python sees the same of a table that isn't in memory: of a million rows messages take 400 MiB."""
    if view.plan.kind != "rows" or view.bad_fields or not isinstance(view.wire, LongBytes) or not _are_plain(fields):
        return False
    key_of = attrgetter(*(field.name for field in fields))
    if all(starmap(lt, pairwise(map(key_of, view.each_row())))):
        return True
    return len(set(map(key_of, view.each_row()))) == view.row_count


def _rises(native: Any, view: View, number: int) -> bool:
    last = None
    for block in view.blocks():
        last = native.rises(block, _rows_number(view), number, last)
        if last is None:
            return False
    return True


def ascii_at_once(view: View, columns: Sequence[Column]) -> bool:
    """Whether the core sees that these columns of texts are ASCII alone; False: they may be too."""
    fields = [column.steps[0] for column in columns if len(column.steps) == 1]
    native = _core_for(view, fields) if len(fields) == len(columns) else None
    numbers = tuple(field.number for field in fields)
    return native is not None and all(native.ascii(block, _rows_number(view), numbers) for block in view.blocks())


def _core_for(view: View, fields: Sequence[FieldPlan]) -> Any:
    """The core, where it can look at these fields of a row: it knows nothing of rows that have a problem, nor of a
    field whose absence is another value than its zero.
    """
    if view.plan.kind != "rows" or view.bad_fields or not 0 < len(fields) <= MOST_FIELDS:
        return None
    is_known = _are_plain(fields) and not any(one.descriptor.has_presence for one in fields)
    return core() if is_known else None


def _are_plain(fields: Iterable[FieldPlan]) -> bool:
    """Whether each holds one number or text: what can be compared as it is."""
    return all(FIELD_TYPES[one.kind].may_be_key and not one.is_list and not one.is_map for one in fields)


def _rows_number(view: View) -> int:
    number: int = view.plan.descriptor.fields_by_name[view.plan.rows_field].number
    return number


# --- rules ---------------------------------------------------------------------------------------------------------


class _Unfit(Exception):
    """Something that the core knows nothing of."""


@dataclass(frozen=True)
class _Rules:
    """What has to hold for a field; see FieldRules in proofs.h."""

    number: int
    kind: int
    absent: int = _ABSENT_FINE
    is_list: bool = False
    low: int = 0
    high: int = _NO_LIMIT
    least: float = -math.inf
    most: float = math.inf
    min_chars: int = 0
    max_chars: int = _NO_LIMIT
    min_bytes: int = 0
    max_bytes: int = _NO_LIMIT
    min_items: int = 0
    max_items: int = _NO_LIMIT
    allowed: bytes | None = None
    forbidden: bytes = b""
    message: int = 0


class RuleProofs:
    """Proves that tables meet their rules, where each rule is a bound or a list of values on one field."""

    def __init__(self, rules: RuleReader) -> None:
        self._rules = rules
        self._known: dict[str, tuple[tuple[tuple[Any, ...], ...], ...] | None] = {}

    def covers(self, message: Descriptor) -> bool:
        """Whether every rule of a message and of what lies in it is such a one."""
        return self._messages(message) is not None

    def holds(self, view: View) -> bool:
        """Whether the core sees that a table meets all its rules; False: it may do so all the same."""
        native = core()
        if native is None or view.plan.kind == "map":  # Of rows with one key a map holds only one.
            return False
        messages = self._messages(view.plan.descriptor)
        if messages is None:
            return False
        # How many rows there may be, only all of them tell.
        rows = view.plan.descriptor.fields_by_name[view.plan.rows_field] if view.plan.kind == "rows" else None
        counts = rows is not None and self._rules.of_field(rows) is not None
        return all(native.meets(block, messages) for block in ([view.content] if counts else view.blocks()))

    def _messages(self, message: Descriptor) -> tuple[tuple[tuple[Any, ...], ...], ...] | None:
        name = message.full_name
        if name not in self._known:
            found: list[list[_Rules]] = []
            try:
                self._add(message, found, ())
            except _Unfit:
                self._known[name] = None
            else:
                self._known[name] = tuple(tuple(map(astuple, own)) for own in found)
        return self._known[name]

    def _add(self, message: Descriptor, found: list[list[_Rules]], above: tuple[str, ...]) -> int:
        """Add the rules of a message, and of what lies in it behind them."""
        if message.full_name in above or len(found) == _MOST_RULES or self._rules.of_message(message) is not None:
            raise _Unfit
        if any(self._rules.of_oneof(oneof) is not None for oneof in message.oneofs):
            raise _Unfit
        index, own = len(found), list[_Rules]()
        found.append(own)
        for field in sorted(message.fields, key=lambda one: one.number):
            rules = self._rules.of_field(field)
            is_constrained = field.message_type is not None and self._rules.constrains(field.message_type)
            if rules is not None or is_constrained:
                own.append(self._of_field(field, rules, found, (*above, message.full_name)))
        if len(own) > _MOST_RULES:
            raise _Unfit
        return index

    def _of_field(
        self, field: FieldDescriptor, rules: Any | None, found: list[list[_Rules]], above: tuple[str, ...]
    ) -> _Rules:
        options = _options(rules)
        if field.message_type is not None and field.message_type.GetOptions().map_entry:
            raise _Unfit
        absent = _ABSENT_FINE if field.has_presence else _ABSENT_ZERO
        if options.pop("required", False):
            absent = _ABSENT_WRONG
        if options.pop("ignore", "") == "IGNORE_IF_ZERO_VALUE":
            if field.has_presence or field.is_repeated or absent == _ABSENT_WRONG:
                raise _Unfit
            absent = _ABSENT_FINE
        if field.is_repeated:
            return self._of_list(field, options, found, above, is_required=absent == _ABSENT_WRONG)
        return replace(self._of_value(field, options, found, above), absent=absent)

    def _of_list(
        self,
        field: FieldDescriptor,
        options: dict[str, Any],
        found: list[list[_Rules]],
        above: tuple[str, ...],
        *,
        is_required: bool,
    ) -> _Rules:
        own = _options(options.pop("repeated", None))
        fewest, most = own.pop("min_items", 0), own.pop("max_items", _NO_LIMIT)
        element = self._of_value(field, _options(own.pop("items", None)), found, above)
        if own or options:
            raise _Unfit
        return replace(element, is_list=True, min_items=max(fewest, int(is_required)), max_items=most)

    def _of_value(
        self, field: FieldDescriptor, options: dict[str, Any], found: list[list[_Rules]], above: tuple[str, ...]
    ) -> _Rules:
        if field.message_type is not None:
            if options:
                raise _Unfit
            return _Rules(field.number, _MESSAGE, message=self._add(field.message_type, found, above))
        name, kind = _KINDS.get(field.type, ("", _MESSAGE))
        own = _options(options.pop(name, None))
        if options or kind == _MESSAGE:
            raise _Unfit
        own.pop("example", None)
        if kind == _TEXT:
            return _of_text(field, own)
        return _of_float(field, own, kind) if kind in (_FLOAT, _DOUBLE) else _of_whole(field, own, kind)


def _options(rules: Any | None) -> dict[str, Any]:
    """What is set in some rules, by name; enums by name too."""
    if rules is None:
        return {}
    if len(UnknownFieldSet(rules)) or any(field.is_extension for field, _ in rules.ListFields()):
        raise _Unfit
    return {
        field.name: field.enum_type.values_by_number[value].name if field.enum_type is not None else value
        for field, value in rules.ListFields()
    }


def _of_whole(field: FieldDescriptor, own: dict[str, Any], kind: int) -> _Rules:
    allowed, forbidden = _lists(own)
    if own.pop("defined_only", False) and field.enum_type is not None:
        numbers = {value.number for value in field.enum_type.values}
        allowed = numbers if allowed is None else [one for one in allowed if one in numbers]
    low, high = (-_SIGN, _SIGN - 1) if kind in _IN_ORDER_WITH_SIGN else (0, _NO_LIMIT)
    low = max(low, own.pop("gte", low), own.pop("gt", low - 1) + 1)
    high = min(high, own.pop("lte", high), own.pop("lt", high + 1) - 1)
    if own or low > high:  # A range whose ends are the other way round means what is outside of it.
        raise _Unfit
    bounds: dict[str, Any] = {"low": _in_order(kind, low), "high": _in_order(kind, high)}
    return _Rules(field.number, kind, **bounds, **_as_bytes(kind, allowed, forbidden))


def _of_float(field: FieldDescriptor, own: dict[str, Any], kind: int) -> _Rules:
    allowed, forbidden = _lists(own)
    least, most = own.pop("gte", -math.inf), own.pop("lte", math.inf)
    if own.get("gt") == math.inf or own.get("lt") == -math.inf:  # Nothing lies beyond.
        raise _Unfit
    if "gt" in own:
        least = math.nextafter(own.pop("gt"), math.inf)
    if "lt" in own:
        most = math.nextafter(own.pop("lt"), -math.inf)
    if own.pop("finite", False):
        largest = math.nextafter(math.inf, 0)
        least, most = max(least, -largest), min(most, largest)
    if own or not least <= most:  # NaN among them
        raise _Unfit
    return _Rules(field.number, kind, least=least, most=most, **_as_bytes(kind, allowed, forbidden))


_TEXT_SIZES = [("len", "len", "chars"), ("bytes", "len_bytes", "bytes")]
"""What follows `min_` and `max_` in rules of texts, what says the size exactly, and of what that is."""


def _of_text(field: FieldDescriptor, own: dict[str, Any]) -> _Rules:
    allowed, forbidden = _lists(own)
    sizes: dict[str, Any] = {}
    is_bytes = field.type == FieldDescriptor.TYPE_BYTES
    for end, exact, unit in [("len", "len", "bytes")] if is_bytes else _TEXT_SIZES:
        low, high = own.pop(f"min_{end}", 0), own.pop(f"max_{end}", _NO_LIMIT)
        exactly = own.pop(exact, None)  # Beside bounds it holds too.
        sizes[f"min_{unit}"] = low if exactly is None else max(low, exactly)
        sizes[f"max_{unit}"] = high if exactly is None else min(high, exactly)
    if own:
        raise _Unfit
    return _Rules(field.number, _TEXT, **sizes, **_as_bytes(_TEXT, allowed, forbidden))


def _lists(own: dict[str, Any]) -> tuple[Iterable[Any] | None, Sequence[Any]]:
    """The values that are allowed, None for all, and those that aren't."""
    allowed = list(own.pop("in")) if "in" in own else None
    if "const" in own:
        const = own.pop("const")
        allowed = [const] if allowed is None or const in allowed else []
    return allowed, list(own.pop("not_in", ()))


def _as_bytes(kind: int, allowed: Iterable[Any] | None, forbidden: Sequence[Any]) -> dict[str, Any]:
    lists = {"allowed": None if allowed is None else list(allowed), "forbidden": list(forbidden)}
    if any(len(one or ()) > _MOST_VALUES for one in lists.values()):
        raise _Unfit
    return {name: None if one is None else _values(kind, one) for name, one in lists.items()}


def _values(kind: int, values: Iterable[Any]) -> bytes:
    """Values as the core has them, one after the other."""
    return b"".join(_value(kind, one) for one in values)


def _value(kind: int, value: Any) -> bytes:
    if kind == _TEXT:
        text = value if isinstance(value, bytes) else value.encode()
        return struct.pack("<I", len(text)) + text
    return struct.pack("<d", value) if kind in (_FLOAT, _DOUBLE) else struct.pack("<Q", _in_order(kind, int(value)))


def _in_order(kind: int, number: int) -> int:
    return number + _SIGN if kind in _IN_ORDER_WITH_SIGN else number


# --- references ----------------------------------------------------------------------------------------------------


def refers_at_once(view: View, rule: ReferenceRule, views: Mapping[str, View]) -> bool:
    """Whether the core sees that every value which refers by a rule is there; False: they may be there all the same."""
    native = core()
    if native is None or rule.value_of is not None or rule.column.side:
        return False
    try:
        own = _column(view, rule.column, rule)
        others = tuple(_referent(views.get(one.plan.name), one.columns) for one in rule.referents)
        if {_meeting(column[2]) for column in others} != {_meeting(own[2])}:
            return False
        more = _values(own[2], rule.none)
    except (_Unfit, struct.error):
        return False
    return bool(native.refers(own, others, more, SEED))


def _referent(view: View | None, columns: Sequence[Column]) -> tuple[Any, ...]:
    if view is None or len(columns) != 1:
        raise _Unfit
    column, field = columns[0], columns[0].field
    is_bad = any(column.top in names for names in view.bad_fields.values())
    if is_bad or (field.absent_ok and not field.has_presence):  # Without a column its zeros are nobody's.
        raise _Unfit
    return _column(view, column)


def _column(view: View, column: Column, rule: ReferenceRule | None = None) -> tuple[Any, ...]:
    """A column of a table as the core knows it; see WireColumn in proofs.h."""
    if view.plan.kind == "map" or any(step.is_map for step in column.steps) or len(column.steps) >= _MOST_STEPS:
        raise _Unfit
    field = column.field
    numbers = tuple(step.number for step in column.steps)
    path = (_rows_number(view), *numbers) if view.plan.kind == "rows" else numbers
    absent = _ABSENT_FINE if field.is_list or field.has_presence else _ABSENT_ZERO
    when: tuple[int, int, bytes] = (0, 0, b"")
    tops = numbers[:1]
    if rule is not None and rule.when is not None:
        sibling = rule.when.field
        if sibling.has_presence:
            raise _Unfit
        kind = _kind_to_meet(sibling)
        when = sibling.number, kind, _value(kind, rule.when.equals)
        tops = tops if len(numbers) > 1 else (*tops, sibling.number)
    return _wire_with(view, tops), path, _kind_to_meet(field), absent, int(field.is_list), *when


def _wire_with(view: View, numbers: tuple[int, ...]) -> bytes:
    """A table's wire; of one that isn't in memory these fields of the rows alone, and all of a record."""
    if isinstance(view.wire, bytes) or view.plan.kind != "rows":
        return view.content
    kept = [core().only(block, _rows_number(view), numbers) for block in view.blocks()]
    if None in kept:
        raise _Unfit
    return b"".join(kept)


def _kind_to_meet(field: FieldPlan) -> int:
    """How the core reads a field whose values are compared with those of fields of other whole numbers."""
    if not FIELD_TYPES[field.kind].may_be_key:
        raise _Unfit
    kind = _KINDS[field.descriptor.type][1]
    # What has 32 bits fits a signed number of 64, and is written alike.
    return _SIGNED if kind == _UNSIGNED32 or field.kind == "bool" else kind


def _meeting(kind: int) -> str:
    """Which kinds have one order, so that equal values are alike."""
    return "text" if kind == _TEXT else "signed" if kind in _IN_ORDER_WITH_SIGN else "unsigned"
