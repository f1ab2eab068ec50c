"""What a row of types declares of a column: `int`, `float?`, `[]int32`, `list,int`, `map<uint32, Hero>`, an own name.

The notations of the field's tools differ, and don't contradict each other; so one reader takes all of them. A tool with
rules of its own (gdata.scaffold.tools) corrects what comes out.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

from gdata.schema.fieldtypes import FieldKind

_KINDS: dict[str, FieldKind] = {
    **dict.fromkeys(
        "int integer int8 int16 int32 i8 i16 i32 s8 s16 s32 sint sint32 sfixed32 short sbyte tinyint smallint "
        "mediumint 整数 整型 整形 정수 整数型".split(),
        "int32",
    ),
    **dict.fromkeys("uint byte uint8 uint16 uint32 u8 u16 u32 ushort ubyte fixed32 dword word".split(), "uint32"),
    **dict.fromkeys("long int64 i64 sint64 sfixed64 bigint longlong 长整型 长整数".split(), "int64"),
    **dict.fromkeys("ulong uint64 u64 fixed64 qword".split(), "uint64"),
    **dict.fromkeys("float float32 f32 single half 浮点 浮点数 浮点型 실수 小数".split(), "float"),
    **dict.fromkeys("double float64 f64 real decimal 双精度".split(), "double"),
    **dict.fromkeys(
        "string str text varchar char nvarchar wstring fstring 字符串 字符 文本 문자열 문자 文字列".split(), "string"
    ),
    **dict.fromkeys("bool boolean bit 布尔 布尔值 布尔型 불리언".split(), "bool"),
    **dict.fromkeys("date datetime timestamp 日期 时间 日時 날짜".split(), "timestamp"),
    **dict.fromkeys("duration timespan".split(), "duration"),
    **dict.fromkeys("json object struct jsonobject".split(), "struct"),
}  # fmt: skip
_NUMBERS = frozenset("number num numeric 数字 数值 숫자 数".split())
"""Whole or not: the values say."""
_PLAIN_WORDS = frozenset("date text time number num real char single object struct half word short long bit".split())
"""Names of types that are as often names of fields."""
_VECTORS = re.compile(r"vec(tor)?[234](i|int|f)?|color(32)?|rect|quaternion|point|size", re.IGNORECASE)
_NAME = r"[A-Za-z_]\w*(?:[.:]{1,2}[A-Za-z_]\w*)*"
_LIST_FORMS = (
    re.compile(r"\[\]\s*(?P<of>.+)", re.DOTALL),
    re.compile(r"(?P<of>.+?)\s*\[\d*\]", re.DOTALL),
    re.compile(r"(?:list|array|vector|set|repeated|ilist|ienumerable)\s*<\s*(?P<of>.+)>", re.IGNORECASE | re.DOTALL),
    re.compile(r"(?:list|array|vector|set|repeated)\s*[,:\s]\s*(?P<of>.+)", re.IGNORECASE | re.DOTALL),
    re.compile(rf"(?P<of>{_NAME}?)_?(?:array|list|arr)", re.IGNORECASE),
)  # fmt: skip
_MAP = re.compile(r"(?:map|dict|dictionary|hash)\s*(?:<\s*(?P<in>.+)>|[,:]\s*(?P<bare>.+))", re.IGNORECASE | re.DOTALL)
_ENUM = re.compile(rf"enum\s*(?:[<(:,]\s*\.?(?P<name>{_NAME})\s*[>)]?)?", re.IGNORECASE)
_STRUCT_LIST = re.compile(rf"\[\s*\.?(?P<name>{_NAME})(?:\(\w+\))?\s*\]\s*(?P<of>.*)", re.DOTALL)
_STRUCT = re.compile(rf"\{{\s*\.?(?P<name>{_NAME})(?:\(\w+\))?\s*\}}\s*(?P<of>.*)", re.DOTALL)
_IN_CELL_STRUCT = re.compile(rf"\{{(?P<parts>.*)\}}\s*(?P<name>{_NAME})?", re.DOTALL)
_NAMED_STRUCT = re.compile(rf"\{{\s*\.?{_NAME}\s*\}}")
"""`{.Item}`: a message in a cell that is defined elsewhere."""
_REFERRING = re.compile(rf"(?P<type>{_NAME})\((?P<to>[A-Za-z_]\w*\.\w+)\)")
"""`int(Mount.Id)`"""
_TAGGED = re.compile(
    r"\((?P<type>(?:[^()]|\((?:[^()]|\([^()]*\))*\))*)\)(?P<rest>.*)", re.DOTALL
)  # Brackets in brackets: `(list#(size=[1,3])),int`
_ELEMENT = re.compile(r"(?P<of>(?:list|array|set)\s*,\s*)\((?P<element>.*)\)", re.IGNORECASE | re.DOTALL)
"""`list,(int#ref=Item)`"""


@dataclass(frozen=True)
class Declared:
    """What is declared of a column. `kind` "": a type that only `name` names, or a number that may be whole or not."""

    text: str
    kind: FieldKind | str = ""
    name: str = ""
    """A type of the team's own: an enum or a message."""
    is_number: bool = False
    is_enum: bool = False
    is_list: bool = False
    """Several values in one cell."""
    separator: str = ""
    subseparator: str = ""
    is_optional: bool = False
    is_key: bool = False
    """It opens rows of its own: `map<uint32, Hero>` above the column of the heroes' ids."""
    map_key: str = ""
    """Of a map in one cell: the kind of its keys."""
    group: str = ""
    """The message that the column is the first field of: `[Item]uint32`."""
    parts: tuple[tuple[str, Declared | None], ...] = ()
    """Of messages in one cell: their fields; None where nothing is said of one's type."""
    tags: dict[str, str] = field(default_factory=dict)
    """What stands beside the type: ref, range, sep, path, unique…"""

    @property
    def is_own(self) -> bool:
        """Whether only the team's own names say what it is."""
        return not self.kind and not self.is_number


@lru_cache(maxsize=4096)
def read_type(text: str) -> Declared | None:
    """What a cell declares; None where it is no type that anybody would write."""
    text = text.strip()
    if not text or len(text) > 200 or text[0].isdigit():
        return None
    body, tags = without_tags(text)
    optional = body.endswith("?") or body.startswith(("optional ", "nullable "))
    body = body.removesuffix("?").removeprefix("optional ").removeprefix("nullable ").rstrip("!").strip()
    found = _read(body)
    if found is None:
        return None
    return tagged(replace(found, text=text, is_optional=optional or found.is_optional), tags)


def tagged(declared: Declared, tags: dict[str, str]) -> Declared:
    """What is declared, with tags that stand beside it."""
    return replace(
        declared,
        is_optional=declared.is_optional or tags.get("optional") == "true",
        tags={**declared.tags, **tags},
        separator=tags.get("sep", declared.separator) if declared.is_list or declared.map_key else declared.separator,
    )


def without_tags(text: str) -> tuple[str, dict[str, str]]:
    """`int#ref=Item` → int and {ref: Item}; `[]int32|{range:"1,10"}` → []int32 and {range: 1,10}."""
    body, bar, props = text.partition("|{")
    if bar:
        found = re.findall(r"(\w+)\s*:\s*(\"(?:[^\"\\]|\\.)*\"|[^\s,}]+)", props)
        return body.strip(), {key: value.strip('"') for key, value in found}
    if text.startswith("("):
        return text, {}
    referring = _REFERRING.fullmatch(text)
    if referring is not None:
        return referring["type"], {"ref": referring["to"]}
    element = _ELEMENT.fullmatch(text)
    body, *marks = re.split(r"[#&](?=\w+=|\w+$|\()", f"{element['of']}{element['element']}" if element else text)
    tags: dict[str, str] = {}
    for mark in marks:
        name, equals, value = (mark[1:-1] if mark.startswith("(") and mark.endswith(")") else mark).partition("=")
        # `#ref=Item?`: nothing may stand there, as a 0 says.
        tags[name.strip()] = value.removesuffix("?") if equals else "true"
    return body.strip(), tags


def _read(body: str) -> Declared | None:
    in_brackets = _TAGGED.fullmatch(body)
    if in_brackets is not None:
        return _read_tagged(in_brackets["type"], in_brackets["rest"])
    plain = _plain(body)
    if plain is not None:
        return plain
    for read in (_read_map, _read_struct, _read_list):
        found = read(body)
        if found is not None:
            return found
    if re.fullmatch(_NAME, body) and len(body) < 60:
        return Declared(body, name=body)
    return None


def _read_tagged(inner: str, rest: str) -> Declared | None:
    """Luban's `(list#sep=|),int`: the tags are those of what stands in the brackets."""
    body, tags = without_tags(inner)
    rest, of_element = without_tags(rest.replace("(", "").replace(")", ""))
    found = _read(f"{body}{rest}")
    if found is None:
        return None
    separator = tags.get("sep", "")
    if found.is_list or found.map_key:
        return replace(
            found,
            separator=separator or found.separator,
            subseparator=of_element.get("sep", found.subseparator),
            tags={**found.tags, **tags, **of_element, "sep": separator},
        )
    return replace(found, subseparator=separator, tags={**found.tags, **tags})


def _plain(body: str) -> Declared | None:
    folded = body.casefold().strip()
    if folded in _KINDS:
        return Declared(body, kind=_KINDS[folded])
    if re.fullmatch(r"bit&[0-9a-f]+", folded):
        return Declared(body, kind="bool")
    if re.fullmatch(r"(var)?char\(\d+\)", folded):
        return Declared(body, kind="string")
    if re.fullmatch(r"decimal\(\d+,\s*\d+\)", folded):
        return Declared(body, kind="double")
    if folded in _NUMBERS:
        return Declared(body, is_number=True)
    if _VECTORS.fullmatch(folded):
        return Declared(body, kind="double", is_list=True, name=body)
    enum = _ENUM.fullmatch(body)
    if enum is not None:
        return Declared(body, name=(enum["name"] or "").rpartition(".")[2], is_enum=True)
    return None


def _read_map(body: str) -> Declared | None:
    found = _MAP.fullmatch(body)
    if found is None:
        return None
    key_text, comma, value_text = (found["in"] or found["bare"]).partition(",")
    key, value = _read(key_text.strip()), _read(value_text.strip().lstrip("."))
    if not comma or key is None or value is None or not key.kind:
        return None
    if value.is_own and not value.is_enum and found["in"] and not found["in"].partition(",")[2].strip().startswith("."):
        return Declared(body, kind=key.kind, is_key=True, group=value.name)
    return Declared(body, kind=value.kind, name=value.name, is_enum=value.is_enum, map_key=str(key.kind))


def _read_struct(body: str) -> Declared | None:
    opening = _STRUCT_LIST.fullmatch(body) or _STRUCT.fullmatch(body)
    if opening is not None and opening["of"].strip():
        inner = _read(opening["of"].strip())
        if inner is None:
            return None
        inner = replace(inner, group=opening["name"], is_key=False)
        return replace(inner, tags={**inner.tags, "group": "list" if body.startswith("[") else "message"})
    in_cell = _IN_CELL_STRUCT.fullmatch(body)
    if in_cell is None:
        return None
    if _NAMED_STRUCT.fullmatch(body):
        return Declared(body, name=body.strip("{} ").lstrip("."))
    separator = ";" if ";" in in_cell["parts"] else ","
    parts = [one.split(None, 1) for one in in_cell["parts"].split(separator) if one.strip()]
    if not parts or any(len(one) != 2 for one in parts):
        return None
    read = [(name.strip(), _read(type_)) for type_, name in parts]
    known = tuple((name, one) for name, one in read if one is not None)
    if len(known) != len(read):
        return None
    sub = separator if separator != "," else ""
    return Declared(body, kind="message", name=in_cell["name"] or "", parts=known, subseparator=sub)


def _read_list(body: str) -> Declared | None:
    if body.casefold() in ("list", "array", "set", "vector"):
        return Declared(body, is_list=True)
    for form in _LIST_FORMS:
        found = form.fullmatch(body)
        if found is None:
            continue
        of = (found["of"] or "").strip().strip("<>").strip("_")
        inner = _read(of) if of else Declared(body)
        if inner is None or inner.map_key:
            return None
        if inner.is_list:  # A list of lists: no column can hold it but as text.
            return Declared(body, kind="string", tags={"nested": of})
        return replace(inner, text=body, is_list=True, is_key=False)
    return None


_TYPED_NAMES = (
    re.compile(r"/?(?P<name>[^:#]+)::(?P<type>\w+(\{\w+\})?)"),  # `/tags::array{string}`
    re.compile(r"#?(?P<name>[^:#\s]+):(?P<type>[^:\s]+)"),  # `#id:int`
    re.compile(r"(?P<name>\w+)\[[!.$]*\]\[func(?P<type>\w+)\]"),  # `id[!.][funcInt]`
    re.compile(r"(?P<name>[^()]+)\((?P<type>[^()]+)\)"),  # `번호(int)`
)
_TUPLE = "Tuple"


def read_typed_name(text: str) -> tuple[str, Declared | None] | None:
    """A header's name and the type that stands in it; None where it has none that is a type and nothing else."""
    if ":" not in text and "[" not in text and "(" not in text:
        return None
    for form in _TYPED_NAMES:
        found = form.fullmatch(text.strip())
        if found is None:
            continue
        name, type_ = found["name"].strip(), found["type"]
        if "[func" in text:
            many = type_.startswith(_TUPLE)
            return name, read_type(f"[]{type_.removeprefix(_TUPLE)}") if many else _plain(type_)
        declared = read_type(type_.replace("{", "<").replace("}", ">"))
        return (name, declared) if declared is not None and not declared.is_own else None
    return None


def looks_like_type(text: str) -> bool:
    """Whether a text is more likely a type than a name: `int`, `[]item`, `event_list`, `Vec2`; not `item` or `date`."""
    found = read_type(text)
    if found is None or text.casefold() in _PLAIN_WORDS:
        return False
    named = re.fullmatch(_NAME, text.strip()) is not None
    return not found.is_own or found.is_enum or bool(found.group) or not named


def is_row_of_types(texts: Sequence[str]) -> bool:
    """Whether a row declares types: at least 60 % of its cells look like types, and some can be nothing else."""
    texts = [text for text in texts if text]
    if len(texts) < 2:
        return False
    certain = [text for text in texts if looks_like_type(text)]
    likely = [text for text in texts if text not in certain and _may_be_type(text)]
    # `NumberArray, StringArray` may be names: some cell must be a type and nothing else.
    sure = any(_plain(text) is not None or not re.fullmatch(_NAME, text) for text in certain)
    return sure and (len(certain) + len(likely)) * 10 >= len(texts) * 6 and len(certain) * 4 >= len(texts)


def _may_be_type(text: str) -> bool:
    found = read_type(text)
    if found is None:
        return False
    return text.casefold() in _PLAIN_WORDS or found.is_list or bool(re.fullmatch(r"[A-Z]\w*(?:[.:]\w+)*", text.strip()))
