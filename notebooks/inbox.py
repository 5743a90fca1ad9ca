"""The lake of a finished run, read by its manifests: questions, one request followed, one mart made again."""

import marimo

__generated_with = "0.25.2"
app = marimo.App(width="medium", app_title="The lake of a run")

with app.setup:
    import json
    from collections.abc import Iterable

    import altair as alt
    import marimo as mo
    import pyarrow as pa

    from pqr_common import (
        Dataset,
        Lake,
        RunRecords,
        Settings,
        content_digest,
        net,
        open_lake,
        parquet_table,
        query,
        sha256_hex,
    )
    from pqr_common.manifest.runs import run_ids
    from pqr_pipeline.audit.trace import traced
    from pqr_pipeline.flow.live import last_loaded
    from pqrs.calendar import TIMEZONE
    from pqrs.parameters import Parameters
    from pqrs.terms import THREAD_DAYS
    from pqrs.wording import REQUEST_SUBJECTS

    BLUE, RED, GREY, PALE = "#2f6f9f", "#c0392b", "#8a8f98", "#e4e7eb"


@app.cell(hide_code=True)
def _():
    mo.md("""
    # The lake of a run

    Citizens of Colombia may send *peticiones, quejas, reclamos, sugerencias* and *denuncias* (petitions, complaints,
    claims, proposals and reports of offences, together **PQRS**) to any public entity, and the entity must answer each
    within a legal *término* (term), counted in business days. This platform simulates the inbox of such an entity and
    refines it in layers: **raw** (the e-mails as they came), **bronze** (typed lines), **silver** (requests with their
    threads and legal clocks) and **gold** (figures).

    This notebook reads a finished run as any program may: from the lake, without Postgres and without a server. It is a
    Python file in which each cell is a function. When you change a cell, marimo runs the cells that depend on it again.
    """)
    return


@app.cell
def _():
    lake = open_lake(Settings.read().lake)  # PQR_HOME or PQR_LAKE_URL say where; a folder or a bucket
    finished = [name for name in run_ids(lake) if RunRecords(lake, name).manifest("gold")]
    mo.stop(not finished, mo.md(f"There must be a run with figures, found none in {lake.url}: start with `pqr run`."))
    shown = last_loaded(lake)  # the one that Postgres shows
    run = mo.ui.dropdown(finished, value=shown if shown in finished else finished[-1], label="Run")
    run
    return finished, lake, run


@app.cell(hide_code=True)
def _():
    mo.md("""
    ## 1. A run is its manifests

    Each stage of a run ends by putting one small JSON file, its **manifest**. It names every object that the stage
    made, with its SHA-256, and the digests of the manifests that the stage read. So the manifests form a chain: if
    one byte of the raw mail were another, its manifest would have another digest, and those of all layers above would
    too.

    Nobody lists a folder to find data. Half-written objects, and those of another run, may lie beside the ones we read;
    no manifest of this run names them, so for this run they do not exist.
    """)
    return


@app.cell
def _(lake, run):
    records = RunRecords(lake, run.value)
    parameters = Parameters.of(records.parameters())
    manifests = records.manifests()
    chain = [
        {
            "layer": layer,
            "datasets": len(manifest.datasets),
            "rows": sum(dataset.rows for dataset in manifest.datasets),
            "objects": len(manifest.partitions),
            "digest": manifest.digest[:8],
            "made_from": ", ".join(f"{source.manifest} {source.digest[:8]}" for source in manifest.inputs),
            "is_there": all(manifests[source.manifest].digest == source.digest for source in manifest.inputs),
        }
        for layer, manifest in manifests.items()
    ]
    listed(chain, made_from=300)
    return chain, manifests, parameters


@app.function
def listed(rows: object, **wide: int) -> mo.ui.table:
    """Rows as a table on the page; `wide` are the columns that wrap, each with its width in pixels."""
    return mo.ui.table(
        rows, selection=None, show_download=False, page_size=20, wrapped_columns=list(wide), column_widths=wide
    )


@app.function
def rows_of(lake: Lake, dataset: Dataset) -> pa.Table:
    """All rows that a dataset holds: those that its objects add, without those that a later day took back.

    `lake.read` compares the bytes of each object with the SHA-256 in the manifest, and raises if they differ.
    """

    def together(sign: int) -> Iterable[pa.Table]:
        return [parquet_table(lake.read(part)) for part in dataset.partitions if part.sign == sign]

    added = pa.concat_tables(together(1))
    return net(added, pa.concat_tables([added.slice(0, 0), *together(-1)]))


@app.cell(hide_code=True)
def _():
    mo.md("""
    Objects are ordinary Parquet files (raw ones are JSON lines), so any tool reads them. Here they become Arrow tables,
    and DuckDB answers SQL over these. `ask` knows:

    - `tickets`, `emails` and `ticket_events` of silver: a row per request, message and step in a request's life;
    - every mart of gold (a table of figures), by its name: `kpi_daily`, `kpi_sla`, `kpi_territory` and so on;
    - `run`: one row with `window_from` and `window_to`, the days that the run is about;
    - `types`: what each `pqrs_type` is called.
    """)
    return


@app.cell
def _(lake, manifests, parameters):
    silver = {name: rows_of(lake, manifests["silver"].dataset(name)) for name in ("tickets", "emails", "ticket_events")}
    marts = {mart.name: rows_of(lake, mart) for mart in manifests["gold"].datasets if mart.warehouse}
    facts = {
        "run": pa.table({"window_from": [parameters.window_from], "window_to": [parameters.window_to]}),
        "types": pa.table({"pqrs_type": list(REQUEST_SUBJECTS), "name": list(REQUEST_SUBJECTS.values())}),
    }

    def ask(sql: str) -> pa.Table:
        """The answer of DuckDB; instants are in UTC."""
        return query(sql, **silver, **marts, **facts)

    held = [
        {"table": name, "rows": table.num_rows, "columns": ", ".join(table.column_names)}
        for name, table in (silver | marts | facts).items()
    ]
    listed(held, columns=760)
    return ask, marts


@app.cell(hide_code=True)
def _():
    mo.md("""
    ## 2. Questions to the lake

    **When do requests come?** Mostly in the office hours of business days. The lake keeps instants in UTC, so the
    question has to say whose clock it means.
    """)
    return


@app.cell
def _(ask):
    arrivals = ask(f"""
        select isodow(local) as weekday, strftime(local, '%a') as day_name, hour(local) as hour, count(*) as received
        from (select opened_at at time zone '{TIMEZONE}' as local from tickets), run
        where cast(local as date) between window_from and window_to
        group by all
        order by weekday, hour
    """)
    arrivals_chart = (
        alt.Chart(arrivals)
        .mark_rect(stroke="white")
        .encode(
            x=alt.X("hour:O", title="Hour of arrival, local time", axis=alt.Axis(labelAngle=0)),
            y=alt.Y("day_name:N", sort=alt.EncodingSortField("weekday", "min"), title=None),
            color=alt.Color("received:Q", title="Requests", scale=alt.Scale(scheme="blues")),
            tooltip=["day_name", "hour", "received"],
        )
        .properties(width="container", height=200)
    )
    arrivals_chart
    return arrivals, arrivals_chart


@app.cell(hide_code=True)
def _(parameters):
    mo.md(f"""
    **Which types of request are answered too late?** The *breach rate* is breached / due: of the requests whose term
    ended in the window, the part that was answered later or not at all. `kpi_sla` tells both counts per month and type.
    Rates of months do not add up, so sum the counts and divide again.

    The run was asked to breach {float(parameters.breach_rate):.1%} of the requests that each quarter *opens* (the
    dashed line). What falls *due* in the window is another group of requests, so the rate over all types comes near
    the line and need not be on it. The types differ, because breaches come from desks that are under pressure.
    """)
    return


@app.cell
def _(ask, parameters):
    breaches = ask("""
        select
            name || ' (' || pqrs_type || ')' as type,
            cast(sum(breached) as bigint) as breached,
            cast(sum(due) as bigint) as due,
            sum(breached) / sum(due) as breach_rate
        from kpi_sla
        join types using (pqrs_type)
        group by all
        order by breach_rate desc, type
    """)
    _bars = (
        alt.Chart(breaches)
        .mark_bar(color=BLUE)
        .encode(
            x=alt.X("breach_rate:Q", title="Breach rate", axis=alt.Axis(format="%")),
            y=alt.Y("type:N", sort="-x", title=None, axis=alt.Axis(labelLimit=300)),
            tooltip=["type", "breached", "due", alt.Tooltip("breach_rate:Q", format=".1%")],
        )
    )
    _asked = alt.Chart(alt.Data(values=[{"rate": float(parameters.breach_rate)}]))
    breach_chart = (_bars + _asked.mark_rule(color=RED, strokeDash=[4, 3]).encode(x="rate:Q")).properties(
        width="container"
    )
    breach_chart
    return breach_chart, breaches


@app.cell(hide_code=True)
def _():
    mo.md("""
    **What waits, and when did too much come?** Above: the requests that wait for an answer at the end of each day, and
    those of them whose term is over. Below: what each day received, with the days that `kpi_peaks` calls a peak. A peak
    is measured against earlier days of its kind: a Monday against Mondays, a holiday against holidays.
    """)
    return


@app.cell
def _(ask):
    queue = ask("""
        unpivot (select day, cast(sum(backlog) as bigint) as waiting, cast(sum(overdue) as bigint) as overdue
                 from kpi_daily group by day)
        on waiting, overdue into name state value tickets
        order by day, state
    """)
    peaks = ask("select day, received, expected, cast(ratio as double) as ratio, is_peak from kpi_peaks order by day")
    _day = alt.X("day:T", title=None, axis=alt.Axis(format="%d %b", tickCount=12))
    _axis = alt.Axis(minExtent=50)  # so that the days of both charts stand below each other
    _states = alt.Scale(domain=["waiting", "overdue"], range=[BLUE, RED])
    queue_chart = (
        alt.Chart(queue)
        .mark_area(line=True, opacity=0.35)
        .encode(
            x=_day,
            y=alt.Y("tickets:Q", stack=None, title="Requests that wait", axis=_axis),
            color=alt.Color("state:N", title=None, scale=_states, legend=alt.Legend(orient="top")),
            tooltip=["day", "state", "tickets"],
        )
        .properties(width="container", height=200)
    )
    peak_chart = (
        alt.Chart(peaks)
        .mark_bar(width=6)
        .encode(
            x=_day,
            y=alt.Y("received:Q", title="Requests received", axis=_axis),
            color=alt.condition("datum.is_peak", alt.value(RED), alt.value(GREY)),
            tooltip=["day", "received", "expected", alt.Tooltip("ratio:Q", format=".2f"), "is_peak"],
        )
        .properties(width="container", height=140)
    )
    mo.vstack([queue_chart, peak_chart])
    return peak_chart, peaks, queue, queue_chart


@app.cell(hide_code=True)
def _():
    mo.md("""
    ## 3. One request, from the bytes to a figure

    The acknowledgement of a request gives it a *radicado*, its filing number. Here is one that breached its term, of
    those the one with the most mails. Write another radicado into the field, and all of this section follows it.
    `pqr trace RADICADO` tells the same in a terminal.
    """)
    return


@app.cell
def _(ask):
    _late = ask("""
        select radicado
        from tickets, run
        where radicado is not null and received_on between window_from and window_to
        order by coalesce(closed_at >= due_at, false) desc, count_emails desc, opened_at, ticket_id
        limit 1
    """)
    radicado = mo.ui.text(value=_late["radicado"][0].as_py(), label="Radicado")
    radicado
    return (radicado,)


@app.cell
def _(lake, manifests, radicado, run):
    trace = traced(lake, run.value, radicado.value)
    first = next(mail.line for mail in trace.mails if mail.line.email)  # the first that is whole
    first_object = next(part for part in manifests["raw"].dataset("emails").partitions if part.path == first.object)
    is_as_named = sha256_hex(lake.read(first_object)) == first_object.sha256 == first.sha256
    mo.vstack(
        [
            mo.md(f"""
    **Raw.** Line {first.line} of `{first.object}`: {len(first.data):,} bytes, from byte {first.offset:,} on. The
    object has the SHA-256 that the manifest of raw names: **{is_as_named}**.
    """),
            mo.md(f"```json\n{json.dumps(json.loads(first.data), ensure_ascii=False, indent=2)}\n```"),
        ]
    )
    return first, is_as_named, trace


@app.cell
def _(first, trace):
    typed = [
        {"field": name, "as_written": written, "column": column, "as_typed": value}
        for name, written, column, value in first.changes
    ]
    thread = [
        {
            "received (UTC)": mail.line.email["received_at"] if mail.line.email else None,
            "fate": mail.fate,
            "kind": mail.email["kind"] if mail.email else None,
            "step": mail.event["event_type"] if mail.event else None,
            "found its thread by": mail.email["thread_rule"] if mail.email else None,
            "status then": mail.event["to_status"] if mail.event else None,
            "line": f"{mail.line.object.rsplit('/', 2)[-2]}:{mail.line.line}",
        }
        for mail in trace.mails
    ]
    mo.vstack(
        [
            mo.md("**Bronze** gives each field a type. What then reads otherwise than it was written:"),
            listed(typed, as_written=380, as_typed=380),
            mo.md("**Silver** finds the other mails of the thread, and the step in the request's life that each is:"),
            listed(thread),
        ]
    )
    return (thread,)


@app.cell
def _(trace):
    ticket = trace.ticket
    mo.stop(
        ticket is None, mo.md("The request of this radicado came before the inbox opened: there is no ticket of it.")
    )
    _days_given = f"{ticket['term_days']} business days" if ticket["term_days"] else "no business days"
    _due = f"ended on {ticket['effective_due_on']} (the red frame)" if ticket["effective_due_on"] else "has no end"
    _closed = f"was closed on {ticket['closed_on']}" if ticket["closed_on"] else "is still open"
    _days = alt.Chart(
        alt.Data(
            values=[
                {
                    "day": each.day.isoformat(),
                    "week": each.day.strftime("%G-W%V"),
                    "weekday": each.day.isoweekday(),
                    "kind": each.kind,
                    "holiday": each.name,
                    "counted": each.counted,
                    "is_end": each.day == ticket["effective_due_on"],
                }
                for each in trace.clock
            ]
        )
    ).encode(
        x=alt.X("week:O", title="Week", axis=alt.Axis(labelAngle=0, labelOverlap=True)),
        y=alt.Y(
            "weekday:O",
            title=None,
            axis=alt.Axis(labelExpr="['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'][datum.value - 1]"),
        ),
        tooltip=["day:N", "kind:N", "holiday:N", "counted:Q"],
    )
    _kinds = alt.Scale(
        domain=["received", "business", "suspended", "weekend", "holiday"],
        range=["#f0c05a", "#bcd7ea", "#d9c7e8", PALE, GREY],
    )
    clock_chart = (
        _days.mark_rect(stroke="white").encode(color=alt.Color("kind:N", title=None, scale=_kinds))
        + _days.transform_filter("datum.is_end").mark_rect(filled=False, stroke=RED, strokeWidth=3)
        + _days.transform_filter("datum.kind == 'business'").mark_text().encode(text="counted:Q")
    ).properties(width="container", height=200)
    mo.vstack(
        [
            mo.md(f"""
    **The legal clock.** The term of *{REQUEST_SUBJECTS[ticket["pqrs_type"]]}* is {_days_given}. This request counts as
    received on {ticket["received_on"]}; that day itself is not counted. With extensions and suspensions the term
    {_due}; the request {_closed}. The numbers count business days. While the citizen was asked to complete the request,
    the clock stood still.
    """),
            clock_chart,
        ]
    )
    return clock_chart, ticket


@app.cell
def _(marts, ticket, trace):
    figures = [
        {
            "mart": cell["mart"],
            "column": cell["column"],
            "rows that count it": len(cell["rows"]),
            "the first": ", ".join(f"{name}={value}" for name, value in cell["rows"][0].items()) or "the only row",
            "of rows": marts[cell["mart"]].num_rows,
        }
        for cell in trace.cells
    ]
    mo.vstack(
        [
            mo.md(f"**Gold.** Request {ticket['radicado']} is counted in these columns:"),
            listed(figures),
        ]
    )
    return (figures,)


@app.cell(hide_code=True)
def _():
    mo.md(f"""
    ## 4. A mart made again

    `kpi_territory` tells how the requests of each *departamento* (there are 32, and Bogotá) and type fare. Gold makes
    it from partial counts, so that a new day costs a day. Below, the same figures straight from `tickets`, in one
    piece of SQL that uses nothing of gold. If both hold the same rows, we have understood what the figures count:

    - `received` came in the window; `answered`, `archived` and `transferred` were closed in it, whenever they came.
    - A thread takes mail for {THREAD_DAYS} days. What nobody has answered by then is `lapsed`, and waits no more.
    - `due` are the terms that ended in the window; `breached` of them are those that were answered late or not at all.
    - What was passed on to another entity (`is_transferred`) is out of the breach rate.

    Rates are rounded half up in whole numbers: a float could round the same share differently on another machine.
    """)
    return


@app.cell
def _():
    territory_sql = f"""
        with
        days as (
            select
                *,
                coalesce(department, 'Sin dato') as home,
                cast(opened_at at time zone '{TIMEZONE}' as date) as opened_on,
                opened_on + {THREAD_DAYS} as thread_ends_on,
                case when effective_due_on is not null then least(effective_due_on, thread_ends_on) end as term_ends_on
            from tickets
        ),
        ends as (
            select
                *,
                closed_on is null and due_at is not null and not is_transferred and not is_archived as is_open,
                has_term and term_ends_on >= window_from as is_of_window,
                has_term and coalesce(closed_at >= due_at, false) as is_late,
                closed_on >= window_from as is_closed
            from days, run
            where thread_ends_on >= window_from
        ),
        counts as (
            select
                home as department,
                pqrs_type,
                count(*) filter (opened_on >= window_from) as received,
                count(*) filter (is_closed and not is_archived and not is_transferred) as answered,
                count(*) filter (is_closed and is_archived and not is_transferred) as archived,
                count(*) filter (is_closed and is_transferred) as transferred,
                count(*) filter (is_open and thread_ends_on <= window_to) as lapsed,
                count(*) filter (is_open and thread_ends_on > window_to) as open,
                count(*) filter (is_open and thread_ends_on > window_to and term_ends_on <= window_to) as overdue,
                count(*) filter (is_of_window and (is_late or term_ends_on <= window_to)) as due,
                count(*) filter (
                    is_of_window and (is_late or (closed_on is null and term_ends_on <= window_to))
                ) as breached,
                count(*) filter (is_closed and has_term) as closed_with_term,
                coalesce(sum(business_days) filter (is_closed and has_term), 0) as total_business_days
            from ends
            where opened_on >= window_from or is_closed or is_of_window or is_open
            group by all
        )
        select
            *,
            (20000 * breached + due) // nullif(2 * due, 0) * 0.0001 as breach_rate,
            (200 * total_business_days + closed_with_term) // nullif(2 * closed_with_term, 0) * 0.01
                as mean_business_days
        from counts
    """
    return (territory_sql,)


@app.cell
def _(ask, manifests, marts, territory_sql):
    mart = marts["kpi_territory"]
    reproduced = ask(territory_sql).select(mart.column_names).cast(mart.schema)
    differences = query(
        """
        select 'in gold only' as side, * from (from mart except all from reproduced)
        union all
        select 'made here only', * from (from reproduced except all from mart)
        order by department, pqrs_type, side
        """,
        mart=mart,
        reproduced=reproduced,
    )
    digests = {
        "made here": content_digest(reproduced),
        "named by gold's manifest": manifests["gold"].dataset("kpi_territory").content_digest,
    }
    is_equal = len(set(digests.values())) == 1
    mo.vstack(
        [
            mo.md(f"""
    {reproduced.num_rows} rows, **{"equal" if is_equal else "NOT equal"}**. A content digest is the number of rows and
    a sum of their hashes, so the order of rows does not matter and every value does:

    - made here: `{digests["made here"]}`
    - named by gold's manifest: `{digests["named by gold's manifest"]}`

    Try to break it: in the SQL above, leave out `not is_transferred`, or let threads take mail for one day more. The
    rows that differ then appear here:
    """),
            listed(differences),
        ]
    )
    return differences, digests, is_equal, mart, reproduced


@app.cell(hide_code=True)
def _():
    mo.md("""
    ## 5. Your turn

    The cell below is for your own question. Some to begin with:

    - How many mails does a request take, by type? (`count_emails` of `tickets`)
    - Which steps come between reception and answer, and how long does each take? (`ticket_events`, with `lag`)
    - Do requests that came in a peak breach their term more often? (`kpi_peaks` joined to `tickets` by day)
    - Who writes again when nobody answers? (`count_insistences`, against `closed_on - received_on`)
    - Are the mails of a thread always found by their references? (`thread_rule` of `emails`)

    When a figure surprises you, `pqr explain MART.COLUMN --where COLUMN=VALUE` lists the requests that it counts.
    """)
    return


@app.cell
def _(ask):
    yours = ask("""
        select thread_rule, count(*) as mails, count(*) filter (is_late) as late
        from emails
        group by thread_rule
        order by mails desc
    """)
    listed(yours)
    return


if __name__ == "__main__":
    app.run()
