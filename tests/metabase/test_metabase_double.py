"""The double refuses what Metabase's newest source refuses; its docstrings name where that stands."""

from __future__ import annotations

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

pytestmark = pytest.mark.integration
NATIVE = {"query": "select 1", "template-tags": {}}


@pytest.fixture
def api(metabase):
    """A person who is signed in, with a database and a dashboard of one card."""
    metabase.bring(metabase.job.Files((), "Tablero", "Nada", ()))
    with metabase.api() as api:
        yield api


@pytest.fixture
def card(api, metabase):
    """The body of a question that is taken."""
    query = {"type": "native", "database": metabase.named("database", "PQRS")["id"], "native": NATIVE}
    return {"name": "Una", "display": "scalar", "visualization_settings": {}, "dataset_query": query}


def _status(metabase, api, method, path, body=None):
    with pytest.raises(metabase.job.PqrError) as caught:
        api.call(method, path, body)
    return caught.value.status


@pytest.mark.parametrize("key", ["name", "display", "dataset_query", "visualization_settings"])
def test_a_question_needs_its_four_keys(metabase, api, card, key):
    """Each of them missing is 400."""
    assert _status(metabase, api, "POST", "/card", {k: v for k, v in card.items() if k != key}) == 400


def test_keys_it_does_not_know_are_refused(metabase, api, card):
    """Maps are closed: also what it answers itself may not be sent back."""
    number = api.call("POST", "/card", card)["id"]
    assert _status(metabase, api, "POST", "/card", card | {"archived": False}) == 400
    assert _status(metabase, api, "PUT", f"/card/{number}", api.call("GET", f"/card/{number}")) == 400
    board = metabase.named("dashboard", "Tablero")["id"]
    assert _status(metabase, api, "POST", "/dashboard", {"name": "Otro", "dashcards": []}) == 400
    assert _status(metabase, api, "PUT", f"/dashboard/{board}", api.call("GET", f"/dashboard/{board}")) == 400
    database = {"name": "Otra", "engine": "postgres", "details": metabase.connection}
    assert _status(metabase, api, "POST", "/database", database | {"tables": []}) == 400


def test_a_list_of_dashcards_replaces_all(metabase, api, card):
    """Negative ids create, real ids stay, what is missing is gone; what an answer holds may not be sent back."""
    number, board = api.call("POST", "/card", card)["id"], metabase.named("dashboard", "Tablero")["id"]
    new = {"card_id": number, "row": 0, "col": 0, "size_x": 4, "size_y": 3}
    made = api.call("PUT", f"/dashboard/{board}", {"dashcards": [{"id": -1} | new, {"id": -2} | new]})["dashcards"]
    assert len({one["id"] for one in made}) == 2
    left = api.call("PUT", f"/dashboard/{board}", {"dashcards": [{"id": made[0]["id"]} | new]})["dashcards"]
    assert [one["id"] for one in left] == [made[0]["id"]]
    assert _status(metabase, api, "PUT", f"/dashboard/{board}", {"dashcards": left}) == 400
    twice = {"dashcards": [{"id": -1} | new, {"id": -1} | new]}
    assert _status(metabase, api, "PUT", f"/dashboard/{board}", twice) == 400
    unknown = {"dashcards": [{"id": -1} | new | {"card_id": 999}]}
    assert _status(metabase, api, "PUT", f"/dashboard/{board}", unknown) == 404


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/card/999"), ("PUT", "/card/999"), ("GET", "/dashboard/999"), ("POST", "/database/999/sync_schema"),
     ("POST", "/dashboard/1/cards"), ("GET", "/util/none")],
)  # fmt: skip
def test_what_is_not_there_is_404(metabase, api, method, path):
    """Unknown ids, and endpoints that were removed."""
    assert _status(metabase, api, method, path, {}) == 404


def test_queries_name_what_is_there(metabase, api, card):
    """An unknown database is 404; an unknown table, field or clause is no query."""
    there = card["dataset_query"]["database"]
    api.call("POST", f"/database/{there}/sync_schema")
    tables = api.call("GET", f"/database/{there}/metadata")["tables"]
    sums = [["sum", ["field", tables[0]["fields"][0]["id"], None]]]
    for query, status in [
        ({"type": "native", "database": 999, "native": NATIVE}, 404),
        ({"type": "native", "database": there, "native": {}}, 400),
        ({"type": "query", "database": there, "query": {"source-table": 999, "aggregation": [["count"]]}}, 400),
        (
            {"type": "query", "database": there, "query": {"source-table": tables[0]["id"], "aggregation": [["sun"]]}},
            400,
        ),
        (
            {
                "type": "query",
                "database": there,
                "query": {"source-table": tables[0]["id"], "aggregation": sums, "breakout": [["field", 9999, None]]},
            },
            400,
        ),
    ]:
        assert _status(metabase, api, "POST", "/card", card | {"dataset_query": query}) == status


def test_nothing_is_told_without_a_session(metabase, api):
    """But how it is, and whether it is set up; and that only once."""
    with metabase.job.Metabase(metabase.url, ()) as stranger:
        assert stranger.call("GET", "/session/properties") == {"has-user-setup": True, "setup-token": None}
        assert _status(metabase, stranger, "GET", "/card/1") == 401
        setup = {"token": "x", "user": {"email": "a@b", "password": "123456a"}, "prefs": {"site_name": "s"}}
        assert _status(metabase, stranger, "POST", "/setup", setup) == 400
        assert _status(metabase, stranger, "POST", "/session", {"username": "a@b", "password": "no"}) == 401


def test_passwords_of_databases_are_masked(metabase, api):
    """In every answer."""
    (found,) = api.call("GET", "/database")["data"]
    assert found["details"]["password"] == "**MetabasePass**"


def test_set_up_ignores_what_it_ignores(started):
    """A database in the body of the set-up makes none; the session it answers is one."""
    fresh = started()
    with fresh.job.Metabase(fresh.url, ()) as api:
        token = api.call("GET", "/session/properties")["setup-token"]
        user = {"email": "a@b.example", "password": "clave-larga-1"}
        prefs = {"site_name": "s", "allow_tracking": True}
        assert api.call("POST", "/setup", {"token": token, "user": user, "prefs": prefs, "database": {"x": 1}})["id"]
    assert fresh.count()["database"] == 0


def test_the_stand_in_keeps_what_it_knows(modules, platform, metabase):
    """Started again on its database, it is set up as it was; a real Metabase is too."""
    metabase.bring(metabase.job.Files((), "Tablero", "Nada", ()))
    given = conninfo_to_dict(platform.dsn)
    names = {"HOST": given["host"], "PORT": "5432", "DBNAME": given["dbname"], "USER": "postgres", "PASS": ""}
    double = modules[1]
    kept = double.Kept({f"MB_DB_{name}": value for name, value in names.items()})
    kept.save(metabase.metabase.state())
    again = double.Metabase()
    again.restore(kept.load())
    kept.close()
    assert (again.rows, again.token, again.sessions) == (
        metabase.metabase.rows,
        metabase.metabase.token,
        metabase.metabase.sessions,
    )
    assert next(again.numbers) > max(number for rows in again.rows.values() for number in rows)
    with psycopg.connect(platform.dsn, autocommit=True) as opened:
        opened.execute("drop table standin")
