"""Who signs people in: whether it answers, and what it answers."""

from __future__ import annotations

from boards.vocabulary import Board, Limits, Panel, Query, Row

NOW = Row(
    "Now",
    (
        Panel(
            "stat", "Answers", "Whether Auth's metrics could be read. Nobody can sign in while it is down.",
            (Query('min(up{job="auth"})'),), limits=Limits(warning=1, low_is_bad=True), width=6, height=4,
        ),
        Panel(
            "stat", "Runs", "What Auth says of itself; always 1.",
            (Query("max(gotrue_running)"),), limits=Limits(warning=1, low_is_bad=True), width=6, height=4,
        ),
        Panel(
            "stat", "Refused", "Answers 400 to 403 in the time shown: a wrong password, an expired token, a missing right.",
            (Query('round(sum(increase(http_status_codes_total{job="auth",code=~"40[0-3]"}[$__range]))) or vector(0)'),),
            limits=Limits(warning=20), width=6, height=4,
        ),
        Panel(
            "stat", "Faults", "Answers 500 and above in the time shown; its log says why.",
            (Query('round(sum(increase(http_status_codes_total{job="auth",code=~"5.."}[$__range]))) or vector(0)'),),
            limits=Limits(bad=1), width=6, height=4,
        ),
    ),
)  # fmt: skip

TRAFFIC = Row(
    "Traffic",
    (
        Panel(
            "timeseries", "Answers per second by status", "Many 400 at once look like somebody who tries passwords.",
            (Query('sum by (code) (rate(http_status_codes_total{job="auth"}[$__rate_interval]))', "{{code}}"),),
            width=12, is_stacked=True,
        ),
        Panel(
            "timeseries", "Answers per second by route", "Signing in and refreshing is /token; /health is the health check's.",
            (Query('sum by (http_route) (rate(http_status_codes_total{job="auth"}[$__rate_interval]))', "{{http_route}}"),),
            width=12, is_stacked=True,
        ),
    ),
)  # fmt: skip

BOARD = Board("pqr-auth", "PQR Auth", "Supabase Auth, which signs people in to the dashboard.", (NOW, TRAFFIC))
