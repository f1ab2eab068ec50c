"""Put a sheet's converted columns together: groups into messages, elements into lists, rows into records.

That is done for each audience, since a column variant (`price@jp`), a tagged row or one that begins with a version
makes the same sheet look different to different targets.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import compress
from typing import Any

from gdata import kinds
from gdata.config import Audience
from gdata.language import Sentence, sentence
from gdata.parsing.cells.cell import Fault, choices_text, is_blank, shown
from gdata.parsing.cells.readings import READINGS, Column
from gdata.parsing.multirow import Blank, Element, RecordLines, first_column, is_several
from gdata.parsing.records import SheetRecords
from gdata.parsing.sheet.node import Case, Node, case_fields, fitting, top_field
from gdata.problems import Kind, Problem
from gdata.schema.plan import FieldPlan, MessagePlan
from gdata.sources.cells import choose
from gdata.text import nearest_value, question

Columns = Mapping[str, Sequence[Any]]
"""By field name, the value of every row: None is unset, a nested message is a dict."""


@dataclass
class Composed:
    """Records as one audience sees them: the columns of their fields, and which record of the sheet each is."""

    columns: Columns
    records: Sequence[int]
    bad_fields: dict[int, set[str]]
    """By record: top-level fields in which a cell has a problem."""
    problems: list[Problem]
    blank: Mapping[str, Sequence[bool]] = dataclasses.field(default_factory=dict)
    """Of an overlay, by field: in which records of the sheet it has nothing."""


def compose(records: SheetRecords, audience: Audience) -> Composed:
    """The records that an audience sees."""
    composer = _Composer(records, audience)
    columns, bad_fields = composer.columns(), composer.bad_fields
    out = records.out_of(audience.version)
    row_problems = [(record, problem) for record, problem in records.row_problems if record not in out]
    for record, problem in row_problems:
        if problem.field:
            bad_fields.setdefault(record, set()).add(problem.field)
    for line, names in records.long_lines.shifted() if records.long_lines is not None else ():
        bad_fields.setdefault(records.record_of(line), set()).update(names)
    for record in range(records.count) if records.head.unread else ():
        bad_fields.setdefault(record, set()).update(records.head.unread)
    for record in records.unticked:
        bad_fields.setdefault(record, set()).update(field.name for field in records.plan.row.fields)
    flags = records.flags(audience)
    if flags is not None:
        columns = {name: choose(values, flags) for name, values in columns.items()}
    problems = [*(problem for _, problem in row_problems), *composer.problems, *records.directives[2]]
    blank = composer.blank_fields() if records.sheet.entry.overlay else {}
    seen = range(records.count) if flags is None else list(compress(range(records.count), flags))
    return Composed(columns, seen, bad_fields, problems, blank)


class _Composer:
    """Composes the records of one sheet as one audience sees it, and collects what is wrong with its cells."""

    def __init__(self, records: SheetRecords, audience: Audience) -> None:
        self._records = records
        self._audience = audience
        self._row = records.plan.row.at(audience.version)
        self._out = frozenset(line for record in records.out_of(audience.version) for line in records.lines_of(record))
        """The lines that aren't in the audience's version: what is wrong in them is no matter here."""
        self._blank: dict[int, Blank] = {}
        self.problems: list[Problem] = []
        self.bad_fields: dict[int, set[str]] = {}
        self._shifted: set[int] = set()

    def columns(self) -> dict[str, Sequence[Any]]:
        """The value of every record in sheet order, by field."""
        nodes = self._seen(self._records.header.nodes)
        starts = self._records.starts
        if starts is None:
            columns = {name: self.values_of_lines(node, None, name) for name, node in nodes.items()}
        else:
            lines = RecordLines(self._records, self)
            columns = {name: lines.values(node, starts) for name, node in nodes.items()}
        for field in _defaulted(self._row, nodes):
            columns[field.name] = [self._default(Node(field))] * self._records.count
        self._check_oneofs(nodes.values(), None, "")
        self._check_cases(nodes.values(), "")
        return columns

    def blank_fields(self) -> dict[str, Sequence[bool]]:
        """In which records each field with columns has nothing."""
        blank: dict[str, Sequence[bool]] = {}
        for name, node in self._seen(self._records.header.nodes).items():
            flags, records = self.blank_of(node), range(self._records.count)
            blank[name] = [
                flags is not None and all(flags[line] for line in self._records.lines_of(one)) for one in records
            ]
        return blank

    def _seen(self, nodes: Mapping[str, Node]) -> Mapping[str, Node]:
        """The nodes of fields that the audience's version has."""
        return {name: node for name, node in nodes.items() if node.field.span.has(self._audience.version)}

    @property
    def _line_count(self) -> int:
        return self._records.line_count

    # --- values of every line -----------------------------------------------------------------------------

    def values_of_lines(self, node: Node, idle: Blank, name: str) -> Sequence[Any]:
        """The value of `node` in every line; in `idle` lines nothing is asked for, so a blank is no problem."""
        if node.is_case and node.field.message is None:
            return self._case_values(node, idle, name)
        if node.column is not None or node.variants:
            return self._cell_values(node, idle, name)
        if node.field.is_list and not node.is_element:
            return self._list_values(node, idle, name)
        if node.field.is_map and not node.is_element:
            return self._map_values(node, idle, name)
        return self._message_values(node, idle, name)

    def _cell_values(self, node: Node, idle: Blank, name: str) -> Sequence[Any]:
        values: Sequence[Any] = [None] * self._line_count
        if node.column is not None:
            values = self._convert(node, node.column, name).values
        taken = fitting(node.variants, self._audience)
        for one in reversed(node.variants):
            if one not in taken and one.has_begun(self._audience.version):
                self._convert(node, node.variants[one], f"{name}{one}")
        for one in reversed(taken):
            variant = self._convert(node, node.variants[one], f"{name}{one}")
            values = [
                base if variant.blank is not None and variant.blank[line] else variant.values[line]
                for line, base in enumerate(values)
            ]
        blank = self.blank_of(node)
        if blank is None or (node.is_element and node.field.kind != "message" and not node.field.default):
            return values
        return self._fill_blanks(node, values, blank, idle, name)

    def _case_values(self, node: Node, idle: Blank, name: str) -> Sequence[Any]:
        """The values of a oneof's member that is no message; where it is chosen, a blank text is empty."""
        assert node.case is not None
        if node.column is None:
            return [None] * self._line_count
        converted = self._convert(node, node.column, name)
        values = list(converted.values)
        for line, is_chosen in enumerate(self._records.chosen(node.case)):
            if not is_chosen or converted.blank is None or not converted.blank[line] or (idle and idle[line]):
                continue
            reading = READINGS[node.field.kind]
            if reading.empty is not None:
                values[line] = reading.empty
            else:
                words = {"before": "", "choices": choices_text(node.field.choices)}
                self.report(Fault(reading.blank, words), line, node.column, name)
        return values

    def _check_cases(self, nodes: Iterable[Node], prefix: str) -> None:
        """What stands in columns `….@case` and `….@1` that no member of the oneof takes."""
        cases = {node.case.column: node.case for node in nodes if node.is_case and node.case is not None}
        for case in cases.values():
            named = self._records.cells(case.column)
            blank = [self._records.cells(column).blanks() for column in case.parts]
            for line, member in enumerate(self._records.members(case)):
                taken = len(case_fields(member)) if member is not None else 0
                filled = [part for part, flags in enumerate(blank) if flags is None or not flags[line]]
                extra = [case.parts[part] for part in filled if part >= taken]
                if member is None and not is_blank(named[line]):
                    self._report_case(kinds.ONEOF_CASE, line, case.column, case, prefix)
                elif extra:
                    kind = kinds.ONEOF_CASE_BLANK if member is None else kinds.ONEOF_CASE_EXTRA
                    self._report_case(kind, line, extra[0], case, prefix, member=member, count=taken)

    def _report_case(
        self, kind: Kind, line: int, column: int, case: Case, prefix: str, *, member: Any = None, count: int = 0
    ) -> None:
        names = [one.columns[0] if one.columns else one.name for one in case.members]
        near = nearest_value(shown(self._records.cells(case.column)[line]).strip(), names)
        words = {
            "oneof": case.text,
            "case": f"{case.text}.@case",
            "choices": ", ".join(names),
            "before": question(near) if kind is kinds.ONEOF_CASE else "",
            "member": member.name if member is not None else "",
            "count": count,
        }
        self.report(Fault(kind, words), line, column, prefix + case.members[0].oneof)
        self._mark_bad(line, *(prefix + one.name for one in case.members))

    def _fill_blanks(
        self, node: Node, values: Sequence[Any], blank: Sequence[bool], idle: Blank, name: str
    ) -> Sequence[Any]:
        asked = [line for line, is_blank in enumerate(blank) if is_blank and not (idle is not None and idle[line])]
        field = node.field
        if field.default is not None and not node.is_element:
            default, filled = self._default(node), list(values)
            for line in asked:
                filled[line] = default
            return filled
        if name in self._records.header.missing:
            return values  # Columns such as `price@jp` alone: that `price` has none is told once.
        is_key = field.key and "." not in name
        if is_key and self._records.starts is not None:
            return values  # Where key cells tell records apart, `SheetRecords` has looked at them already.
        if field.key or not (node.is_element or field.may_be_blank):
            # The key of a map's entry is asked for too, but it isn't the row's.
            kind = kinds.KEY_BLANK if is_key else READINGS[field.kind].blank
            words = {"choices": choices_text(field.choices)}
            for line in asked if is_key else (line for line in asked if line not in self._records.unticked):
                fault = Fault(kind, {"before": self._merge_hint(node, line), **words})
                self.report(fault, line, first_column(node), name)
        return values

    def _default(self, node: Node) -> Any:
        return self._records.convert_text(node, node.field.default or "")

    def _list_values(self, node: Node, idle: Blank, name: str) -> Sequence[Any]:
        parts = [
            self.values_of_lines(node.elements[index], idle, f"{name}[{index + 1}]") for index in sorted(node.elements)
        ]
        if node.field.message is None:
            self._check_gaps(node, name)
        return [[value for value in values if value is not None] for values in zip(*parts, strict=True)]

    def _check_gaps(self, node: Node, name: str) -> None:
        """Warn of elements that are blank while a later one is filled."""
        blanks = [(index, self.blank_of(node.elements[index])) for index in sorted(node.elements, reverse=True)]
        if not any(blank for _, blank in blanks):
            return
        # As numbers of as many bytes as there are lines, flags are compared all at once.
        later, every = 0, int.from_bytes(b"\1" * self._line_count, "big")
        for index, blank in blanks:
            flags = int.from_bytes(bytes(blank), "big") if blank is not None else 0
            if flags & later:
                gaps = (flags & later).to_bytes(self._line_count, "big")
                column = first_column(node.elements[index])
                self.report_gaps([line for line, is_gap in enumerate(gaps) if is_gap], column, f"{name}[{index + 1}]")
            later |= every ^ flags

    def _map_values(self, node: Node, idle: Blank, name: str) -> Sequence[Any]:
        if node.entries:
            keys = [self._records.map_key(node.field, text) for text in node.entries]
            parts = [self.values_of_lines(entry, idle, f"{name}[{text}]") for text, entry in node.entries.items()]
            return [
                {key: value for key, value in zip(keys, values, strict=True) if value is not None}
                for values in zip(*parts, strict=True)
            ]
        return [_map_entry(entry) for entry in self._message_values(node, idle, name)]

    def _message_values(self, node: Node, idle: Blank, name: str) -> Sequence[Any]:
        blank, further = self.blank_of(node), self._records.further
        goes_on = further.lines(node) if further is not None else None
        idle = _either(idle, blank)
        own_idle = _either(idle, goes_on)
        columns = {
            part: self.values_of_lines(child, idle if is_several(child) else own_idle, f"{name}.{part}")
            for part, child in self._seen(node.fields).items()
        }
        if node.field.message is not None and not (node.field.is_map and not node.is_element):
            for field in _defaulted(node.field.message.at(self._audience.version), node.fields):
                columns[field.name] = [self._default(Node(field))] * self._line_count
            self._check_oneofs(self._seen(node.fields).values(), own_idle, f"{name}.")
        self._check_cases(self._seen(node.fields).values(), f"{name}.")
        dicts: Sequence[Any] = make_dicts(columns, self._line_count)
        if goes_on is not None:
            dicts = [Element(value, node, further) for value, further in zip(dicts, goes_on, strict=True)]
        if blank is None:
            return dicts
        return [None if is_blank else value for value, is_blank in zip(dicts, blank, strict=True)]

    def blank_of(self, node: Node) -> Blank:
        """In which lines every cell of `node` is blank, as the audience sees it."""
        known = self._blank.get(id(node), False)
        if known is not False:
            return known  # type: ignore[return-value]
        if node.is_case and node.case is not None:
            self._blank[id(node)] = [not one for one in self._records.chosen(node.case)]
            return self._blank[id(node)]
        if node.column is not None and not (node.fields or node.elements or node.entries or node.variants):
            blank = self._records.convert(node, node.column).blank  # Nearly always: a cell of its own.
            self._blank[id(node)] = blank
            return blank
        seen = [*self._seen(node.fields).values(), *node.elements.values(), *node.entries.values()]
        parts: list[Blank] = [self.blank_of(part) for part in seen]
        columns = [node.variants[one] for one in fitting(node.variants, self._audience)]
        columns += [node.column] if node.column is not None else []
        # Conversion has told blank cells from others already.
        parts += [self._records.convert(node, column).blank for column in columns]
        blank = None
        if not parts:
            blank = [True] * self._line_count
        elif all(part is not None for part in parts):
            blank = [all(flags) for flags in zip(*parts, strict=True)]
            blank = blank if any(blank) else None
        self._blank[id(node)] = blank
        return blank

    def take_blank(self, node: Node, blank: Blank) -> None:
        """From now on, in which lines every cell of `node` is blank."""
        self._blank[id(node)] = blank

    # --- problems -----------------------------------------------------------------------------------------

    def _convert(self, node: Node, column: int, name: str) -> Column:
        converted = self._records.convert(node, column)
        told: set[str] = set()
        for line, fault in converted.faults:
            # Which cell is the first depends on the rows that the audience's version has.
            if fault.kind.once_a_column and line not in self._out:
                if fault.kind.message in told:
                    continue
                told.add(fault.kind.message)
            self.report(fault, line, column, name)
        return converted

    def report_gaps(self, lines: Sequence[int], column: int, name: str) -> None:
        """Warn of the lines in which a list closes up."""
        lines = [line for line in lines if line not in self._out] if self._out else lines
        if lines:
            self.problems.append(self._records.problem(kinds.LIST_GAP, lines[0], column, name, count=len(lines)))

    def report(self, fault: Fault, line: int, column: int, name: str) -> None:
        """Tell what is wrong with a cell."""
        if line in self._out or self._is_shifted(line, column):
            return
        self.problems.append(self._records.fault_problem(fault, line, column, name))
        if fault.kind.severity == "error":
            self._mark_bad(line, name)

    def _is_shifted(self, line: int, column: int) -> bool:
        """Whether a cell isn't where it belongs: that is told once for its line, and of the cell nothing."""
        if not self._records.is_shifted(line, column):
            return False
        if line not in self._shifted:
            self._shifted.add(line)
            self.problems.append(self._records.extra_problem(line))
        return True

    def _merge_hint(self, node: Node, line: int) -> Sentence | str:
        cell = self._records.cell_at(line, first_column(node))
        for top, left, bottom, right in self._records.sheet.grid.merges:
            if top <= cell.row <= bottom and left <= cell.column <= right:
                return sentence("the cell is merged with others, and only the first one has the value; split them.")
        return ""

    def _check_oneofs(self, nodes: Iterable[Node], idle: Blank, prefix: str) -> None:
        members: dict[str, list[Node]] = {}
        for node in nodes:
            if node.field.oneof:
                members.setdefault(node.field.oneof, []).append(node)
        for group in members.values():
            if len(group) > 1:
                self._check_oneof(group, idle, prefix)

    def _check_oneof(self, group: list[Node], idle: Blank, prefix: str) -> None:
        blank = [self.blank_of(node) for node in group]
        names = ", ".join(node.field.name for node in group)
        for line in range(self._line_count):
            filled = [node for node, flags in zip(group, blank, strict=True) if flags is None or not flags[line]]
            if len(filled) < 2 or (idle is not None and idle[line]) or line in self._out:
                continue
            *others, last = sorted(first_column(node) for node in filled)
            name = prefix + next(node.field.name for node in filled if first_column(node) == last)
            related = [self._records.cell_at(line, column) for column in others]
            self.problems.append(
                self._records.problem(kinds.ONEOF_SEVERAL, line, last, name, members=names, related=related)
            )
            self._mark_bad(line, *(prefix + node.field.name for node in filled))

    def _mark_bad(self, line: int, *names: str) -> None:
        self.bad_fields.setdefault(self._records.record_of(line), set()).update(map(top_field, names))


def _map_entry(entry: Any) -> dict[Any, Any] | None:
    """The key and value of a line; without its key it goes on in the entry above."""
    if entry is None or entry.get("value") is None:
        return None
    if isinstance(entry, Element) and entry.goes_on:
        return {None: entry["value"]}
    return {entry["key"]: entry["value"]} if entry.get("key") is not None else None


def _either(idle: Blank, other: Blank) -> Blank:
    if idle is None or other is None:
        return other if idle is None else idle
    return [a or b for a, b in zip(idle, other, strict=True)]


def _defaulted(message: MessagePlan, nodes: Iterable[str]) -> list[FieldPlan]:
    """Fields without a column that have a default, and so have a value all the same."""
    present = set(nodes)
    return [field for field in message.fields if field.default is not None and field.name not in present]


def make_dicts(columns: Columns, count: int) -> list[dict[str, Any]]:
    """A dict for each row, in one comprehension made for just these names.

    Twice as fast as `dict(zip(names, values))` (`benchmarks/parse.py`).
    """
    if not columns:
        return [{} for _ in range(count)]
    rows: list[dict[str, Any]] = _dict_maker(tuple(columns))(*columns.values())
    return rows


@lru_cache(maxsize=512)
def _dict_maker(names: tuple[str, ...]) -> Any:
    variables = [f"v{index}" for index in range(len(names))]
    pairs = ", ".join(f"{name!r}: {variable}" for name, variable in zip(names, variables, strict=True))
    arguments = ", ".join(f"c{index}" for index in range(len(names)))
    loop = f"{variables[0]} in c0" if len(names) == 1 else f"{', '.join(variables)} in zip({arguments}, strict=True)"
    # The names are those of protobuf fields: identifiers, quoted here as strings.
    return eval(f"lambda {arguments}: [{{{pairs}}} for {loop}]", {"zip": zip, "__builtins__": {}})
