"""Headers to fields: which column, or columns, each field of a message is written in."""

from __future__ import annotations

import dataclasses
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from gdata import kinds
from gdata.language import Sentence, counted, sentence
from gdata.parsing.cells.cell import shown
from gdata.parsing.sheet.node import BOUNDS, Case, Header, HeaderFault, Node, Variant, case_fields, read_variant
from gdata.parsing.sheet.paths import (
    PathFault,
    PathReader,
    Step,
    find_field,
    is_column_text,
    known_texts,
    no_column,
    path_text,
)
from gdata.schema.plan import FieldPlan, MessagePlan
from gdata.sources.grid import ERROR_TEXTS, CellValue
from gdata.text import fold, nearest, question
from gdata.versions import Version

_DIRECTIVES = ("enabled", "tags", *BOUNDS)
_CHOICE = re.compile(r"(.+?)\s*\.\s*@\s*(case|[1-9][0-9]{0,2})\s*", re.IGNORECASE | re.ASCII)


def read_header(
    texts: Sequence[CellValue],
    message: MessagePlan,
    *,
    multirow: bool = False,
    spans: Mapping[int, int] = MappingProxyType({}),
    versions: Collection[Version | None] = (None,),
    overlay: bool = False,
) -> Header:
    """Match a row of header cells against the fields of `message`; with `multirow`, lists may go down rows.

    `spans` are the columns under a merged header, with the first column of each. A field that none of the `versions`
    has needs no column; of an overlay only the key does.
    """
    reader = _HeaderReader(message, multirow, spans, versions, overlay=overlay)
    header = reader.read(texts)
    if reader.paths.seen_from_zero:
        from_zero = frozenset(reader.paths.seen_from_zero)
        header = _HeaderReader(message, multirow, spans, versions, from_zero, overlay=overlay).read(texts)
    return header


@dataclass
class _Choice:
    """The columns `….@case` (0) and `….@1`… of a oneof."""

    nodes: dict[str, Node]
    """Those of the message that the oneof lies in."""
    members: tuple[FieldPlan, ...]
    text: str
    columns: dict[int, int] = dataclasses.field(default_factory=dict)


class _HeaderReader:
    def __init__(
        self,
        message: MessagePlan,
        multirow: bool,
        spans: Mapping[int, int],
        versions: Collection[Version | None],
        from_zero: frozenset[FieldPlan] = frozenset(),
        *,
        overlay: bool = False,
    ) -> None:
        self._is_overlay = overlay
        self.paths = PathReader(message, from_zero, multirow=multirow)
        self._message = message
        self._spans = spans
        self._versions = versions
        self._header = Header()
        self._times: Mapping[str, int] = {}
        """How often each text stands in the header."""
        self._found: Counter[str] = Counter()
        self._duplicates: dict[int, HeaderFault] = {}
        """By the first column of each field that has several."""
        self._choices: dict[tuple[int, str], _Choice] = {}
        """By the identity of the nodes that a oneof's members lie among, and its name."""
        self._told: set[tuple[int, str]] = set()
        """Members, among those nodes, of which it was told already what their headers lack."""

    def read(self, texts: Sequence[CellValue]) -> Header:
        header = self._header
        self._times = Counter(fold(shown(cell)) for cell in texts)
        for column, cell in enumerate(texts):
            text = shown(cell).strip()
            if column in self._spans:
                continue  # Its header stands in the first column of the merge.
            if text in ERROR_TEXTS:
                header.faults.append(HeaderFault(kinds.HEADER_ERROR, (column,), value=text))
            elif text.startswith("@"):
                self._read_directive(text, column)
            elif text and (not text.startswith("#") or is_column_text(text, self._message)):
                self._read_text(text, column)
        for choice in self._choices.values():
            self._place_choice(choice)
        header.faults += self._duplicates.values()
        self._check_gaps(header.nodes.values(), "")
        self._check_missing(header.nodes, self._message, "", "")
        header.mapped = {column for node in header.nodes.values() for column in node.columns()}
        header.mapped |= set(header.directives.values())
        return header

    def _read_directive(self, text: str, column: int) -> None:
        header, name = self._header, fold(text[1:])
        known = (*_DIRECTIVES, "remove") if self._is_overlay else _DIRECTIVES
        if name not in known:
            words = {"before": question(nearest(text, [f"@{one}" for one in known]))}
            header.faults.append(HeaderFault(kinds.HEADER_DIRECTIVE, (column,), value=text, words=words))
            return
        self._note_span(column)
        taken = header.directives.setdefault(name, column)
        if taken != column:
            self._note_duplicate(taken, column, f"@{name}", text)

    def _read_text(self, text: str, column: int) -> None:
        variant: Variant | Sentence = Variant()
        name, choice = text, _CHOICE.fullmatch(text)
        try:
            if choice is not None and find_field(text, self._message) is None:
                self._read_choice(choice, column)
                return
            # A whole text comes first: a `column` option may hold dots, brackets and @.
            steps = self.paths.find(text)
            if steps is None:
                name, variant = self._split_variant(text)
                steps = self.paths.find(name) or self._next_element(text) or self.paths.read(name)
            if steps is not None and isinstance(variant, Sentence):
                fault = HeaderFault(kinds.HEADER_VARIANT, (column,), value=text, words={"reason": variant})
                self._header.faults.append(fault)
                return
            if steps is not None and steps[-1][0].kind == "any":
                raise PathFault(no_column(steps[-1][0]))
        except PathFault as wrong:
            words = {"reason": wrong.reason, "before": wrong.before}
            self._header.faults.append(HeaderFault(kinds.HEADER_PATH, (column,), value=text, words=words))
            self._header.meant[column] = wrong.meant
            return
        if steps is None:
            near = nearest(name, known_texts(self._message))
            words = {"before": question(near)}
            self._header.unknown[column] = HeaderFault(kinds.HEADER_UNKNOWN, (column,), value=text, words=words)
            meant = find_field(near, self._message) if near is not None else None
            self._header.meant[column] = path_text(meant) if meant else ""
        elif isinstance(variant, Variant):
            self._place_span(steps, variant, text, column)

    def _next_element(self, text: str) -> list[Step] | None:
        """Of headers that are all alike, `{}` in a `column` text counts: each is the next element."""
        folded = fold(text)
        steps = find_field(text, self._message, numbered=False) if self._times[folded] > 1 else None
        if steps is None:
            return None
        self._found[folded] += 1
        return [(field, str(self._found[folded]) if index == "" else index) for field, index in steps]

    def _read_choice(self, found: re.Match[str], column: int) -> None:
        """A header `effect.@case` or `effect.@1`."""
        steps, members = self._find_oneof(found[1])
        nodes = self._nodes_at(steps)
        choice = self._choices.setdefault((id(nodes), members[0].oneof), _Choice(nodes, members, found[1]))
        number = int(found[2]) if found[2].isdigit() else 0
        first = choice.columns.setdefault(number, column)
        if first != column:
            self._note_duplicate(first, column, found[0], found[0])
        self._note_span(column)

    def _find_oneof(self, path: str) -> tuple[list[Step], tuple[FieldPlan, ...]]:
        """The steps to the message that a oneof lies in, and its members; of a message with one oneof, its own do."""
        above, _, name = path.rpartition(".")
        steps = (self.paths.walk(above) or []) if above else []
        message = steps[-1][0].message if steps else None if above else self._message
        for field in message.fields if message is not None else ():
            if field.oneof and fold(field.oneof) == fold(name):
                return self.paths.whole(steps), _members(message, field.oneof)
        steps = self.paths.walk(path) or []
        message = steps[-1][0].message if steps else None
        oneofs = list(dict.fromkeys(field.oneof for field in message.fields if field.oneof)) if message else []
        if len(oneofs) != 1:
            known = {field.oneof: field.name for field in self._message.fields if field.oneof}
            near = nearest(path, known)
            self._told |= {(id(self._header.nodes), one.name) for one in self._message.fields if one.oneof == near}
            raise PathFault(sentence("there is no oneof {name}", name=path), question(near))
        return self.paths.whole(steps), _members(message, oneofs[0])

    def _place_choice(self, choice: _Choice) -> None:
        numbers = sorted(number for number in choice.columns if number)
        most = max(len(case_fields(member)) for member in choice.members)
        first = choice.columns.get(0, choice.columns[numbers[0]] if numbers else 0)
        text = f"{choice.text}.@case"
        before = len(self._header.faults), len(self._duplicates)
        self._place_members(choice, numbers, first, text, most)
        if before != (len(self._header.faults), len(self._duplicates)):
            self._told |= {(id(choice.nodes), member.name) for member in choice.members}

    def _place_members(self, choice: _Choice, numbers: list[int], first: int, text: str, most: int) -> None:
        if 0 not in choice.columns:
            self._refuse(first, f"{choice.text}.@1", sentence("the header {header} is missing", header=text))
            return
        if numbers != list(range(1, len(numbers) + 1)):
            gap = next(number for number in range(1, len(numbers) + 1) if number not in choice.columns)
            words = {"index": f"@{gap}"}
            self._header.faults.append(
                HeaderFault(kinds.HEADER_GAP, (choice.columns[numbers[-1]],), choice.text, words=words)
            )
            return
        if len(numbers) > most:
            reason = counted(
                "no member of {oneof} has more than {count} value",
                "no member of {oneof} has more than {count} values",
                most,
                oneof=choice.text,
            )
            self._refuse(choice.columns[most + 1], f"{choice.text}.@{most + 1}", reason)
        for member in choice.members:
            taken = choice.nodes.get(member.name)
            if taken is not None and taken.is_used:
                self._note_duplicate(min(taken.columns()), first, member.name, text)
                return
        parts = tuple(choice.columns[number] for number in numbers[:most])
        for member in choice.members:
            if member.kind != "any":
                case = Case(choice.text, first, parts, member, choice.members)
                choice.nodes[member.name] = _case_node(case)

    def _refuse(self, column: int, text: str, reason: Sentence) -> None:
        words = {"reason": reason, "before": ""}
        self._header.faults.append(HeaderFault(kinds.HEADER_PATH, (column,), value=text, words=words))

    def _nodes_at(self, steps: list[Step]) -> dict[str, Node]:
        """The nodes of the fields of the message to which the steps lead."""
        nodes = self._header.nodes
        for field, index in steps:
            node = nodes.setdefault(field.name, Node(field))
            if index is not None:
                elements: dict[Any, Node] = node.entries if field.is_map else node.elements
                node = elements.setdefault(index if field.is_map else int(index) - 1, Node(field, is_element=True))
            nodes = node.fields
        return nodes

    def _split_variant(self, text: str) -> tuple[str, Variant | Sentence]:
        """A header without what stands behind its field, and for whom that says the column is."""
        parts = [part.strip() for part in text.split("@")]
        # A `column` option may hold an @ here too.
        known = (count for count in range(len(parts) - 1, 1, -1) if find_field("@".join(parts[:count]), self._message))
        count = next(known, 1)
        return "@".join(parts[:count]), read_variant(filter(None, parts[count:]))

    def _place_span(self, steps: list[Step], variant: Variant, text: str, column: int) -> None:
        """Place a header; a list, or a message's fields in number order, go on in the columns it is merged over."""
        further = self._under(column)
        *above, (field, index) = steps
        leaves = _plain_fields(field) if further and variant == Variant() else ()
        count = len(further) + 1
        is_many = field.is_list and index is None
        if leaves and (count % len(leaves) == 0 if is_many else count == len(leaves)):
            for number, one in enumerate([column, *further]):
                own_index = str(number // len(leaves) + 1) if is_many else index
                self._place([*above, (field, own_index), (leaves[number % len(leaves)], None)], variant, text, one)
            return
        if not further or variant != Variant() or not field.is_list or index is not None:
            self._note_span(column)
            self._place(steps, variant, text, column)
            return
        for number, one in enumerate([column, *further], 1):
            self._place([*above, (field, str(number))], variant, text, one)

    def _note_span(self, column: int) -> None:
        further = self._under(column)
        if further:
            self._header.spans[column] = further

    def _under(self, column: int) -> list[int]:
        return [one for one, first in self._spans.items() if first == column]

    def _place(self, steps: list[Step], variant: Variant, text: str, column: int) -> None:
        nodes, taken = self._header.nodes, None
        node = Node(steps[0][0])
        for position, (field, index) in enumerate(steps):
            node = nodes.setdefault(field.name, Node(field))
            taken = taken or _taken(node, path_text([*steps[:position], (field, None)]))
            if index is not None:
                elements: dict[Any, Node] = node.entries if field.is_map else node.elements
                place = index if field.is_map else int(index) - 1
                node = elements.setdefault(place, Node(field, is_element=True))
                taken = taken or _taken(node, path_text(steps[: position + 1]))
            nodes = node.fields
        name = path_text(steps)
        if variant != Variant():
            taken = (node.variants[variant], f"{name}{variant}") if variant in node.variants else None
        elif taken is None:
            taken = next(((one, name) for part in node.parts for one in part.columns()), None)
        if taken is not None:
            self._note_duplicate(taken[0], column, taken[1], text)
        elif variant != Variant():
            node.variants[variant] = column
        else:
            node.column = column

    def _note_duplicate(self, first: int, column: int, name: str, text: str) -> None:
        """However many columns a field has, they are one problem, at the last of them."""
        known = self._duplicates.get(first, HeaderFault(kinds.HEADER_DUPLICATE, (first,), name))
        self._duplicates[first] = replace(known, columns=(*known.columns, column), value=text)

    def _check_gaps(self, nodes: Iterable[Node], prefix: str) -> None:
        for node in nodes:
            name = f"{prefix}{node.field.name}"
            for index in range(max(node.elements, default=-1) + 1):
                if index not in node.elements:
                    later = min(one for one in node.elements if one > index)
                    columns = tuple(node.elements[later].columns())[:1]
                    words = {"index": str(self.paths.number_of(node.field, index))}
                    self._header.faults.append(HeaderFault(kinds.HEADER_GAP, columns, name, words=words))
                    break
            for part in node.parts:
                self._check_gaps(part.fields.values(), f"{name}.")
            self._check_gaps(node.fields.values(), f"{name}.")

    def _check_missing(
        self, nodes: Mapping[str, Node], message: MessagePlan, prefix: str, above: str, number: str = ""
    ) -> None:
        """`prefix` leads to the message by names, `above` by header texts; of a list's element, `number` is its own."""
        for field in message.fields:
            if not any(map(field.span.has, self._versions)):
                continue
            node = nodes.get(field.name)
            is_whole = node is not None and node.is_used and not node.variants
            if self._is_overlay and not prefix and not field.key and not is_whole:
                continue
            name = f"{prefix}{field.name}"
            text = field.columns[0] if field.columns else field.name
            is_numbered = number and "{}" in text and not (field.is_list or field.is_map)
            text = text.replace("{}", number) if is_numbered else above + text
            if (id(nodes), field.name) in self._told:
                continue
            if node is not None and node.is_case and node.case is not None:
                self._check_case(node.case, name)
            elif node is None or not (node.column is not None or any(part.is_used for part in node.parts)):
                if not (field.is_optional or field.absent_ok or field.default is not None):
                    words = {"header": text.replace("{}", "1" if not field.is_map else "…")}
                    self._header.missing[name] = HeaderFault(kinds.HEADER_MISSING, (), name, words=words)
            elif field.message is not None and node.column is None:
                if node.fields and not field.is_map:
                    self._check_missing(node.fields, field.message, f"{name}.", f"{text}.")
                for index, element in sorted(node.elements.items()):
                    if element.column is None:
                        number = str(self.paths.number_of(field, index))
                        header = text.replace("{}", number) if "{}" in text else f"{text}[{index + 1}]"
                        inner = f"{name}[{index + 1}]."
                        self._check_missing(element.fields, field.message, inner, f"{header}.", number)
                for key, entry in node.entries.items():
                    if entry.column is None:
                        self._check_missing(entry.fields, field.message, f"{name}[{key}].", f"{text}[{key}].")

    def _check_case(self, case: Case, name: str) -> None:
        """Columns `….@3` that a member of a oneof needs."""
        for number, field in enumerate(case.fields, 1):
            if number > len(case.parts) and not (field.is_optional or field.absent_ok or field.default is not None):
                path = f"{name}.{field.name}" if case.member.message is not None else name
                fault = HeaderFault(kinds.HEADER_MISSING, (), path, words={"header": f"{case.text}.@{number}"})
                self._header.missing[path] = fault


def _members(message: MessagePlan | None, oneof: str) -> tuple[FieldPlan, ...]:
    return tuple(field for field in message.fields if field.oneof == oneof) if message is not None else ()


def _case_node(case: Case) -> Node:
    node = Node(case.member, case=case, is_case=True)
    columns = zip(case.fields, case.parts, strict=False)
    if case.member.message is None:
        node.column = next((column for _, column in columns), None)
    else:
        node.fields = {field.name: Node(field, column=column, case=case) for field, column in columns}
    return node


def _taken(node: Node, name: str) -> tuple[int, str] | None:
    return (node.column, name) if node.column is not None else None


def _plain_fields(field: FieldPlan) -> tuple[FieldPlan, ...]:
    """The fields of a message that a merged header may stand for: one cell each, in number order; () of others."""
    if field.message is None or field.is_map or field.kind != "message":
        return ()
    fields = tuple(sorted(field.message.fields, key=lambda one: one.number))
    is_plain = all(one.message is None and not one.is_list and not one.is_map and not one.oneof for one in fields)
    return fields if is_plain else ()
