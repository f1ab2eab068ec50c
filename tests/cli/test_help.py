"""Every command's --help: it works, has an example, and the example asks only for what there is."""

from __future__ import annotations

import re
import shlex

import click
import pytest
from click.testing import CliRunner

from gdata.cli.main import COMMANDS, cli


def _command(name: str) -> click.Command:
    found = cli.get_command(click.Context(cli), name)
    assert found is not None
    return found


def _examples(name: str) -> list[list[str]]:
    text = click.unstyle(CliRunner().invoke(cli, [name, "--help"]).output)
    assert "Examples:" in text
    lines = [line.strip() for line in text.partition("Examples:")[2].splitlines()]
    # A line may go on to another program: `gdata keygen … && gdata publish …`.
    commands = [part.strip() for line in lines for part in re.split(r"&&|\|", line)]
    return [shlex.split(one)[1:] for one in commands if one.startswith("gdata ")]


@pytest.mark.parametrize("name", COMMANDS)
def test_help_has_an_example_of_the_command(name: str) -> None:
    result = CliRunner().invoke(cli, [name, "--help"])
    assert result.exit_code == 0
    examples = _examples(name)
    assert examples
    assert examples[0][0] == name


@pytest.mark.parametrize("name", COMMANDS)
def test_the_examples_ask_for_what_there_is(name: str) -> None:
    for example in _examples(name):
        command = _command(example[0])
        # The parser alone: it refuses unknown options and surplus arguments; nothing is run.
        context = click.Context(command, info_name=example[0])
        command.make_parser(context).parse_args(list(example[1:]))
        options = {text for option in command.params for text in option.opts}
        assert {text for text in example if re.match(r"--\w", text)} <= options


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_says_what_it_does(name: str) -> None:
    for parameter in _command(name).params:
        if isinstance(parameter, click.Option):
            assert parameter.help, parameter.name
            assert parameter.help.endswith(".")


def test_every_command_is_in_the_list_with_its_line() -> None:
    text = CliRunner().invoke(cli, ["--help"]).output
    for name in COMMANDS:
        assert re.search(rf"^  {name} ", text, re.MULTILINE)


def test_a_mistyped_command_gets_a_suggestion() -> None:
    result = CliRunner().invoke(cli, ["biuld"])
    assert result.exit_code == 2
    assert "did you mean build?" in result.output


def test_the_version_is_told() -> None:
    assert re.search(r"\d+\.\d+", CliRunner().invoke(cli, ["--version"]).output)
