"""The report as one page of Markdown, beside it its pictures."""

from __future__ import annotations

from pathlib import Path

from pqr_pipeline.fit.figures import Figures, Statistic, statistics
from pqr_pipeline.fit.pictures import PICTURES, drawn
from pqrs.parameters import Parameters

__all__ = ["PAGE", "write"]

PAGE, FOLDER = "fit.md", "fit"
PREFACE = """\
Written by `pqr fit RUN`. Beside each statistic of the run stands what is published of real inboxes, and whose it is.
Where no source is known it says *assumption*, with the band that is assumed if there is one; what lies outside its
band is bold. Days are business days. What came before the window is read too, so desks begin with what waited then."""


def write(out: Path, parameters: Parameters, figures: Figures) -> Path:
    """Put the page and its pictures into a folder, over those of another run; gives the page's path."""
    (out / FOLDER).mkdir(parents=True, exist_ok=True)
    for name, picture in drawn(figures.series).items():
        (out / FOLDER / f"{name}.svg").write_text(picture, encoding="utf-8")
    (out / PAGE).write_text(_page(parameters, figures), encoding="utf-8")
    return out / PAGE


def _page(parameters: Parameters, figures: Figures) -> str:
    first, last = parameters.window
    asked = (
        f"Scenario {parameters.scenario.name}, seed {parameters.seed}, {first} to {last}, "
        f"{parameters.tickets_per_business_day} tickets a business day, breach rate {parameters.breach_rate}."
    )
    said = ["# How real the inbox is", asked, PREFACE]
    known = statistics()
    for section in dict.fromkeys(each.section for each in known):
        rows = [_row(each, figures.values.get(each.name)) for each in known if each.section == section]
        table = ["| statistic | this run | published | source |", "|---|---:|---|---|", *rows]
        pictures = [f"![{name}]({FOLDER}/{name}.svg)" for name, (where, *_) in PICTURES.items() if where == section]
        said += [f"## {section}", "\n".join(table), *pictures]
    return "\n\n".join(said) + "\n"


def _row(each: Statistic, value: float | None) -> str:
    found, band = "no data" if value is None else format(value, each.form), ""
    if each.low is not None and each.high is not None:
        band = f": {each.low:{each.form}} to {each.high:{each.form}}"
        found = found if value is None or each.low <= value <= each.high else f"**{found}**"
    return f"| {each.words} | {found} | {each.published or '—'} | {each.source or 'assumption' + band} |"
