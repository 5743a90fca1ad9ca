"""Reference pages that follow from the code: the command, the settings, the errors, the metrics."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType

import click
from prometheus_client.metrics_core import Metric
from pydantic import SecretStr
from pydantic_core import PydanticUndefined

from pqr_common import errors
from pqr_common.process.metrics import REGISTRY
from pqr_common.process.resources import ServiceResources
from pqr_common.stage.discovery import installed_stages
from pqr_dashboard.live import LiveSettings
from pqr_pipeline.command.cli import app

__all__ = ["PARTS", "commands", "metrics", "row", "table"]

ENDINGS = {"counter": "_total"}  # what Prometheus writes behind the name


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    return "\n".join([row(head), row(["---"] * len(head)), *map(row, rows)]) + "\n"


def row(cells: Sequence[object]) -> str:
    return "| " + " | ".join(str(cell).replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"


def commands(group: click.Group = app, path: str = "pqr") -> Mapping[str, click.Command]:
    """Every command by its full name."""
    found: dict[str, click.Command] = {}
    for name, command in sorted(group.commands.items()):
        full = f"{path} {name}"
        found |= commands(command, full) if isinstance(command, click.Group) else {full: command}
    return found


def metrics() -> list[Metric]:
    """Every metric that is declared, sorted by name."""
    installed_stages()  # services declare theirs when they are loaded
    from pqr_loader import figures as _  # noqa: PLC0415, F401  the gauges of the published run

    return sorted([*REGISTRY.collect(), *ServiceResources().collect()], key=lambda metric: metric.name)


def _command_pages() -> str:
    shared = _options(app, "pqr")
    return "\n".join([f"Before the name of a command stands what concerns all of them:\n\n{shared}", *_sections()])


def _sections() -> Iterable[str]:
    for name, command in commands().items():
        context = click.Context(command, info_name=name)
        usage = " ".join([name, *command.collect_usage_pieces(context)])
        yield f"## {name}\n\n```text\n{usage}\n```\n\n{command.help}\n\n{_options(command, name)}"


def _options(command: click.Command, name: str) -> str:
    context = click.Context(command, info_name=name, show_default=True)
    told = [param.get_help_record(context) for param in command.params if isinstance(param, click.Option)]
    return table(["option", "meaning"], [(f"`{record[0]}`", record[1]) for record in told if record])


def _settings() -> str:
    rows = []
    for name, field in LiveSettings.model_fields.items():
        default = field.default
        if default is PydanticUndefined or default is None or default == "":
            shown = ""
        elif isinstance(default, SecretStr):
            shown = f"`{default.get_secret_value()}`"
        else:
            shown = f"`{default}`"
        rows.append((f"`PQR_{name.upper()}`", shown, field.description))
    return table(["setting", "default", "meaning"], rows)


def _errors() -> str:
    tree = re.search(r"^PqrError.*?\n\n", f"{errors.__doc__}\n\n", re.DOTALL | re.MULTILINE)
    return f"```text\n{tree[0].rstrip() if tree else ''}\n```\n"


def _metrics() -> str:
    rows = []
    for metric in metrics():
        name = f"{metric.name}{ENDINGS.get(metric.type, '')}"
        rows.append(
            (f"`{name}`", metric.type, ", ".join(f"`{label}`" for label in _labels(metric.name)), metric.documentation)
        )
    return table(["metric", "type", "labels", "meaning"], rows)


def _labels(name: str) -> Sequence[str]:
    declared = REGISTRY._names_to_collectors.get(name)  # noqa: SLF001  the registry tells labels in no other way
    return getattr(declared, "_labelnames", ())


PARTS: Mapping[str, Callable[[], str]] = MappingProxyType(
    {"commands": _command_pages, "settings": _settings, "errors": _errors, "metrics": _metrics}
)
