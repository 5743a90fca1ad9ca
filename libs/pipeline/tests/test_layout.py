"""Tables on narrow terminals: texts are broken, numbers and days are not, and nothing is wider than the terminal."""

from __future__ import annotations

import json
import re

import pytest

from pqr_pipeline.command.screen import Screen

COLUMNS = ("Name", "Rows", "Bytes", "Window", "Share", "Size", "Why")
ROWS = [
    ("raw", 926, 1_086_425, "2026-01-01 to 2026-01-31", "12.28 %", "1,024 MiB", None),
    ("a_name_that_is_longer_than_a_narrow_column", 12_345_678, 0, "", "no data", "5 MiB", "found 1,234,567 (of 7)."),
]
NUMBERS = ("926", "1,086,425", "12,345,678", "12.28 %", "1,024 MiB", "5 MiB", "1,234,567", "2026-01-01", "2026-01-31")


@pytest.fixture
def shown(capsys, monkeypatch):
    """What the table looks like at a width."""

    def at(width: int) -> str:
        monkeypatch.setenv("COLUMNS", str(width))
        Screen(is_json=False, is_quiet=False).table("A table", COLUMNS, ROWS)
        return capsys.readouterr().out

    return at


@pytest.mark.parametrize("width", [40, 60, 80, 100, 120, 200])
def test_numbers_and_days_are_whole_at_any_width(shown, width):
    """As is their unit."""
    said = shown(width)
    assert max(map(len, said.splitlines())) <= width
    for number in NUMBERS:
        assert re.search(rf"(?<!\S)\(?{re.escape(number)}(?!\S)", said), number


def test_a_wide_table_has_a_line_a_row(shown):
    """Numbers, also with their unit, stand to the right."""
    said = shown(200)
    assert len(said.splitlines()) == 4 + len(ROWS) + 1
    assert "│        926 │ 1,086,425 │" in said
    assert "│ 12.28 % │ 1,024 MiB │" in said


def test_where_there_is_no_room_a_row_is_a_list(shown):
    """Each cell that holds something beside its column's name."""
    said = [line.split() for line in shown(40).splitlines()]
    assert ["Rows", "926"] in said
    assert ["Size", "5", "MiB"] in said
    assert [line for line in said if line[:1] == ["Why"]] == [["Why", "found", "1,234,567", "(of", "7)."]]


def test_a_sentence_on_a_terminal_is_broken_between_words(capsys, monkeypatch):
    """What is to be copied stays whole, and a pipe gets every line as it is."""
    text = f"Freed 1,234,567 bytes: {'many ' * 12}objects.\n  pqr show {'x' * 70}"
    Screen(is_json=False, is_quiet=False).say(text)
    assert capsys.readouterr().out == f"{text}\n"
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "40")
    Screen(is_json=False, is_quiet=False).say(text)
    *sentence, command = capsys.readouterr().out.splitlines()
    assert max(map(len, sentence)) <= 40
    assert " ".join(sentence) == text.split("\n", maxsplit=1)[0]
    assert command == text.split("\n")[1]


def test_json_knows_no_width(capsys, monkeypatch):
    """It is for machines."""
    monkeypatch.setenv("COLUMNS", "20")
    Screen(is_json=True, is_quiet=False).value(ROWS)
    assert json.loads(capsys.readouterr().out) == [list(row) for row in ROWS]
