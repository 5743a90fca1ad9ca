"""How programs end: an exit code for each kind of error, one sentence on stderr, never a traceback."""

from __future__ import annotations

import click
import pytest

from pqr_common.errors import ContractBroken, InvalidSettings, LakeUnavailable, PqrError, UpstreamBroken
from pqr_common.process.entry import ended

TROUBLE: list[BaseException] = []


@click.command()
@click.argument("number", type=int)
def program(number: int) -> None:
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


@pytest.mark.parametrize(("arguments", "said"), [([], "NUMBER"), (["x"], "'x'"), (["1", "2"], "2"), (["--no"], "--no")])
def test_bad_arguments_are_settings_to_mend(capsys, arguments, said):
    """Exit code 2, what is wrong, and where help is."""
    assert ended(program, arguments, program="it") == 2
    told = capsys.readouterr().err
    assert said in told
    assert "`it --help`" in told


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
