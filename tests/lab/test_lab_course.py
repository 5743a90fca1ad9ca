"""The course: every reference passes, every wrong variant and every starting point fails, within its time."""

from __future__ import annotations

import resource
import shutil
import time
from pathlib import Path

import pytest

from pqr_pipeline.lab.course import TEXT, exercises
from pqr_pipeline.lab.grading import Differs
from pqr_pipeline.lab.work import told

pytestmark = pytest.mark.integration

HERE, ROOT = Path(__file__).parent, Path(__file__).parents[2]
SECONDS_EACH, SECONDS_TOGETHER = 10, 60
TEXT_LINES = 60
COURSE = exercises()
NAMES = [each.name for each in COURSE]
# Each is a patch of the reference, which shows what is wrong and nothing else.
MUTANTS = [
    (exercise, patch) for exercise in COURSE for patch in sorted((HERE / "mutants" / exercise.name[:2]).iterdir())
]


def solution(exercise):
    return HERE / "solutions" / exercise.name[:2]


def failure(work, exercise):
    """Why the check fails, in a sentence of ours; an error that is not the student's is raised."""
    try:
        return f"passed: {exercise.check(work)}"
    except Differs as differs:
        return str(differs)
    except Exception as error:  # noqa: BLE001  a student's code raises what it likes
        said = told(error, work.folder)
        assert " at line " in said, said
        return said


def test_there_are_twelve_at_least_numbered_without_a_gap():
    assert [each.number for each in COURSE] == list(range(1, len(COURSE) + 1))
    assert len(COURSE) >= 12


@pytest.mark.parametrize("exercise", COURSE, ids=NAMES)
def test_a_text_is_short_and_says_what_a_student_must_know(exercise):
    """Why, what is given, what to do, how it is graded, and files of this house that exist."""
    text = exercise.text
    assert len(text.splitlines()) <= TEXT_LINES
    for part in ("Why it matters.", "What is given.", "What to do.", "How it is graded.", "The real one."):
        assert text.count(f"**{part}**") == 1, part
    places = [word for word in text.split("`") if word.startswith(("services/", "libs/", "docs/"))]
    assert places
    assert [place for place in places if not list(ROOT.glob(place))] == []


@pytest.mark.parametrize("exercise", COURSE, ids=NAMES)
def test_an_exercise_has_three_mutants_of_its_own_files(exercise, work_on):
    files = set(exercise.starts)
    assert files == {path.name for path in solution(exercise).iterdir()}
    mutants = [patch for each, patch in MUTANTS if each is exercise]
    assert len(mutants) >= 3
    for patch in mutants:
        folder = work_on(exercise, solution(exercise), patch).folder
        assert {path.name for path in folder.iterdir()} == files


@pytest.mark.parametrize("exercise", COURSE, ids=NAMES)
@pytest.mark.usefixtures("servers")
def test_a_starting_point_fails(exercise, work_on):
    assert not failure(work_on(exercise), exercise).startswith("passed")


@pytest.mark.parametrize(("exercise", "patch"), MUTANTS, ids=[f"{e.name[:2]}-{p.stem}" for e, p in MUTANTS])
@pytest.mark.usefixtures("servers")
def test_a_wrong_variant_fails(exercise, patch, work_on):
    """It says where, and not how to do it: no line of the solution is in the sentence."""
    said = failure(work_on(exercise, solution(exercise), patch), exercise)
    assert not said.startswith("passed"), said
    lines = [line.strip() for path in solution(exercise).iterdir() for line in path.read_text().splitlines()]
    assert [line for line in lines if len(line) > 25 and line in said] == []


@pytest.mark.timeout(600)  # half a minute, if the machine has nothing else to do
def test_all_references_pass_in_time(lab):
    """As students call it: in processes of their own. On a busy machine the processor's time counts, not the wall's."""
    took = {}
    for exercise in COURSE:
        shutil.copytree(solution(exercise), lab.folder / exercise.name, dirs_exist_ok=True)
        wall, before = time.monotonic(), _computed()
        verdict = lab.checked(exercise, is_silent=False)
        assert verdict.is_passed, verdict.said
        took[exercise.name] = _computed() - before
        print(f"{exercise.name}: {took[exercise.name]:.1f} s of computing, {time.monotonic() - wall:.1f} s in all")
    assert max(took.values()) < SECONDS_EACH, took
    assert sum(took.values()) < SECONDS_TOGETHER, took
    assert lab.passed == set(NAMES)


def _computed():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def test_a_text_is_what_init_writes(begun):
    folder, _ = begun
    for exercise in COURSE:
        assert (folder / exercise.name / TEXT).read_text(encoding="utf-8") == exercise.text
