"""`pqr lab`: a folder is made and never overwritten, and what a student did wrong is one plain sentence."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from pqr_common.errors import InvalidSettings
from pqr_pipeline.lab.course import exercises
from pqr_pipeline.lab.folder import Lab
from pqr_pipeline.lab.inbox import HOME

pytestmark = pytest.mark.integration

HERE = Path(__file__).parent
TERMS = exercises()[3]
DUE = "def due(opened_at, term_days, extension_days, holidays):\n"
# By what the file holds, what is said of it.
WRONG = {
    "def due(:\n": "answer.py must be Python, found invalid syntax at line 1: mend that line.",
    DUE + "    return opened_at / 0\n": "found TypeError at line 2 of answer.py (unsupported operand",
    DUE + "    while True:\n        try:\n            pass\n        except BaseException:\n            pass\n": (
        "The work must end within 5 s of computing, found it still at it: see what never ends."
    ),
    "nothing = 1\n": "answer.py must define the function due, found none: write it, or call it so.",
    "import nowhere\n": "found ModuleNotFoundError at line 1 of answer.py (No module named 'nowhere')",
    "import sys\nsys.exit(3)\n": "The work must leave its process running, found that it ended it with code 3",
    DUE + "    return None\n": "due must return two days, found None for the ticket ",
    DUE + "    return 'today', 'tomorrow'\n": "The days must have a day in the column received_on, found text, such as",
}


def test_init_makes_a_lab_and_says_what_to_do_next(begun):
    folder, said = begun
    made = sorted(path.name for path in folder.iterdir())
    assert made == [".lab", *(each.name for each in exercises())]
    assert (
        f"{len(exercises())} exercises lie in {folder}.\n\nNext:\n  read  {folder / '01-rejects'}/text.md"
        in said.stdout
    )
    assert f"lab check 1 --folder {folder}\n" in said.stdout


def test_init_never_overwrites_what_a_student_wrote(begun, pqr):
    folder, _ = begun
    before = {path: path.read_bytes() for path in folder.rglob("answer.*")}
    said = pqr("lab", "init", folder)
    assert said.returncode == 2
    assert said.stderr == (
        f"A lab must begin in an empty folder, found 01-rejects, 02-duplicates, 03-threads in {folder}: "
        f"name another folder, or work on in this one.\n"
    )
    assert {path: path.read_bytes() for path in folder.rglob("answer.*")} == before


def test_an_interrupted_init_is_continued(begun, pqr, tmp_path):
    """What there is of the inbox stays; with --json the folder and its exercises are said."""
    (tmp_path / "lab").mkdir()
    (tmp_path / "lab" / HOME).symlink_to(begun[0] / HOME)
    with pytest.raises(InvalidSettings):
        Lab.opened(tmp_path / "lab")
    said = pqr("lab", "init", "--json", cwd=tmp_path)
    assert said.returncode == 0, said.stderr
    assert json.loads(said.stdout) == {"folder": str(tmp_path / "lab"), "exercises": [e.name for e in exercises()]}
    assert Lab.opened(tmp_path / "lab").folder == tmp_path / "lab"


def test_without_a_lab_it_says_how_to_make_one(pqr, tmp_path):
    said = pqr("lab", cwd=tmp_path)
    assert (said.returncode, said.stdout) == (2, "")
    assert said.stderr.startswith(f"There must be a lab to work in, found none in {tmp_path}: make one with `")


def test_an_exercise_that_is_none_is_an_argument_that_is_none(pqr, lab):
    said = pqr("lab", "check", 99, cwd=lab.folder)
    assert said.returncode == 2
    assert said.stderr == f"An exercise must be one of 1 to {len(exercises())}, found 99: see `pqr lab list`.\n"


def test_a_pass_is_listed_until_the_file_changes(pqr, lab):
    """From within the lab, from above it, and by its name; as a table and as JSON."""
    answer = lab.folder / TERMS.name / "answer.py"
    shutil.copy(HERE / "solutions" / "04" / "answer.py", answer)
    said = pqr("lab", "check", 4, cwd=answer.parent)
    assert (said.returncode, said.stderr) == (0, "")
    assert said.stdout.startswith("04-terms: passed. ")
    listed = json.loads(pqr("lab", "--json", cwd=lab.folder.parent).stdout)
    assert [each["number"] for each in listed if each["is_passed"]] == [4]
    assert "1 of 13 have passed." in pqr("lab", "list", "--folder", lab.folder).stdout
    answer.write_text(answer.read_text() + "\n", encoding="utf-8")
    assert "0 of 13 have passed." in pqr("lab", "--folder", lab.folder).stdout


def test_what_differs_is_an_error_with_its_code_also_as_json(pqr, lab):
    said = pqr("lab", "check", 4, "--json", "--folder", lab.folder)
    assert said.returncode == 4
    (verdict,) = json.loads(said.stdout)
    assert (verdict["exercise"], verdict["is_passed"]) == ("04-terms", False)
    error = json.loads(said.stderr)
    assert error["exit_code"] == 4
    assert error["error"] == f"04-terms: {verdict['said']}"
    assert verdict["said"].startswith(
        "The days must be the 1,714 rows that the platform has, found 1,714 wrong; the first"
    )


def test_a_print_of_the_student_is_seen_and_spoils_no_json(pqr, lab):
    answer = lab.folder / TERMS.name / "answer.py"
    answer.write_text("print('looking')\n" + answer.read_text(), encoding="utf-8")
    assert "looking\n" in pqr("lab", "check", 4, "--folder", lab.folder).stderr
    json.loads(pqr("lab", "check", 4, "--json", "--folder", lab.folder).stdout)


@pytest.mark.parametrize(("text", "sentence"), WRONG.items(), ids=range(len(WRONG)))
def test_an_error_of_the_student_is_one_sentence(lab, text, sentence):
    """Even code that catches everything, or ends the process, is told so; no traceback of ours is shown."""
    (lab.folder / TERMS.name / "answer.py").write_text(text, encoding="utf-8")
    verdict = lab.checked(TERMS, is_silent=False)
    assert not verdict.is_passed
    assert sentence in verdict.said
    assert "\n" not in verdict.said
    assert "Traceback" not in verdict.said


def test_an_error_in_a_query_names_its_line(lab):
    mart = exercises()[4]
    (lab.folder / mart.name / "answer.sql").write_text("select month,\npqrs_type form tickets\nwhere", encoding="utf-8")
    assert lab.checked(mart, is_silent=False).said == (
        'answer.sql must be one query that DuckDB runs, found Parser Error: syntax error at or near "tickets" at line 2: '
        "mend it."
    )
    (lab.folder / mart.name / "answer.sql").write_text("-- nothing yet\n", encoding="utf-8")
    assert "must be one query that gives rows" in lab.checked(mart, is_silent=False).said


def test_a_script_that_never_ends_is_stopped(lab):
    """Postgres itself gives up."""
    load = exercises()[7]
    (lab.folder / load.name / "load.sql").write_text("select pg_sleep(600);\n", encoding="utf-8")
    assert "canceling statement due to statement timeout" in lab.checked(load, is_silent=False).said
