"""Where a figure of a run comes from, down to the raw objects. Part of Operación."""

from __future__ import annotations

from typing import Any

import streamlit as st

from pqr_dashboard.charts import lineage
from pqr_dashboard.figures import wording
from pqr_dashboard.figures.operation import FIGURES, LAYERS
from pqr_dashboard.pages.context import Context
from pqr_dashboard.view import widgets
from pqr_dashboard.view.markup import Column

__all__ = ["section"]


def section(context: Context, run_id: str) -> None:
    widgets.section(
        "De la cifra al correo",
        "Cada nodo lleva la huella de su contenido: si cambia un solo byte abajo, cambian todas las de arriba.",
    )
    found = context.fresh.mart("kpi_executive", run_id)
    if found.empty:
        widgets.empty("Esta corrida no tiene cifras publicadas", "El linaje se ve cuando la corrida llega a Postgres.")
        return
    chosen = st.selectbox(
        "Cifra", list(FIGURES), format_func=FIGURES.__getitem__, key="operation-figure", bind="query-params"
    )
    parts = ("operation_datasets", "operation_objects", "operation_lineage")
    datasets, objects, edges = (context.fresh.read(name, run_id=run_id) for name in parts)
    value = _valued(str(chosen), found.iloc[0][chosen])
    drawn = lineage.graph(str(chosen), value, datasets=datasets, edges=edges, objects=objects.to_dict("records"))
    st.graphviz_chart(drawn, width="content")
    st.caption("Lo mismo en la consola:")
    st.code(f"pqr lineage {chosen} {run_id}", language="bash", wrap_lines=True)
    with st.expander(f"Los {wording.count(len(objects))} objetos crudos con su SHA-256"):
        widgets.table(objects, OBJECTS, file="objetos-crudos", caption="Objetos crudos de la corrida")
    with st.expander("Los conjuntos de datos con sus huellas"):
        named = datasets.assign(layer=datasets["layer"].map(LAYERS).fillna(datasets["layer"]))
        widgets.table(named, DATASETS, file="conjuntos", caption="Conjuntos de datos de la corrida")


def _valued(name: str, value: Any) -> str:
    if name == "breach_rate":
        return wording.percent(value)
    return wording.decimal(value) if name == "mean_business_days" else wording.count(value)


DATASETS = (
    Column("layer", "Capa"),
    Column("dataset", "Conjunto"),
    Column("rows", "Filas", wording.count),
    Column("partitions", "Partes", wording.count),
    Column("content_digest", "Huella del contenido"),
    Column("manifest_digest", "Manifiesto"),
)
OBJECTS = (
    Column("path", "Objeto"),
    Column("rows", "Líneas", wording.count),
    Column("bytes", "Tamaño", wording.size),
    Column("sha256", "SHA-256"),
)
