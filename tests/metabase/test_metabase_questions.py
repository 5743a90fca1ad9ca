"""What Metabase shows: every question runs as the read-only role, and its figures are gold's."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

import psycopg
import pytest

from pqr_common.errors import InvalidSettings

FOLDER = Path(__file__).parents[2] / "deploy/metabase"
TITLES = sorted(
    re.search(r'title(?:: | = ")([^"\n]+)', path.read_text(encoding="utf-8"))[1] for path in FOLDER.glob("questions/*")
)
HEADLINES = {
    "Solicitudes recibidas": "received",
    "Incumplimiento de términos": "breach_rate",
    "Solicitudes por responder": "open",
    "Solicitudes vencidas": "overdue",
    "Días hábiles hasta la respuesta": "mean_business_days",
}


@pytest.fixture
def shown(published, metabase):
    """A Metabase that shows a finished run."""
    metabase.bring()
    return metabase


@pytest.fixture
def gold(platform):
    """One value of gold, by a query."""
    with psycopg.connect(platform.dsn) as opened:
        yield lambda query: opened.execute(query).fetchone()[0]


@pytest.mark.integration
def test_every_question_has_an_answer(shown):
    """Native or built, each returns rows for the role that Metabase has."""
    rows = {title: shown.answers(title) for title in TITLES}
    assert [title for title, found in rows.items() if not found] == []


@pytest.mark.integration
def test_headlines_are_those_of_gold(shown, gold):
    """A figure is defined once; Metabase only shows it."""
    for title, column in HEADLINES.items():
        ((value,),) = shown.answers(title)
        assert Decimal(str(value)) == gold(f"select {column} from gold.kpi_executive"), title


@pytest.mark.integration
def test_sums_over_the_parts_are_those_of_gold(shown, gold):
    """What a question breaks down adds up to the whole."""
    received = gold("select received from gold.kpi_executive")
    assert sum(row[1] for row in shown.answers("Llegadas por hora del día")) == received
    assert sum(row[1] for row in shown.answers("Incumplimiento por tema")) == received
    assert sum(row[1] for row in shown.answers("Recibidas, respondidas y pendientes por día")) == received
    by_type = shown.answers("Incumplimiento por tipo de solicitud")
    assert sum(row[2] for row in by_type) == gold("select breached from gold.kpi_executive")
    assert sum(row[3] for row in by_type) == gold("select due from gold.kpi_executive")
    waiting = gold("select sum(tickets) from gold.kpi_backlog_age")
    assert sum(row[1] + row[2] for row in shown.answers("Antigüedad de lo pendiente")) == waiting


@pytest.mark.integration
@pytest.mark.parametrize("text", ["delete from gold.kpi_sla", "create table core.x (a int)", "select * from staging.x"])
def test_the_role_may_only_look(shown, text):
    """Whatever somebody types into a native question."""
    query = {"type": "native", "database": shown.named("database", "PQRS")["id"], "native": {"query": text}}
    body = {"name": "intento", "display": "table", "visualization_settings": {}, "dataset_query": query}
    with shown.api() as api:
        found = api.call("POST", f"/card/{api.call('POST', '/card', body)['id']}/query")
    assert found["status"] == "failed"
    assert "permission denied" in found["error"]


@pytest.mark.integration
def test_metabase_sees_only_the_schemas_it_is_for(shown):
    """Never those of Auth, nor tables on their way in."""
    schemas = {table["schema"] for table in shown.metabase.rows["table"].values()}
    assert {"gold", "core", "meta"} <= schemas <= {"gold", "core", "meta", "archive"}


def test_the_dashboard_shows_every_question_once(modules):
    """In Metabase's grid of 24 columns, and nothing lies on anything else."""
    files = modules[0].read(FOLDER)
    cards = [place.name for place in files.places if not place.heading]
    assert sorted(cards) == sorted(question.file for question in files.questions)
    taken = [
        (row, col)
        for place in files.places
        for row in range(place.row, place.row + place.height)
        for col in range(place.col, place.col + place.width)
    ]
    assert len(taken) == len(set(taken))
    assert max(col for _, col in taken) < 24


def test_titles_are_said_once_and_explained():
    """A person who searches by title finds one question."""
    assert len(TITLES) == len(set(TITLES)) >= 15


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("questions/x.sql", "-- title: X\nselect 1", "a question must have title, description, display, found no desc"),
        ("dashboard.toml", 'title="t"\ndescription="d"\n[[row]]\nheight=1\ncards=[["nada", 3]]', "found nada"),
        (
            "dashboard.toml",
            'title="t"\ndescription="d"\n[[row]]\nheight=1\ncards=[["a", 25]]',
            "24 columns wide at most",
        ),
    ],
)
def test_a_file_that_is_wrong_is_named(modules, tmp_path, name, text, sentence):
    """The mistake is told before anything is sent."""
    (tmp_path / "questions").mkdir()
    board = 'title="t"\ndescription="d"\nrow=[]'
    (tmp_path / "dashboard.toml").write_text(board)
    (tmp_path / name).write_text(text)
    with pytest.raises(InvalidSettings, match=sentence):
        modules[0].read(tmp_path)
