"""The job that brings Metabase about: once, again, after a crash, beside what people do."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from pqr_common.errors import InvalidSettings, PqrError, Transient

pytestmark = pytest.mark.integration
ROOT = Path(__file__).parents[2]
TITLE = "PQRS: tablero de gestión"


def _changed(files, name, **changes):
    questions = tuple(replace(q, **changes) if q.file == name else q for q in files.questions)
    return replace(files, questions=questions)


def test_a_second_run_makes_and_changes_nothing(metabase):
    """Everything is made once: administrator, database, collection, questions, dashboard; then it is left as it is."""
    first = metabase.bring()
    things = metabase.count()
    assert (first["made"], first["changed"]) == (len(metabase.job.read(ROOT / "deploy/metabase").questions) + 3, 0)
    assert {kind: things[kind] for kind in ("user", "database", "collection", "dashboard")} == dict.fromkeys(
        ("user", "database", "collection", "dashboard"), 1
    )
    metabase.metabase.calls.clear()
    again = metabase.bring()
    assert (again["made"], again["changed"]) == (0, 0)
    assert metabase.count() == things
    writes = [path for method, path in metabase.metabase.calls if method != "GET"]
    assert [path for path in writes if path.startswith(("/card", "/dashboard", "/collection", "/setup"))] == []


@pytest.fixture(scope="module")
def whole(serving):
    """How many things of each kind a run that is not disturbed makes."""
    with serving() as start:
        undisturbed = start()
        undisturbed.bring()
        return undisturbed.count()


@pytest.mark.parametrize("answered", [1, 2, 3, 4, 5, 11, 19, 20, 21])
def test_a_run_that_broke_off_is_completed(started, whole, answered):
    """Whatever write it broke off at, the next run makes what is missing and nothing twice."""
    broken = started()
    handle, left = broken.metabase.handle, [answered]

    def breaks(method, *rest, **more):
        if method != "GET":
            left[0] -= 1
            if left[0] < 0:
                raise sys.modules["metabase_schemas"].Refused(500, "out of memory")
        return handle(method, *rest, **more)

    broken.metabase.handle = breaks
    with pytest.raises(PqrError, match="must accept"):
        broken.bring()
    broken.metabase.handle = handle
    broken.bring()
    assert broken.count() == whole


def test_it_waits_for_a_slow_start_and_a_slow_look_at_the_schema(started):
    """Metabase answers 503 while it starts, and knows the tables only some time after it was told to look."""
    slow = started(starting=3, lag=3)
    assert slow.bring()["made"] > 0


def test_a_metabase_that_does_not_come_is_one_sentence(modules, metabase):
    """After the time it may take, what to look at."""
    with pytest.raises(Transient, match=r"^Metabase must answer, found ConnectError at .*: see `.*`\.$"):
        metabase.bring(url="http://127.0.0.1:9", start_seconds=0.1)


def test_what_a_file_says_anew_is_changed_in_place(metabase):
    """The question keeps its id, so that links to it hold."""
    metabase.bring()
    files = metabase.job.read(ROOT / "deploy/metabase")
    before = metabase.named("card", "Solicitudes vencidas")["id"]
    done = metabase.bring(_changed(files, "overdue", title="Vencidas hoy", sql="select 1"))
    assert (done["made"], done["changed"]) == (0, 1)
    assert metabase.named("card", "Vencidas hoy")["id"] == before
    assert metabase.answers("Vencidas hoy") == [[1]]


def test_what_people_made_stays(metabase):
    """A question of theirs, also one in our collection under our title, and their cards on our dashboard."""
    metabase.bring()
    collection = metabase.named("collection", "PQRS: indicadores")["id"]
    database = metabase.named("database", "PQRS")["id"]
    query = {"type": "native", "database": database, "native": {"query": "select 7", "template-tags": {}}}
    theirs = {"name": "Solicitudes recibidas", "display": "table", "visualization_settings": {}, "dataset_query": query}
    with metabase.api() as api:
        card = api.call("POST", "/card", theirs | {"collection_id": collection})["id"]
        board = api.call("GET", f"/dashboard/{metabase.named('dashboard', TITLE)['id']}")
        kept = [{key: one[key] for key in ("id", "row", "col", "size_x", "size_y")} for one in board["dashcards"]]
        new = {"id": -1, "card_id": card, "row": 99, "col": 0, "size_x": 6, "size_y": 3}
        series = {"series": [{"id": card}]}
        api.call("PUT", f"/dashboard/{board['id']}", {"dashcards": [*kept, new | series]})
    files = metabase.job.read(ROOT / "deploy/metabase")
    metabase.bring(replace(_changed(files, "received", sql="select 1"), description="Otra descripción"))
    assert metabase.metabase.rows["card"][card]["dataset_query"] == query
    (shown,) = [one for one in metabase.metabase.rows["dashcard"].values() if one["card_id"] == card]
    assert (shown["row"], shown["size_x"], shown["series"]) == (99, 6, [{"id": card}])


def test_what_people_moved_stays_until_the_file_changes(metabase):
    """A card drawn elsewhere on the dashboard is not drawn back by the same file."""
    metabase.bring()
    moved = next(one for one in metabase.metabase.rows["dashcard"].values() if one["card_id"])
    moved["row"] = 77
    assert metabase.bring()["changed"] == 0
    assert moved["row"] == 77


def test_tabs_that_people_made_stay(metabase):
    """Without them in the list Metabase would delete the tabs and what is on them."""
    metabase.bring()
    number = metabase.named("dashboard", TITLE)["id"]
    with metabase.api() as api:
        board = api.call("GET", f"/dashboard/{number}")
        cards = [{key: one[key] for key in ("id", "row", "col", "size_x", "size_y")} for one in board["dashcards"]]
        tabs = [{"id": -1, "name": "Principal"}, {"id": -2, "name": "Otra"}]
        api.call(
            "PUT", f"/dashboard/{number}", {"dashcards": [c | {"dashboard_tab_id": -1} for c in cards], "tabs": tabs}
        )
    files = metabase.job.read(ROOT / "deploy/metabase")
    metabase.bring(replace(files, description="Otra descripción"))
    assert [tab["name"] for tab in metabase.metabase.rows["dashboard"][number]["tabs"]] == ["Principal", "Otra"]
    assert {one["dashboard_tab_id"] for one in metabase.metabase.rows["dashcard"].values()} == {
        metabase.metabase.rows["dashboard"][number]["tabs"][0]["id"]
    }


def test_a_wrong_password_is_one_sentence(metabase):
    """Which variable, whose password, what to do; not the password."""
    metabase.bring()
    with pytest.raises(InvalidSettings, match=r"^METABASE_ADMIN_PASSWORD must be .*: set .*\.$") as caught:
        metabase.bring(password="otra-clave-distinta-8")
    assert "otra-clave" not in str(caught.value)


def test_no_password_is_ever_told(metabase):
    """Metabase repeats what it refuses; the job does not."""
    with pytest.raises(PqrError, match="POST /api/setup") as caught:
        metabase.bring(password="sin-cifras")
    assert "sin-cifras" not in str(caught.value)
    with pytest.raises(PqrError, match="POST /api/database") as caught:
        metabase.bring(connection=metabase.connection | {"host": "127.0.0.1", "port": 9})
    assert "warehouse-1" not in str(caught.value)


@pytest.mark.parametrize(
    ("missing", "status", "sentence"),
    [("METABASE_URL", 2, "METABASE_URL must be set"), (None, 2, "METABASE_ADMIN_PASSWORD must be")],
)
def test_the_command_ends_with_a_sentence_and_a_code(metabase, missing, status, sentence):
    """No traceback reaches a user."""
    metabase.bring()
    environment = {
        "METABASE_URL": metabase.url,
        "METABASE_ADMIN_EMAIL": metabase.target.email,
        "METABASE_ADMIN_PASSWORD": "no-es-esta-9",
        "METABASE_DATABASE_HOST": "x",
        "METABASE_DATABASE_NAME": "x",
        "POSTGRES_PASSWORD_METABASE": "x",
        "METABASE_FILES": str(ROOT / "deploy/metabase"),
        "PATH": os.environ["PATH"],
    }
    given = {name: value for name, value in environment.items() if name != missing}
    command = [sys.executable, ROOT / "deploy/bootstrap/metabase.py"]
    ended = subprocess.run(command, env=given, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout) == (status, "")
    assert ended.stderr.startswith(sentence)
    assert ended.stderr.count("\n") == 1
    assert "no-es-esta" not in ended.stderr
