"""The commands in the pages for operators are commands that exist, with options that exist."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from migrator.cli.main import cli
from migrator.model.exit_code import ExitCode
from tests.support.run import ROOT

PAGES = (ROOT / "docs/kubernetes.md", ROOT / "docs/systemd-ansible.md")
IN_A_LIST = re.compile(r'\["migrator", ([^\]]+)\]')
IN_A_LINE = re.compile(r"(?:^\$ |/bin/|`)migrator ([a-z][^\n`]*)", re.MULTILINE)


def commands(page: Path) -> list[list[str]]:
    text = page.read_text()
    lists = [[word.strip(' "') for word in words.split(",")] for words in IN_A_LIST.findall(text)]
    return lists + [shlex.split(line) for line in IN_A_LINE.findall(text)]


def parse(words: list[str]) -> None:
    """Raises click's UsageError for what the command line doesn't know."""
    command = cli.get_command(click.Context(cli), words[0])
    assert command is not None, words
    command.make_context(words[0], words[1:]).close()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_command_is_one(page: Path) -> None:
    found = commands(page)
    assert len(found) >= 5
    for words in found:
        if words != ["wait"]:  # named in a sentence
            parse(words)


@pytest.mark.parametrize("words", [["wait", "--for", "ready"], ["wait", "--until", "data"], ["expand", "now"]])
def test_a_wrong_command_would_be_seen(words: list[str]) -> None:
    with pytest.raises(click.UsageError):
        parse(words)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_exit_code_in_a_list_is_one(page: Path) -> None:
    text = page.read_text()
    lists = re.findall(r"values: \[([\d, ]+)\]", text) + re.findall(r"ExitStatus=([\d ]+)", text)
    assert lists
    for one in lists:
        codes = [int(code) for code in re.findall(r"\d+", one)]
        assert codes == sorted(set(codes)), "Kubernetes wants them in order"
        assert set(codes) <= set(map(int, ExitCode))
