"""Write the pages of the reference from what they tell of: commands, schemas, options.proto, kinds of problems.

    python docs/make_reference.py

A test fails where a page isn't what this writes.
"""

from __future__ import annotations

import html
import inspect
import json
import re
from collections.abc import Callable, Iterator, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

import click
import make_problems

from gdata.cli.everywhere import dressed
from gdata.cli.main import COMMANDS, ROLES, cli, command_of

DOCS = Path(__file__).parent
MADE = "\n*This page is written by `python docs/make_reference.py`.*\n"


# The command line


def cli_page() -> str:
    """Every command: what it does, its options, examples."""
    roles = "\n\n".join(f"**{role}**\n\n| command | |\n|---|---|\n{_index(names)}" for role, names in ROLES.items())
    head = f"# The command line\n\n`gdata COMMAND --help` says the same on the terminal.\n\n{roles}\n\n{EXIT_CODES}"
    shared = [one for one in dressed(cli, "").params if isinstance(one, click.Option) and one.name != "version"]
    rows = "\n".join(_option_row(option, click.Context(cli)) for option in shared)
    head += SHARED.replace("ROWS", rows)
    return head + "".join(_command_section(name) for name in COMMANDS) + MADE


def _index(names: str) -> str:
    known = [name for name in names.split() if name in COMMANDS]
    return "\n".join(f"| [`gdata {name}`](#gdata-{name}) | {COMMANDS[name]} |" for name in known)


SHARED = """
## Options of all commands

| option | |
|---|---|
ROWS

`-C` and `--config` stand before the command, `gdata -C ../game build`; the others before or after it.

Every option has a variable of the environment, `GDATA_COMMAND_OPTION`: `GDATA_BUILD_STRICT=1` is `gdata build
--strict`, and `GDATA_LANG=ko` the language of all commands. Those that confirm or overrule have none: `--yes`,
`--stale`, `--allow`, `--reason` and `--expect` are typed.
"""

EXIT_CODES = """\
## Exit codes

| code | |
|---|---|
| 0 | done |
| 1 | the data has errors, is damaged, or (`diff --exit-code`) differs |
| 2 | the command line, sheets.yaml, a schema or a custom check is wrong |
| 3 | the world outside: Google, network, credentials, store, disk |
| 4 | refused: the gate, a channel that moved, a release marked bad |
| 70 | a bug in gdata |
| 130 | interrupted |

Results go to stdout, everything else (progress, questions, errors) to stderr: `gdata check | less` shows the problems.
With `--format json` there is one JSON document on stdout: see [JSON outputs](outputs.md).
"""


def _command_section(name: str) -> str:
    command = command_of(name)
    context = click.Context(command, info_name=f"gdata {name}")
    text, _, examples = inspect.cleandoc(command.help or "").partition("\b\nExamples:\n")
    usage = " ".join([f"gdata {name}", *command.collect_usage_pieces(context)])
    own = [one for one in command.params if isinstance(one, click.Option) and one.name not in ("lang", "debug")]
    rows = "\n".join(_option_row(option, context) for option in own)
    return (
        f"\n## gdata {name}\n\n{_paragraphs(text)}\n\n```text\n{usage}\n```\n\nExamples:\n\n"
        f"```text\n{inspect.cleandoc(examples)}\n```\n" + (f"\n| option | |\n|---|---|\n{rows}\n" if rows else "")
    )


def _paragraphs(text: str) -> str:
    return "\n\n".join(" ".join(part.split()) for part in text.strip().split("\n\n"))


def _option_row(option: click.Option, context: click.Context) -> str:
    record = option.get_help_record(context)
    assert record is not None, option.name
    return f"| {_code(record[0])} | {_cell(record[1])} |"


# sheets.yaml


def sheets_yaml_page() -> str:
    """Every key of sheets.yaml, from its JSON Schema."""
    schema = json.loads((DOCS / "sheets.schema.json").read_text(encoding="utf-8"))
    sections = [_keys_section("The file", schema, schema)]
    for definition in schema["definitions"].values():
        if "title" in definition:
            sections.append(_keys_section(f"`{definition['title']}`", definition, schema))
    return SHEETS_YAML_HEAD + "\n".join(sections) + MADE


SHEETS_YAML_HEAD = """\
# sheets.yaml

The project's one file of settings. The sample game's has every part of it, with comments:

??? example "The sample game's sheets.yaml"

    ```yaml
    --8<-- "sheets.yaml"
    ```

- It is found in the current folder or the nearest one above it, or given with `--config`.
- Relative paths start at the folder that it lies in.
- `${NAME}` inside a text is the environment variable NAME, `${NAME:-text}` has a default, `$${` is a literal `${`.
- An unknown key, a wrong type or a file that isn't there is an error with its line; all mistakes are told at once.
- Titles of sheets are compared exactly. An exact title beats a glob.

Editors that know JSON Schema complete the keys and mark mistakes:
[sheets.schema.json](../sheets.schema.json){download}. In VS Code with the YAML extension, copy it beside sheets.yaml
and begin sheets.yaml with

```yaml
# yaml-language-server: $schema=sheets.schema.json
```

"""


def _keys_section(title: str, definition: Mapping[str, Any], schema: Mapping[str, Any]) -> str:
    branches = (_follow(one, schema) for one in (definition, *definition.get("anyOf", ())))
    holder = next((one for one in branches if "properties" in one), None)
    about = f"## {title}\n\n{definition['description']}\n"
    if holder is None:
        return about
    required = holder.get("required", ())
    rows = (
        f"| `{key}`{' (needed)' if key in required else ''} | {_type(value, schema)} | {_meaning(value, schema)} |"
        for key, value in holder["properties"].items()
    )
    return f"{about}\n| key | type | |\n|---|---|---|\n" + "\n".join(rows) + "\n"


def _follow(value: Mapping[str, Any], schema: Mapping[str, Any]) -> dict[str, Any]:
    """A value's schema with what its `$ref` says; its own words come first."""
    name = str(value.get("$ref", "")).rpartition("/")[2]
    definitions = schema.get("definitions", schema.get("$defs", {}))
    return {**_follow(definitions[name], schema), **value} if name else dict(value)


def _type(value: Mapping[str, Any], schema: Mapping[str, Any]) -> str:
    value = _follow(value, schema)
    if "const" in value:
        return f"`{json.dumps(value['const'])}`"
    if "enum" in value:
        return ", ".join(f"`{one}`" for one in value["enum"] if one is not False)
    if "anyOf" in value:
        return " or ".join(dict.fromkeys(_type(one, schema) for one in value["anyOf"]))
    if "type" not in value:
        return "any value"
    types = value["type"]
    names = [types] if isinstance(types, str) else list(types)
    if names == ["array"]:
        inside = value.get("items", {})
        return f"list of {_type(inside, schema)}" if inside else "list"
    if "pattern" in value and "number" in names:
        return "number or `N%`"
    if "string" in names and "number" in names:
        # YAML takes an unquoted word such as `1` or `no` for something else; it is a name all the same.
        return "text"
    return " or ".join(_TYPES.get(one, one) for one in names)


_TYPES = {
    "string": "text",
    "array": "list",
    "integer": "whole number",
    "boolean": "`true` or `false`",
    "object": "mapping",
}


def _meaning(value: Mapping[str, Any], schema: Mapping[str, Any]) -> str:
    value = _follow(value, schema)
    text = _cell(value.get("description", ""))
    if value.get("default") not in (None, [], {}):
        text += f" Default: {_code(_example(value['default']))}."
    examples = [_code(_example(one)) for one in value.get("examples", ())]
    return f"{text} For example {', '.join(examples)}." if examples else text


def _example(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


# options.proto


def options_page() -> str:
    """The messages of gdata/options.proto, from its own comments."""
    proto = (files("gdata") / "protos" / "gdata" / "options.proto").read_text(encoding="utf-8")
    return OPTIONS_HEAD + "\n".join(map(_message_section, _messages(proto))) + OPTIONS_TAIL + MADE


OPTIONS_HEAD = """\
# Options in .proto files

What a sheet needs to know beyond a message's types. Nothing has to be copied into the project: both imports work as
they stand.

```proto
import "gdata/options.proto";          // the options of this page
import "buf/validate/validate.proto";  // constraints on values: https://protovalidate.com
```

Of the sample game, with comments:

??? example "protos/game/item.proto"

    ```proto
    --8<-- "protos/game/item.proto"
    ```

"""

OPTIONS_TAIL = """
## A blank cell

A blank cell is never silently zero.

| the field is | a blank cell is | without a column |
|---|---|---|
| a number, bool or enum | a problem: `cell.blank` | a problem: `header.missing` |
| … with `optional` | not set | not set |
| … with `default` | the default | the default |
| part of the key | a problem: `key.blank` | a problem: `header.missing` |
| a string or bytes | empty | a problem: `header.missing`, unless `absent_ok` |
| a list, map or message | empty or not set | a problem: `header.missing`, unless `absent_ok` |

`required`, `min_len` and `min_items` of protovalidate forbid empty ones.
"""

_WHERE = {
    "FieldOptions": 'Options of a field: `[(gdata.field) = {key: true, column: "번호"}]`.',
    "EnumValueOptions": 'Options of an enum\'s value: `RARITY_RARE = 3 [(gdata.value).label = "희귀"];`.',
    "TableOptions": 'Options of a table\'s message: `option (gdata.table).groups = "client";`.',
}


def _messages(proto: str) -> Iterator[tuple[str, str, str]]:
    """Each message's comment, name and body; the options of fields first."""
    found = re.findall(r"((?:^//[^\n]*\n)*)^message (\w+) \{\n(.*?)^\}", proto, re.MULTILINE | re.DOTALL)
    order = ["FieldOptions", "Ref", "EnumValueOptions", "TableOptions"]
    yield from sorted(found, key=lambda one: order.index(one[1]) if one[1] in order else len(order))


def _message_section(message: tuple[str, str, str]) -> str:
    comment, name, body = message
    rows = []
    for above, repeated, kind, field in re.findall(
        r"((?:^ +//[^\n]*\n)*)^ +(repeated )?(\w+) (\w+) = \d+;", body, re.MULTILINE
    ):
        kind = f"[{kind}](#{kind.lower()})" if kind[0].isupper() else kind
        rows.append(f"| `{field}` | {'list of ' if repeated else ''}{kind} | {_cell(_comment(above))} |")
    about = " ".join(filter(None, [_WHERE.get(name, ""), _comment(comment)]))
    return f"## {name}\n\n{about}\n\n| option | type | |\n|---|---|---|\n" + "\n".join(rows) + "\n"


def _comment(text: str) -> str:
    return " ".join(line.strip().removeprefix("//").strip() for line in text.splitlines())


# JSON outputs


def outputs_page() -> str:
    """What commands write with --format json, from the two schemas."""
    outputs = json.loads((DOCS / "outputs.schema.json").read_text(encoding="utf-8"))
    diff = json.loads((DOCS / "diff.schema.json").read_text(encoding="utf-8"))
    parts = [f"### {name}\n\n{_object(one, outputs)}" for name, one in outputs["$defs"].items()]
    parts.append(f"## gdata diff\n\n{_object(diff, diff)}")
    parts += [f"### diff: {name}\n\n{_object(one, diff)}" for name, one in diff["$defs"].items() if _keys(one)]
    return OUTPUTS_HEAD + "\n".join(parts) + MADE


OUTPUTS_HEAD = """\
# JSON outputs

With `--format json` a command writes one JSON document on stdout, in UTF-8, and everything else on stderr. The schemas,
for validators and generators of code: [outputs.schema.json](../outputs.schema.json){download},
[diff.schema.json](../diff.schema.json){download}. Newer versions may add keys; none goes or changes its meaning.

Where a command can't do its work (exit codes 2, 3, 4), stdout is empty and stderr says why.

## Commands

"""


def _keys(definition: Mapping[str, Any]) -> Mapping[str, Any]:
    keys: Mapping[str, Any] = definition.get("properties", {})
    return keys


def _object(definition: Mapping[str, Any], schema: Mapping[str, Any]) -> str:
    about = definition.get("description", "")
    rows = [
        f"| {_code(path)} | {_json_type(one, schema)} | {_meaning(one, schema)} |" for path, one in _paths(definition)
    ]
    table = "| key | type | |\n|---|---|---|\n" + "\n".join(rows) + "\n" if rows else ""
    return "\n\n".join(filter(None, [_paragraphs(about), table])).rstrip() + "\n"


def _paths(definition: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every key below a definition as `targets.NAME.tables`, without following references."""
    for key, value in _keys(definition).items():
        yield before + key, value
        yield from _paths(value, f"{before}{key}.")
    for inside, step in ((definition.get("additionalProperties"), "NAME."), (definition.get("items"), "[].")):
        if isinstance(inside, dict):
            yield from _paths(inside, before.removesuffix(".") + step if step == "[]." else before + step)


def _json_type(value: Mapping[str, Any], schema: Mapping[str, Any]) -> str:
    name = str(value.get("$ref", "")).rpartition("/")[2]
    followed = _follow(value, schema)
    if name and _keys(followed):
        prefix = "" if "$defs" in schema and "build" in schema["$defs"] else "diff-"
        return f"[{name}](#{prefix}{name.lower()})"
    if followed.get("type") == "array" and "$ref" in followed.get("items", {}):
        return f"list of {_json_type(followed['items'], schema)}"
    if "oneOf" in followed:
        return " or ".join(dict.fromkeys(_json_type(one, schema) for one in followed["oneOf"]))
    return _type(followed, schema)


# All of them


def _code(text: str) -> str:
    if "|" not in text:
        return f"`{text}`"
    # Renderers disagree about a bar in a code span of a table.
    return f"<code>{html.escape(text).replace('|', '&#124;')}</code>"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


PAGES: Mapping[str, Callable[[], str]] = {
    "reference/cli.md": cli_page,
    "reference/sheets-yaml.md": sheets_yaml_page,
    "reference/options.md": options_page,
    "reference/outputs.md": outputs_page,
    "problems.md": make_problems.page,
    "ko/problems.md": lambda: make_problems.page("ko"),
    "../gdata/scaffold/templates/project/sheets.schema.json": lambda: (DOCS / "sheets.schema.json").read_text("utf-8"),
}
"""The pages and what writes them."""


def main() -> None:
    """Write all pages."""
    for name, page in PAGES.items():
        (DOCS / name).write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
