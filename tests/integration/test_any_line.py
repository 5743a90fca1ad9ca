"""Whatever a line of an inbox says, no later stage stops: it is an e-mail or a reject, and the figures are whole."""

from __future__ import annotations

import itertools
import json
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pqr_bronze.schema import RAW_LINES
from pqr_common.manifest.graph import Graph
from pqr_common.manifest.runs import RunRecords
from pqr_common.stage.declaration import Phase, Stage
from pqr_common.stage.discovery import installed_graph, stage_named
from pqr_common.stage.driver import run_stage
from pqr_common.stage.executor import Inline
from pqr_common.stage.values import Output, Task
from pqrs.parameters import Parameters

pytestmark = pytest.mark.integration

FIRST = date(2026, 1, 5)
RUNS = itertools.count(1)
WINDOW = Parameters.create(window_to=FIRST + timedelta(days=2), tickets_per_business_day=1)
MAIL = {
    "schema_version": "1", "message_id": "<a@x>", "in_reply_to": None, "references": [], "direction": "inbound",
    "received_at": "2026-01-05T13:12:33Z", "date": "Mon, 05 Jan 2026 08:12:21 -0500",
    "from": {"name": "Ana", "address": "ana@x.example"}, "to": ["pqrs@alcaldia.test"],
    "subject": "Queja - Aseo y residuos", "body": "Señores:\n\nUna queja.", "auto_submitted": "no", "attachments": [],
}  # fmt: skip
IDS = st.sampled_from(["<a@x>", "<b@x>", "<c@pqrs.test>", "", "a b", "ñ", "<" + "x" * 5_000 + ">"])
NUMBERS = ("0", "-1", "8", "30000", "99999", "99999999999999999999", "ocho", "")
SUBJECTS = (
    "", " ", "Queja", "Queja - Aseo y residuos", "RE: RV: Respuesta de fondo [Radicado 20261010000012]", "Respuesta de fondo",
    "Acuse de recibo [Radicado 20261010000012]", "Acuse de recibo [Radicado pendiente]", "Prórroga del término [Radicado",
    "Anulación de radicado [Radicado 20261010000012]", "Re: Requerimiento para completar la petición", "Traslado por competencia",
    "Requerimiento para completar la petición", "Archivo por desistimiento tácito", "Silencio administrativo positivo",
    "Notificación de acción de tutela", "Avance del trámite", "[Radicado 00000000000000]", "💧" * 2_000,
)  # fmt: skip
BODIES = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40),
    st.sampled_from(NUMBERS).map(lambda number: f"\nPrórroga: {number} días hábiles\n"),
    st.sampled_from(NUMBERS).map(
        lambda number: f"Radicado: {number}\nTipo: {number}\nTema: \nPrioridad: {number}\n\nx"
    ),
    st.just("\nMunicipio: Ninguno (Ninguna Parte)\nCopia a: nadie\nDecisión: ninguna\n"),
)
DATES = (
    "Mon, 05 Jan 2026 08:12:21 -0500",
    "1 Jan 1970 00:00:01 +0000",
    "31 Dec 9999 23:59:59 +0000",
    "1 Jan 2014 00:00 GMT",
)


@st.composite
def lines(draw, day):
    """A mail of the day with hostile values of the right types, or any bytes."""
    if draw(st.integers(0, 9)) == 0:
        return draw(st.binary(max_size=30)).replace(b"\n", b"") + b"\n"
    second = timedelta(seconds=draw(st.integers(0, 86_399)))
    year = draw(st.sampled_from([day.year] * 9 + [1970, 2014, 2036, 9998]))
    midnight = f"{day.replace(year=year)}T05:00:00"
    file = st.fixed_dictionaries(
        {"filename": IDS, "media_type": IDS, "bytes": st.sampled_from([0, 1024, 2**62, 2**63 - 1])}
    )
    mail = MAIL | {
        "message_id": draw(IDS), "in_reply_to": draw(st.none() | IDS), "references": draw(st.lists(IDS, max_size=2)),
        "direction": draw(st.sampled_from(["inbound", "outbound"])), "date": draw(st.sampled_from(DATES)),
        "received_at": f"{date.fromisoformat(midnight[:10])}T{5 + second.seconds // 3600 % 19:02}:{second.seconds // 60 % 60:02}:00Z",
        "subject": draw(st.sampled_from(SUBJECTS)), "body": draw(BODIES), "attachments": draw(st.lists(file, max_size=2)),
        "auto_submitted": draw(st.sampled_from(["no", "auto-replied", "auto-generated", "?"])),
    }  # fmt: skip
    return json.dumps(mail, ensure_ascii=draw(st.booleans())).encode() + b"\n"


@st.composite
def inboxes(draw):
    """The bytes of an object for each day of the window."""
    days = [FIRST + timedelta(days=ahead) for ahead in range(3)]
    return {day: b"".join(draw(st.lists(lines(day), max_size=12))) for day in days}


def delivering(objects: dict[date, bytes]) -> Stage:
    """A stage in the generator's place that lands these bytes."""

    def plan(_inputs):
        return [Task("all")]

    def work(_task, _context):
        for day, data in objects.items():
            rows = data.count(b"\n")
            yield Output("emails", f"{day}/part-00000", lines=data, rows=rows, place=f"day={day}/part-00000")

    phase = Phase("days", plan, work, resumable=False)
    return Stage("generator", "raw", "pqr_common", produces=(RAW_LINES,), phases=(phase,))


@pytest.fixture(scope="module")
def own(platform, tmp_path_factory):
    return platform.in_lake((tmp_path_factory.mktemp("any") / "lake").as_uri())


@settings(deadline=None, max_examples=12, suppress_health_check=list(HealthCheck))
@given(inboxes())
def test_no_line_stops_a_later_stage(own, objects):
    """All the way to Postgres, with every check passed, and every line accounted for."""
    run_id = f"any-{next(RUNS)}"
    stages = [delivering(objects), *(stage_named(name) for name in installed_graph().stages[1:])]
    RunRecords(own.lake, run_id).declare(WINDOW, Graph.of(stage.node for stage in stages))
    manifests = {}
    for stage in stages:
        made = run_stage(stage, run_id, lake=own.lake, settings=own.settings, executor=Inline())
        manifests[made.layer] = made
    rows = sum(manifests["bronze"].dataset(name).rows for name in ("emails", "rejects"))
    assert rows == sum(data.count(b"\n") for data in objects.values())
