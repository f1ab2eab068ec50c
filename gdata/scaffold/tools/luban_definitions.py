"""What Luban's own files define: `__tables__`, `__enums__`, `__beans__`, and XML in a folder `Defines`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from operator import or_
from pathlib import Path
from xml.parsers import expat

from gdata.config import Spreadsheet
from gdata.errors import ConfigError
from gdata.language import say, sentence
from gdata.scaffold.declared import Declared, read_type
from gdata.scaffold.sheets.sample import text_at
from gdata.scaffold.tools.definitions import Definitions, Item, Line, Message, Sheets, lines_of, number_of
from gdata.sources.grid import Grid

_DEFINITIONS = ("__tables__", "__enums__", "__beans__")
_XML = "Defines"
"""The folder beside that of the sheets where definitions in XML lie."""
_FOLDERS_ABOVE = 4
_TRUE = ("true", "1", "yes")


@dataclass
class LubanDefinitions(Definitions):
    """What the definition sheets hold."""

    parents: dict[str, str] = field(default_factory=dict)
    """By bean, the one that it goes on from; those named here have kinds, and no fields of a cell's own."""
    places: dict[str, str] = field(default_factory=dict)
    """By bean, where it is defined."""
    tables: dict[str, Line] = field(default_factory=dict)
    """By the places that they are read from."""


def read_definitions(sheets: Sheets, defined: LubanDefinitions) -> None:
    """Take in what XML files beside the sheets define, and then what the sheets of definitions do.

    Raises:
        ConfigError: a file is no XML, a definition has no name, or beans go on from each other.
    """
    for path in find_xml(sheets):
        module = read_tags(path)
        if module.name == "module":
            _read_module(module, defined)
    read = {"__enums__": _read_enums, "__beans__": _read_beans, "__tables__": _read_tables}
    for spreadsheet, grid in sheets:
        name = definition_of(spreadsheet, grid)
        if name and not any(text_at(row, 0).lower().startswith("##var") for row in grid.rows[:10]):
            what = say("no row begins with ##var, which names the columns")
            defined.tell(grid.cell(1, 1), what, say("write it, and scaffold again"))
        elif name:
            read[name](grid, defined)
    _inherit(defined)


def definition_of(spreadsheet: Spreadsheet, grid: Grid) -> str:
    """Which kind of definitions a sheet holds; "" for records."""
    names = (grid.sheet.lower(), spreadsheet.path.stem.lower() if spreadsheet.path is not None else "")
    return next((one for one in _DEFINITIONS if one in names), "")


# --- sheets -----------------------------------------------------------------------------------------------------


def _lines(grid: Grid) -> Iterator[Line]:
    """The lines below all rows that begin with `##`; where two rows of names stand there, the lower one goes on."""
    heads = [row for row in grid.rows[:10] if text_at(row, 0).startswith("##")]
    names = [row for row in heads if text_at(row, 0).lower().startswith("##var")]
    if not names:
        return
    width = max(map(len, names))
    upper = [text_at(names[0], column).lstrip("*") for column in range(width)]
    lower = [text_at(names[-1], column) for column in range(width)] if len(names) > 1 else [""] * width
    header = [f"item.{below}" if below else above for above, below in zip(upper, lower, strict=True)]
    for line in lines_of(grid, header, len(heads) + 1):
        if not text_at(grid.rows[line.row - 1], 0).startswith("##"):
            yield line


def _read_tables(grid: Grid, defined: LubanDefinitions) -> None:
    for line in _lines(grid):
        _add_table(line, defined)


def _add_table(line: Line, defined: LubanDefinitions) -> None:
    for place in filter(None, map(str.strip, line["input"].split(","))):
        if defined.tables.setdefault(place.lower(), line) is not line:
            what = say("{place} fills several tables", place=place)
            instead = say("write a list of them in its line of sheets.yaml")
            defined.tell(line.cell("input"), what, instead)


def _read_enums(grid: Grid, defined: LubanDefinitions) -> None:
    groups: list[list[Line]] = []
    for line in _lines(grid):
        if line["full_name"]:
            groups.append([line])
        elif groups:
            groups[-1].append(line)
    for lines in groups:
        named = [line for line in lines if line["item.name"]]
        items = _with_combined(
            [Item(*(line[f"item.{what}"] for what in ("name", "alias", "value", "comment"))) for line in named]
        )
        numbers: set[int] = set()
        for line, text in zip(named, (one.number for one in items), strict=True):
            number = number_of(text)
            if text and (number is None or number in numbers):
                what = say("{number} can't be the number of an enum's value", number=text)
                place = line.cell("item.value")
                defined.tell(place, what, say("it gets the next one; write another"))
            numbers |= {number} if number is not None else set()
        is_flags = lines[0]["flags"].lower() in _TRUE
        defined.add_enum(lines[0]["full_name"], items, is_flags=is_flags, comment=lines[0]["comment"])


def _with_combined(items: Sequence[Item]) -> list[Item]:
    """The values of an enum, with the number of one that is several others: `READ|WRITE`."""
    numbers: dict[str, int] = {}
    done = []
    for item in items:
        parts = [one.strip() for one in item.number.split("|")]
        if len(parts) > 1 and all(one in numbers for one in parts):
            item = item._replace(number=str(reduce(or_, (numbers[one] for one in parts))))
        number = number_of(item.number)
        numbers |= {item.name: number} if number is not None else {}
        done.append(item)
    return done


def _read_beans(grid: Grid, defined: LubanDefinitions) -> None:
    name = ""
    for line in _lines(grid):
        if line["full_name"]:
            name = line["full_name"].rpartition(".")[2]
            defined.messages[name] = Message(line["sep"], (), line["comment"])
            cell = line.cell("full_name")
            defined.places[name] = f"{cell.spreadsheet}/{cell}"
            if line["parent"]:
                defined.parents[name] = line["parent"].rpartition(".")[2]
        declared = read_type(line["item.type"])
        if line["item.name"] and name and declared is not None:
            declared = _said(declared, line["item.alias"], line["item.comment"])
            bean = defined.messages[name]
            defined.messages[name] = replace(bean, fields=(*bean.fields, (line["item.name"], declared)))
        elif line["item.name"] and name:
            what = say("{type} isn't known as a type", type=line["item.type"])
            defined.tell(line.cell("item.type"), what, say("write the field by hand"))


def _said(declared: Declared, alias: str, comment: str) -> Declared:
    """A bean's field with what is said beside its type."""
    said = {"alias": alias, "comment": comment}
    return replace(declared, tags=declared.tags | {what: text for what, text in said.items() if text})


def _inherit(defined: LubanDefinitions) -> None:
    """Each bean with the fields of those that it goes on from; which kind stands in a cell, no column can say."""
    for name in defined.parents:
        above: list[str] = []
        parent = defined.parents[name]
        while parent in defined.messages:
            if parent in above or parent == name:
                names = ", ".join([name, *above])
                raise ConfigError(
                    sentence("{place}: beans go on from each other: {names}", place=defined.places[name], names=names),
                    hint=sentence("take away one `parent`"),
                )
            above.append(parent)
            parent = defined.parents.get(parent, "")
        # A parent may have its own parents' fields already.
        inherited = {text: one for parent in reversed(above) for text, one in defined.messages[parent].fields}
        bean = defined.messages[name]
        fields = tuple((inherited | dict(bean.fields)).items())
        defined.messages[name] = replace(bean, fields=fields)
    for parent in {one for one in defined.parents.values() if one}:
        defined.messages.pop(parent, None)


# --- XML --------------------------------------------------------------------------------------------------------


def find_xml(sheets: Sheets) -> list[Path]:
    """The files of definitions in XML that lie beside the sheets or beside a folder that they are in."""
    places = {spreadsheet.path.absolute() for spreadsheet, _ in sheets if spreadsheet.path is not None}
    folders = {folder for path in places for folder in [path, *path.parents][: _FOLDERS_ABOVE + 1]}
    return sorted({file for folder in folders for file in (folder / _XML).rglob("*.xml") if file.is_file()})


def _read_module(module: Tag, defined: LubanDefinitions) -> None:
    for tag in module.each("enum"):
        items = [Item(_named_tag(one)["name"], one["alias"], one["value"], one["comment"]) for one in tag.each("var")]
        is_flags = tag["flags"].lower() in _TRUE
        defined.add_enum(_named_tag(tag)["name"], _with_combined(items), is_flags=is_flags, comment=tag["comment"])
    for tag in module.each("bean"):
        _read_bean(tag, tag["parent"], defined)
    for tag in module.each("table"):
        texts = {**tag.attributes, "full_name": _named_tag(tag)["name"], "value_type": tag["value"]}
        _add_table(Line(Grid("", str(tag.path), (), "csv"), tag.line, texts, {}), defined)


def _named_tag(tag: Tag) -> Tag:
    if tag["name"]:
        return tag
    raise ConfigError(
        sentence("{place}: the {tag} has no name", place=f"{tag.path}:{tag.line}", tag=f"<{tag.name}>"),
        hint=sentence("write name=…"),
    )


def _read_bean(tag: Tag, parent: str, defined: LubanDefinitions) -> None:
    """A bean, and those in it, which go on from it."""
    name = _named_tag(tag)["name"]
    fields = []
    for var in tag.each("var"):
        declared = read_type(var["type"])
        if declared is None:
            what = say("{type} isn't known as a type", type=var["type"])
            place = Grid("", str(var.path), (), "csv").cell(var.line, 1)
            defined.tell(place, what, say("write the field by hand"))
        else:
            fields.append((_named_tag(var)["name"], _said(declared, var["alias"], var["comment"])))
    defined.messages[name] = Message(tag["sep"], tuple(fields), tag["comment"])
    defined.places[name] = f"{tag.path}:{tag.line}"
    if parent:
        defined.parents[name] = parent.rpartition(".")[2]
    for below in tag.each("bean"):
        _read_bean(below, name, defined)


# Files that have a document type are refused: a few lines of one can stand for gigabytes, and definitions need none.

_DEEPEST = 100
"""So many tags in one another are definitions."""


@dataclass
class Tag:
    """One tag: its attributes, and the tags in it."""

    path: Path
    line: int
    name: str
    attributes: dict[str, str]
    tags: list[Tag] = field(default_factory=list)

    def __getitem__(self, name: str) -> str:
        """An attribute, "" where there is none."""
        return self.attributes.get(name, "").strip()

    def each(self, name: str) -> Iterator[Tag]:
        """The tags of this name that stand in it."""
        return (tag for tag in self.tags if tag.name == name)


def read_tags(path: Path) -> Tag:
    """The outermost tag of a file.

    Raises:
        ConfigError: it is no XML, or has a document type; with the line.
    """
    outermost = Tag(path, 0, "", {})
    opened = [outermost]
    parser = expat.ParserCreate()

    def start(name: str, attributes: dict[str, str]) -> None:
        if len(opened) > _DEEPEST:
            raise ConfigError(
                sentence("{place}: more than {count} tags in one another", place=_place(parser, path), count=_DEEPEST),
                hint=sentence("mend the file, or take it out of its folder"),
            )
        tag = Tag(path, parser.CurrentLineNumber, name, attributes)
        opened[-1].tags.append(tag)
        opened.append(tag)

    def refuse(*_: object) -> None:
        raise ConfigError(
            sentence("{place}: a document type, which definitions need none of", place=_place(parser, path)),
            hint=sentence("delete <!DOCTYPE …> and the entities in it"),
        )

    parser.StartElementHandler = start
    parser.EndElementHandler = lambda _: opened.pop()
    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(path.read_bytes(), True)
    except OSError as error:
        raise ConfigError(sentence("{path}: can't be read: {why}", path=path, why=error.strerror)) from None
    except (expat.ExpatError, ValueError, LookupError) as error:
        # An encoding that nobody knows is a LookupError.
        raise ConfigError(
            sentence("{place}: no XML: {error}", place=_place(parser, path), error=error),
            hint=sentence("mend the file, or take it out of its folder"),
        ) from None
    return outermost.tags[0]


def _place(parser: expat.XMLParserType, path: Path) -> str:
    return f"{path}:{parser.CurrentLineNumber}"
