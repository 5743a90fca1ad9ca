"""How programs end: an exit code for each kind of error, one sentence on stderr, never a traceback."""

from __future__ import annotations

import json

import click
import pytest

from pqr_common.errors import (
    ContractBroken,
    InvalidSettings,
    LakeUnavailable,
    PqrError,
    UpstreamBroken,
    VerificationFailed,
)
from pqr_common.process.entry import ended

TROUBLE: list[BaseException] = []


@click.command()
@click.argument("number", type=int)
@click.option("--json", "is_json", is_flag=True)
def program(number: int, *, is_json: bool) -> None:
    """Do as a test says."""
    if TROUBLE:
        raise TROUBLE.pop()


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (InvalidSettings("It must be set, found none."), 2),
        (UpstreamBroken("It must be there, found nothing."), 3),
        (ContractBroken("It must balance, found 2."), 4),
        (LakeUnavailable("It must answer, found silence."), 5),
        (PqrError("It must not happen."), 1),
    ],
)
def test_an_error_ends_a_program_with_its_own_code_and_sentence(capsys, error, code):
    """Whatever program it is."""
    TROUBLE.append(error)
    assert ended(program, ["1"], program="it") == code
    assert capsys.readouterr().err == f"{error}\n"


@pytest.mark.parametrize(
    ("error", "code", "mend"),
    [
        (
            InvalidSettings("It must be set, found none: set it to file:///x or s3://y."),
            2,
            "set it to file:///x or s3://y.",
        ),
        (VerificationFailed("raw: one byte differs\nsilver: a row differs"), 4, None),
        (KeyboardInterrupt("It was stopped: do it again."), 130, "do it again."),
        (PqrError("It must not happen."), 1, None),
    ],
)
def test_an_error_for_a_machine_is_one_object(capsys, error, code, mend):
    """On stderr, so that stdout holds the value of a command and nothing else: the sentence, the code, what to do."""
    TROUBLE.append(error)
    assert ended(program, ["1", "--json"], program="it") == code
    out, err = capsys.readouterr()
    assert out == ""
    assert json.loads(err) == {"error": str(error), "exit_code": code, "mend": mend}


def test_only_our_own_json_is_meant(capsys):
    """What stands behind `--` is for another program; bad arguments are said as any error."""
    assert ended(program, ["1", "2", "--", "--json"], program="it") == 2
    assert capsys.readouterr().err.startswith("Got unexpected extra argument")
    assert ended(program, ["--json", "x"], program="it") == 2
    assert json.loads(capsys.readouterr().err)["mend"] == "see `it --help`."


@pytest.mark.parametrize(("arguments", "said"), [([], "NUMBER"), (["x"], "'x'"), (["1", "2"], "2"), (["--no"], "--no")])
def test_bad_arguments_are_settings_to_mend(capsys, arguments, said):
    """Exit code 2, what is wrong, and where help is."""
    assert ended(program, arguments, program="it") == 2
    told = capsys.readouterr().err
    assert said in told
    assert told.endswith(": see `it --help`.\n")


def test_bad_arguments_of_a_command_are_helped_by_its_own_help(capsys):
    """Not by that of the group, which does not list its options."""
    assert ended(click.Group("group", {"program": program}), ["program", "--no"], program="it") == 2
    assert capsys.readouterr().err == "No such option '--no', did you mean '--json': see `it program --help`.\n"


def test_bad_arguments_are_one_sentence(capsys):
    """Also where click would list the choices on lines of their own."""
    choosing = click.Command("choosing", params=[click.Argument(["name"], type=click.Choice(["bronze", "silver"]))])
    assert ended(choosing, [], program="it") == 2
    told = capsys.readouterr().err
    assert "bronze" in told
    assert told.count("\n") == 1


def test_a_program_that_is_done_ends_with_0(capsys):
    """And says nothing of its own."""
    assert ended(program, ["1"], program="it") == 0
    assert capsys.readouterr() == ("", "")


def test_ctrl_c_is_no_defect(capsys):
    """The code that shells give it; who interrupts may know better what to say."""
    TROUBLE.append(KeyboardInterrupt())
    assert ended(program, ["1"], program="it") == 130
    assert capsys.readouterr().err.strip() == "The program was interrupted."
    stopped = KeyboardInterrupt("Do it again.")
    stopped.exit_code = 143
    TROUBLE.append(stopped)
    assert ended(program, ["1"], program="it") == 143
    assert capsys.readouterr().err.strip() == "Do it again."
