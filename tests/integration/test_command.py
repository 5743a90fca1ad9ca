"""The `pqr` command as a person and as a machine meet it: bad input, quiet, JSON, colour, help."""

from __future__ import annotations

import base64
import html
import json
import os
import pty
import re
import subprocess
import sys
import tomllib
from datetime import date
from importlib.metadata import version
from pathlib import Path

import click
import pytest

from pqr_common.manifest.runs import run_ids
from pqr_common.stage.discovery import declare, installed_graph
from pqr_dashboard.live import LiveSettings
from pqr_pipeline.command import actions, cli
from pqr_pipeline.command.main import main
from pqr_pipeline.command.screen import Screen

GRAPH = installed_graph()
ROOT = Path(__file__).parents[2]


@pytest.fixture
def pqr(monkeypatch, capsys, tmp_path):
    """Run the command in this process in an empty home; gives exit code, stdout, stderr."""
    monkeypatch.setenv("PQR_HOME", str(tmp_path / "home"))

    def call(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["pqr", *arguments])
        capsys.readouterr()  # what fixtures said
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capsys.readouterr()
        return int(ended.value.code or 0), out, err

    return call


BAD = {
    "breach rate too high": (["run", "--breach-rate", "0.13"], 2, r"\[0.07, 0.12\].*0.13"),
    "breach rate too low": (["run", "--breach-rate", "0.0699"], 2, r"\[0.07, 0.12\].*0.0699"),
    "breach rate no number": (["run", "--breach-rate", "many"], 2, r"many"),
    "inverted window": (["run", "--from", "2026-02-02", "--to", "2026-02-01"], 2, r"2026-02-01"),
    "before the inbox opens": (["run", "--from", "2025-06-30"], 2, r"2025-07-01.*2025-06-30"),
    "no day": (["run", "--to", "2026-02-30"], 2, r"--to.*2026-02-30"),
    "unknown scenario": (["run", "--scenario", "marte"], 2, r"alcaldia.*marte"),
    "no scenario file": (["run", "--scenario", "/nowhere/x.toml"], 2, r"/nowhere/x.toml"),
    "volume overflows": (["run", "--volume", "1000000"], 2, r"999,?999|1,?000,?000"),
    "volume too small": (["run", "--volume", "0"], 2, r"\b0\b"),
    "negative seed": (["run", "--seed", "-1"], 2, r"-1"),
    "no workers": (["run", "--workers", "0"], 2, r"'--workers'.*0.*pqr run --help"),
    "unsafe run id": (["run", "--run-id", "../x"], 2, r"\.\./x"),
    "unknown option": (["run", "--bogus"], 2, r"--bogus.*pqr run --help"),
    "unknown command": (["fly"], 2, r"fly"),
    "no run id": (["show"], 2, r"RUN_ID.*pqr show --help"),
    **{
        f"unknown run: {name}": ([name, "nope"], 2, r"nope.*pqr runs")
        for name in ("show", "retry", "verify", "publish", "remove", "backfill")
    },
    "unknown run: diff": (["diff", "nope", "nope"], 2, r"nope.*pqr runs"),
    "nothing kept": (["prune", "--keep", "0"], 2, r"--keep.*0"),
    "unknown run: stage": (["stage", "bronze", "nope"], 2, r"nope.*pqr runs"),
    "unknown run: lineage": (["lineage", "breach_rate", "nope"], 2, r"nope.*pqr runs"),
    "unknown run: explain": (["explain", "breach_rate", "nope"], 2, r"nope.*pqr runs"),
    "unknown run: trace": (["trace", "20260010000012", "nope"], 2, r"nope.*pqr runs"),
    "no run to explain": (["explain", "breach_rate"], 2, r"latest.*pqr run"),
    "no page": (["explain", "breach_rate", "nope", "--page", "0"], 2, r"--page.*0"),
    "unknown stage": (["stage", "platinum", "nope"], 2, r"generator.*platinum"),
}


@pytest.mark.parametrize(("arguments", "code", "said"), BAD.values(), ids=BAD)
def test_bad_input_is_one_sentence_and_a_code_and_writes_nothing(pqr, tmp_path, arguments, code, said):
    """What must be, what was found, what to do; no traceback, nothing half-written."""
    ended, out, err = pqr(*arguments)
    assert ended == code
    assert out == ""
    assert len(err.strip().splitlines()) == 1
    assert re.search(said, err)
    assert not [path for path in (tmp_path / "home").rglob("*") if path.is_file()]


@pytest.mark.parametrize("name", ["no workers", "breach rate too high", "unknown run: show", "no run id"])
def test_bad_input_under_json_is_one_object_on_stderr(pqr, name):
    """Whoever found it bad: the sentence with its code, and apart from it what to do."""
    arguments, code, said = BAD[name]
    ended, out, err = pqr(*arguments, "--json")
    told = json.loads(err)
    assert (ended, out, told["exit_code"]) == (code, "", code)
    assert re.search(said, told["error"])
    assert told["error"].endswith(f": {told['mend']}")


def test_an_unknown_key_in_a_scenario_is_named(pqr, tmp_path):
    """The sentence names the key and the file."""
    path = tmp_path / "own.toml"
    path.write_text('name = "own"\nsurprise = 1\n', encoding="utf-8")
    ended, _, err = pqr("run", "--scenario", str(path))
    assert ended == 2
    assert "surprise" in err
    assert "own.toml" in err


def test_an_unwritable_lake_is_a_setting_to_mend(pqr, tmp_path, monkeypatch):
    """A lake below a file cannot be; the sentence names the setting."""
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("PQR_LAKE_URL", (tmp_path / "file" / "lake").as_uri())
    ended, _, err = pqr("run")
    assert ended == 2
    assert "PQR_LAKE_URL" in err


def test_a_home_that_is_a_file_is_a_setting_to_mend(pqr, tmp_path, monkeypatch):
    """The sentence names the setting."""
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("PQR_HOME", str(tmp_path / "file"))
    ended, _, err = pqr("run")
    assert ended == 2
    assert "PQR_" in err
    assert len(err.strip().splitlines()) == 1


def test_a_wrong_environment_names_key_and_value(pqr, monkeypatch):
    """Settings are typed when they are read."""
    monkeypatch.setenv("PQR_WORKERS", "many")
    ended, _, err = pqr("runs")
    assert ended == 2
    assert "PQR_WORKERS" in err
    assert "many" in err


def test_an_empty_lake_lists_no_runs(pqr, tmp_path):
    """But says where it looked; JSON is one value; quiet is nothing."""
    looked = (tmp_path / "home" / "lake").as_uri()
    assert pqr("runs") == (0, f"No run yet in {looked}: start with `pqr run`.\n", "")
    assert pqr("runs", "--json") == (0, "[]\n", "")
    assert pqr("runs", "--quiet") == (0, "", "")


@pytest.mark.parametrize("arguments", [["runs"], ["run"], ["doctor"], ["psql"]], ids=" ".join)
def test_a_stack_that_nobody_brought_up_is_refused(pqr, tmp_path, monkeypatch, arguments):
    """Nothing embedded is taken for it; the sentence says where its settings were looked for."""
    monkeypatch.chdir(tmp_path)
    code, out, err = pqr("--stack", *arguments)
    assert (code, out, len(err.splitlines())) == (2, "", 1)
    assert f"{tmp_path}/.env: bring a stack up with `make up`" in err
    assert not (tmp_path / "home").exists()


def test_the_settings_of_a_stack_are_found_from_any_folder_of_the_checkout(pqr, tmp_path, monkeypatch):
    """Its .env lies at the root."""
    (tmp_path / "docs").mkdir()
    (tmp_path / "uv.lock").touch()
    (tmp_path / ".env").write_text(f"PQR_API_URL=http://127.0.0.1:9/api\nPQR_LAKE_URL={tmp_path.as_uri()}/its\n")
    monkeypatch.chdir(tmp_path / "docs")
    assert f"{tmp_path.as_uri()}/its" in pqr("--stack", "runs")[1]


def test_the_version_is_that_of_the_package(pqr):
    """One line."""
    assert pqr("--version") == (0, f"pqr {version('pqr-pipeline')}\n", "")


def test_the_shown_run_is_marked_and_the_latest_is_first(in_finished_lake):
    """And any command takes `latest` for it."""
    _, out, _ = in_finished_lake("runs", "--json")
    first, *_ = found = json.loads(out)
    assert [run["begun_at"] for run in found] == sorted((run["begun_at"] for run in found), reverse=True)
    assert json.loads(in_finished_lake("show", "latest", "--json")[1])["run_id"] == first["run_id"]
    assert [run["run_id"] for run in found if run["is_shown"]]


def test_every_command_takes_json_and_quiet():
    """Machines and scripts can use all of them; psql passes everything on."""
    groups = [cli.app, *(each for each in cli.app.commands.values() if isinstance(each, click.Group))]
    for name, command in (item for group in groups for item in group.commands.items()):
        if name != "psql" and command not in groups:
            assert {"is_json", "is_quiet"} <= {param.name for param in command.params}, name


@pytest.fixture
def in_finished_lake(pqr, platform, finished, monkeypatch):
    """The command on the lake of a finished run."""
    monkeypatch.setenv("PQR_LAKE_URL", platform.settings.lake_url)
    return pqr


@pytest.mark.integration
def test_show_tells_the_whole_run(in_finished_lake, finished):
    """The JSON holds what the manifests hold; the tables hold the headline."""
    code, out, _ = in_finished_lake("show", "january", "--json")
    shown = json.loads(out)
    assert code == 0
    assert shown["manifests"] == {layer: manifest.digest for layer, manifest in finished.items()}
    assert {attempt["stage"] for attempt in shown["attempts"]} == set(GRAPH.stages)
    code, out, _ = in_finished_lake("show", "january")
    assert f"{shown['headline']['received']:,}" in out


@pytest.mark.integration
def test_no_color_is_honoured(in_finished_lake, monkeypatch):
    """No escape sequence in any output, even if a terminal is claimed."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("NO_COLOR", "1")
    _, out, _ = in_finished_lake("show", "january")
    assert not re.search(r"\x1b\[[0-9;]*3[0-9]", out)


@pytest.mark.integration
@pytest.mark.parametrize("kpi", ["breach_rate", "kpi_sla", "kpi_sla.breach_rate", "report_access_to_information"])
def test_lineage_goes_down_to_every_raw_object(in_finished_lake, finished, kpi):
    """From a figure to the raw objects with their hashes, layer by layer."""
    code, out, _ = in_finished_lake("lineage", kpi, "january", "--json")
    figure = json.loads(out)
    assert code == 0
    assert [layer["layer"] for layer in figure["layers"]] == ["gold", "silver", "bronze", "raw"]
    raw = {part.path: part.sha256 for part in finished["raw"].dataset("emails").partitions}
    assert {item["path"]: item["sha256"] for item in figure["layers"][-1]["objects"]} == raw


@pytest.mark.integration
def test_lineage_is_a_summary_that_fits_a_screen(in_finished_lake, monkeypatch):
    """80 x 24, a line a layer with its days folded; `--full` names every object."""
    monkeypatch.setenv("COLUMNS", "80")
    for kpi in ("breach_rate", "kpi_sla.breach_rate", "kpi_daily"):
        lines = in_finished_lake("lineage", kpi, "january")[1].splitlines()
        assert len(lines) < 24
        assert max(map(len, lines)) <= 80
        assert [line.split()[-1] for line in lines if "emails" in line] == ["2026-01-01…2026-01-31"] * 2
    assert "part-00000" in in_finished_lake("lineage", "breach_rate", "january", "--full")[1]


@pytest.mark.integration
def test_explain_shows_a_cell_down_to_its_mails(in_finished_lake):
    """Value, recount, sentence, SQL, tickets, mails with object and line; pages are told, JSON has all of it."""
    code, out, _ = in_finished_lake("explain", "breach_rate", "january", "--size", "2")
    assert code == 0
    for said in (
        "equal",
        "divided by",
        "where is_counted",
        "page 1 of",
        "line ",
        "raw/emails/day=",
        "gold/kpi_executive",
    ):
        assert said in out
    cell = (
        "kpi_daily.received",
        "january",
        "--where",
        "day=2026-01-13",
        "--where",
        "pqrs_type=QUEJA",
        "--size",
        "99",
        "--json",
    )
    found = json.loads(in_finished_lake("explain", *cell)[1])
    assert found["is_equal"] is True
    assert found["total"] == found["value"] == len(found["tickets"])
    assert found["parameters"] == {"day": "2026-01-13", "pqrs_type": "QUEJA"}
    code, _, err = in_finished_lake("explain", "kpi_daily.received", "january")
    assert (code, len(err.strip().splitlines())) == (2, 1)
    assert "--where day=" in err


@pytest.mark.integration
def test_explain_without_a_column_tells_all_of_a_mart(in_finished_lake):
    """Each with its sentence; the values where one row is meant."""
    out = in_finished_lake("explain", "kpi_sla", "january")[1]
    assert "Whether the month is over" in out
    assert "breach_rate = 0." in in_finished_lake("explain", "kpi_executive", "january")[1]


@pytest.mark.integration
def test_trace_tells_the_life_of_a_mail(in_finished_lake, finished, platform):
    """Five steps on the screen, the raw text among them; the exact bytes in the JSON."""
    listed = json.loads(in_finished_lake("explain", "reopened", "january", "--json", "--size", "1")[1])["tickets"][0]
    code, out, _ = in_finished_lake("trace", listed["radicado"], "january")
    assert code == 0
    for said in ("1 Raw", "2 Bronze", "3 Silver", "4 Ticket", "Clock", "5 Figures", "Postgres", "by law to"):
        assert said in out
    mail = listed["emails"][0]
    found = json.loads(in_finished_lake("trace", mail["message_id"], "january", "--json")[1])
    line = platform.lake.get(mail["object"]).splitlines(keepends=True)[mail["line"]]
    assert base64.b64decode(found["mails"][0]["raw_base64"]) == line
    assert found["mails"][0]["raw_text"].encode() + b"\n" == line
    assert line.decode().rstrip("\n") in out
    code, _, err = in_finished_lake("trace", "20990000000002", "january")
    assert (code, len(err.strip().splitlines())) == (2, 1)


@pytest.mark.integration
def test_a_trace_without_postgres_tells_what_the_lake_holds(in_finished_lake, monkeypatch, tmp_path):
    """A line says what could not be read, on the page too; the code is that of a Postgres that is away."""
    listed = json.loads(in_finished_lake("explain", "reopened", "january", "--json", "--size", "1")[1])["tickets"][0]
    monkeypatch.setenv("PQR_POSTGRES_DSN", "postgresql://nobody@127.0.0.1:9/none?connect_timeout=2")
    page = tmp_path / "page.html"
    code, out, err = in_finished_lake("trace", listed["radicado"], "january", "--html", str(page))
    assert code == 5
    for text in (out, html.unescape(page.read_text(encoding="utf-8"))):
        assert "4 Ticket" in text
        assert "5 Figures" in text
        assert "Postgres could not be read" in text
    assert re.search(r"^Postgres must answer.*127.0.0.1", err)
    code, out, err = in_finished_lake("trace", listed["radicado"], "january", "--json")
    found = json.loads(out)
    assert (code, found["rows"], found["unread"]) == (5, None, json.loads(err)["error"])
    assert found["mails"]


@pytest.mark.integration
def test_both_can_be_written_as_a_page(in_finished_lake, tmp_path):
    """One file that asks for nothing else: figure, definition, tickets, mails, whole hashes, manifests; raw text."""
    page = tmp_path / "page.html"
    assert in_finished_lake("explain", "reopened", "january", "--size", "1", "--html", str(page))[0] == 0
    found = json.loads(in_finished_lake("explain", "reopened", "january", "--json", "--size", "1")[1])
    text = page.read_text(encoding="utf-8")
    mail = found["tickets"][0]["emails"][0]
    digests = [layer["digest"] for layer in found["layers"]]
    for said in (found["says"], "where is_counted", html.escape(mail["message_id"]), mail["sha256"], *digests):
        assert said in text
    assert "src=" not in text
    assert "http" not in text
    assert in_finished_lake("trace", mail["message_id"], "january", "--html", str(page))[0] == 0
    raw = json.loads(in_finished_lake("trace", mail["message_id"], "january", "--json")[1])["mails"][0]["raw_text"]
    assert html.escape(raw) in page.read_text(encoding="utf-8")
    for command in (["explain", "reopened"], ["trace", mail["message_id"]]):
        code, _, err = in_finished_lake(*command, "january", "--html", str(tmp_path / "no" / "page.html"))
        assert (code, len(err.strip().splitlines())) == (2, 1)
        assert "--html" in err


def test_what_others_wrote_does_not_command_the_terminal(capsys):
    """A mail may hold anything: control characters are shown as numbers, and neither markup nor emoji is read."""
    Screen(is_json=False, is_quiet=False).verbatim(["\x1b[2J[bold]hola[/bold] :smile:\tñ"])
    assert capsys.readouterr().out == "\\x1b[2J[bold]hola[/bold] :smile:\tñ\n"


@pytest.mark.integration
def test_a_backfill_asks_for_the_days_that_a_run_lacks(in_finished_lake, finished, january, monkeypatch):
    """Of the same inbox, from the earlier first day to the later last one; what is there already is nothing to do."""
    asked = []
    monkeypatch.setattr(actions, "run_and_show", lambda run_id, parameters, **_: asked.append((run_id, parameters)))
    ended, out, _ = in_finished_lake("backfill", "january", "--from", "2026-01-10", "--to", "2026-01-20")
    assert (ended, "nothing was done" in out, asked) == (0, True, [])
    assert in_finished_lake("backfill", "january", "--to", "2026-02-06")[0] == 0
    ((run_id, parameters),) = asked
    assert (parameters.window, run_id) == ((date(2026, 1, 1), date(2026, 2, 6)), parameters.run_id)
    assert parameters.continues(january)


def _numbers(text: str) -> set[str]:
    """Numbers and days that stand alone; ages pass while one looks."""
    return set(re.findall(r"(?<![\w.,:…/-])\d[\d,.:-]*(?![\w…/-])(?! min)", text))


@pytest.mark.integration
@pytest.mark.parametrize(
    "arguments",
    [
        ["runs"],
        ["show", "january"],
        ["lineage", "kpi_daily.received", "january", "--full"],
        ["lineage", "kpi_daily", "january"],
        ["fit", "january"],
        ["benchmark", "classify", "january"],
    ],
    ids=" ".join,
)
def test_no_number_is_broken_on_a_narrow_terminal(aside, monkeypatch, arguments):
    """At 60 columns, as tests/docs does for `diff`: what stands in a wide one stands in it, and nothing is wider."""
    monkeypatch.setenv("COLUMNS", "400")
    code, wide, _ = aside(*arguments)
    assert code == 0
    monkeypatch.setenv("COLUMNS", "60")
    narrow = aside(*arguments)[1]
    assert _numbers(wide) <= _numbers(narrow)
    prose = set(wide.splitlines())  # which a terminal breaks, and a pipe does not
    assert max(len(line) for line in narrow.splitlines() if line not in prose) <= 60


@pytest.fixture
def aside(in_finished_lake, platform, published, january, monkeypatch):
    """The command where `january` is shown, and a run lies beside it that nobody began."""
    monkeypatch.setenv("PQR_POSTGRES_DSN", platform.dsn)
    declare(platform.lake, "aside", january)
    yield in_finished_lake
    for key in platform.lake.keys("manifests/aside"):
        platform.lake.delete(key)


@pytest.mark.integration
@pytest.mark.parametrize(("answer", "is_gone"), [("y", True), ("n", False), ("", False)])
def test_a_run_is_removed_when_somebody_says_yes(aside, platform, monkeypatch, answer, is_gone):
    """At a terminal; to say nothing is to say no."""
    person, terminal = pty.openpty()
    monkeypatch.setattr("sys.stdin", os.fdopen(terminal))
    os.write(person, f"{answer}\n".encode())
    code, out, err = aside("remove", "aside")
    os.close(person)
    assert (code, err) == (0, "Remove run aside? [y/N]: ")
    assert out.startswith("Removed run aside" if is_gone else "Run aside was not removed")
    assert ("aside" in run_ids(platform.lake)) is not is_gone


@pytest.mark.integration
def test_nobody_to_ask_is_no_yes(aside, platform, monkeypatch):
    """A script says --yes; the shown run is refused before anybody is asked."""
    others = [run_id for run_id in run_ids(platform.lake) if run_id != "aside"]
    with Path(os.devnull).open() as nobody:
        monkeypatch.setattr("sys.stdin", nobody)
        code, out, err = aside("remove", "aside")
        assert (code, out) == (2, "")
        assert "somebody must say yes" in err
        assert err.endswith(": add --yes.\n")
        code, _, err = aside("remove", "january")
        assert (code, "while Postgres shows it, found january" in err) == (2, True)
        assert aside("remove", "aside", "--yes")[0] == 0
    assert "january" in others
    assert run_ids(platform.lake) == others


def test_an_unknown_figure_is_answered_with_those_there_are(in_finished_lake):
    """The sentence lists columns and marts."""
    code, _, err = in_finished_lake("lineage", "happiness", "january")
    assert code == 2
    assert "breach_rate" in err
    assert "kpi_sla" in err


@pytest.mark.integration
def test_runs_lists_the_run_with_its_state(in_finished_lake):
    """State, window and counts come from the manifests."""
    _, out, _ = in_finished_lake("runs", "--json")
    found = {run["run_id"]: run for run in json.loads(out)}
    assert found["january"]["state"] == "completed"
    assert found["january"]["layers"] == ["raw", "bronze", "silver", "gold", "load"]


def test_the_example_environment_lists_every_setting():
    """`.env.example` names each setting once and nothing else."""
    text = (ROOT / ".env.example").read_text(encoding="utf-8")
    named = re.findall(r"^(PQR_\w+)=", text, flags=re.MULTILINE)
    assert sorted(named) == sorted(f"PQR_{name.upper()}" for name in LiveSettings.model_fields)


def test_the_docs_name_every_service_and_no_target_that_is_not():
    """A room for each stage; what is said to `make` is in the Makefile. Commands: tests/docs."""
    rooms = (ROOT / "docs/rooms.md").read_text(encoding="utf-8")
    for name in installed_graph().stages:
        assert f"services/{name}" in rooms
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    told = "\n".join(page.read_text(encoding="utf-8") for page in (ROOT / "README.md", *(ROOT / "docs").rglob("*.md")))
    for target in set(re.findall(r"(?:^|`|&& )make ([a-z-]+)", told, flags=re.MULTILINE)):
        assert re.search(rf"^{target}:", makefile, flags=re.MULTILINE), target


def test_the_lock_holds_no_address():
    """A lock that names an index works only where that index is."""
    assert "https://" not in (ROOT / "uv.lock").read_text(encoding="utf-8")
    assert "http://" not in (ROOT / "uv.lock").read_text(encoding="utf-8")
    assert tomllib.loads((ROOT / "uv.lock").read_text(encoding="utf-8"))["package"]


def test_the_lock_is_of_these_members():
    """A changed dependency needs `make lock`; this tells without asking an index."""
    uv = Path(sys.executable).parent / "uv"
    if not (ROOT / "wheelhouse").exists() or not uv.exists():
        pytest.skip("the environment was not made by `make setup`, so there is no wheelhouse/ to check against")
    checked = subprocess.run(
        [uv, "lock", "--check", "--offline"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stderr
