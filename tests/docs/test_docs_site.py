"""The site builds without a network and with every link in place, and its reference names all that there is."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from html import unescape
from pathlib import Path

import pytest

from pqr_common.stage.discovery import installed_stages
from pqr_gold.marts import MARTS
from pqr_pipeline.command import cli

ROOT = Path(__file__).parents[2]
LOADS = re.compile(
    r"<(?:script|img|iframe)[^>]*\ssrc=\"?(https?:[^\s\">]+)|<link[^>]*stylesheet[^>]*href=\"?(https?:[^\s\">]+)"
)


def build(folder: Path, config: Path = ROOT / "mkdocs.yml") -> subprocess.CompletedProcess[str]:
    """The site in a folder of its own, as `make docs` builds it."""
    return subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--config-file", config, "--site-dir", folder],
        cwd=ROOT,
        env=os.environ | {"NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Built once; a link or an anchor that leads nowhere, or a page that the menu does not have, fails it."""
    folder = tmp_path_factory.mktemp("site")
    built = build(folder)
    assert built.returncode == 0, built.stderr
    return folder


@pytest.fixture(scope="module")
def text(site):
    """What a page of the reference says, as text."""

    def said(name: str) -> str:
        page = (site / "reference" / f"{name}.html").read_text(encoding="utf-8")
        article = page.partition("<article")[2].partition("</article>")[0]
        return unescape(re.sub(r"<[^>]+>", "", article))

    return said


def test_a_link_that_leads_nowhere_fails_the_build(tmp_path):
    """By the settings of our site."""
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/index.md").write_text("# Page\n\n[no file](none.md) and [no heading](#none)\n")
    config = tmp_path / "mkdocs.yml"
    config.write_text(f"INHERIT: {ROOT}/mkdocs.yml\ndocs_dir: {tmp_path}/docs\nhooks: []\nnav: [index.md]\n")
    built = build(tmp_path / "site", config)
    assert built.returncode != 0
    assert "none.md" in built.stderr
    assert "#none" in built.stderr


def test_no_page_asks_the_network_for_anything(site):
    """Scripts, pictures and styles are beside the pages."""
    for page in site.rglob("*.html"):
        assert LOADS.findall(page.read_text(encoding="utf-8")) == [], page
    assert (site / "repository/libs/pqrs/src/pqrs/data/sla_policies.csv").is_file()
    assert not [path for path in site.rglob("*.html") if "from the code:" in path.read_text(encoding="utf-8")]


def test_the_search_finds_what_generated_pages_say(site):
    index = (site / "search/search_index.json").read_text(encoding="utf-8")
    assert "PQR_REAP_AFTER_SECONDS" in index
    assert "pqr backfill" in index


@pytest.mark.parametrize("path", sorted(cli.app.commands))
def test_every_command_is_there_with_its_options(text, path):
    command = cli.app.commands[path]
    said = text("command")
    assert f"pqr {path}" in said
    for each in getattr(command, "commands", {"": command}).values():
        assert " ".join(each.help.replace("`", "").split()) in " ".join(said.split())
        for option in each.params:
            if option.param_type_name == "option":
                assert max(option.opts, key=len) in said


def test_every_setting_of_the_example_is_there_with_its_meaning(text):
    """What `.env.example` lists, which another test holds to the code."""
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    said = text("settings")
    for name in re.findall(r"^(PQR_\w+)=", example, flags=re.MULTILINE):
        assert re.search(rf"\n{name}\n.*\n[^\n]{{10,}}\n", said), name


def test_every_metric_that_is_watched_is_there(text):
    """Alerts and panels ask for these by name."""
    asked = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "deploy").rglob("*.json"))
    asked += "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "deploy/prometheus").rglob("*.yml"))
    declared = set(re.findall(r"\n(pqr_\w+)\n", text("metrics")))
    used = {re.sub(r"_(bucket|sum|count)$", "", name) for name in re.findall(r"\bpqr_\w+", asked)}
    assert len(declared) > 10
    assert declared >= {name for name in used if name.startswith(("pqr_stage", "pqr_rows"))}
    assert declared - used <= {"pqr_bytes_total"}


def test_every_column_has_a_meaning():
    """Those of datasets that others read, each in one place; and no meaning is of a column that is not."""
    told = tomllib.loads((ROOT / "docs/reference/columns.toml").read_text(encoding="utf-8"))
    there = {
        f"{stage.writes}/{contract.dataset}": contract.schema.names
        for stage in installed_stages().values()
        for contract in stage.produces
        if not contract.is_private and stage.writes != "gold"
    }
    everywhere = told.pop("everywhere")
    assert {name: sorted(set(columns) - set(there[name])) for name, columns in told.items()} == {
        name: [] for name in told
    }
    for name, columns in there.items():
        assert [column for column in columns if not told.get(name, {}).get(column, everywhere.get(column))] == [], name


def test_every_figure_is_there(text):
    said = " ".join(text("figures").split())
    for mart in MARTS.values():
        assert f"One row is {mart.contract.grain}." in said
        for column in mart.contract.schema.names:
            assert " ".join(mart.definitions[column].says.split()) in said, (mart.name, column)


def test_every_dataset_is_in_the_dictionary(text):
    said = text("data")
    for stage in installed_stages().values():
        for contract in stage.produces:
            assert (f"{stage.writes}/{contract.dataset}" in said) is not contract.is_private
