"""Reference pages that follow from the contracts: the data dictionary, its diagram, the figures."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType

import pyarrow as pa
from from_code import table
from repository import COLUMNS

from pqr_common import Contract, sql_of
from pqr_common.manifest.graph import EVERY_LAYER
from pqr_common.stage.discovery import installed_stages
from pqr_gold.marts import MARTS

__all__ = ["MEANINGS", "PARTS", "datasets", "meaning"]

MEANINGS: Mapping[str, Mapping[str, str]] = tomllib.loads(COLUMNS.read_text(encoding="utf-8"))
GOLD = "gold"


def datasets() -> Iterator[tuple[str, Contract]]:
    """Every dataset that others may read, as `layer/name`, in the order of the pipeline."""
    for stage in installed_stages().values():
        for contract in stage.produces:
            if not contract.is_private:
                yield f"{stage.writes}/{contract.dataset}", contract


def meaning(dataset: str, column: str) -> str:
    """What a column says; a mart's columns are told with its figures."""
    layer, _, name = dataset.partition("/")
    if layer == GOLD:
        return MARTS[name].definitions[column].says if column in MARTS[name].definitions else ""
    return MEANINGS.get(dataset, {}).get(column) or MEANINGS["everywhere"].get(column, "")


def _dictionary() -> str:
    return "\n".join(_dataset(name, contract) for name, contract in datasets())


def _dataset(name: str, contract: Contract) -> str:
    told = [f"## {name}\n", f"**One row is** {contract.grain}."]
    if contract.key:
        told.append(f"**Key:** {', '.join(f'`{column}`' for column in contract.key)}.")
    if contract.made_from:
        told.append(f"**Made from** {', '.join(f'`{each}`' for each in contract.made_from)}.")
    if contract.warehouse:
        told.append(f"**In Postgres:** `{_mirror(name, contract)}`.")
    columns = [(f"`{field.name}`", _type(field), meaning(name, field.name)) for field in contract.schema]
    rules = [(f"`{rule.name}`", f"`{rule.holds}`") for rule in contract.rules]
    told.append("\n" + table(["column", "type", "meaning"], columns))
    if rules:
        told.append("Every row satisfies:\n\n" + table(["rule", "condition"], rules))
    return "\n".join(told)


def _mirror(name: str, contract: Contract) -> str:
    return name.replace("load/", "") if name.startswith("load/") else f"{contract.warehouse}.{contract.dataset}"


def _type(field: pa.Field) -> str:
    return f"`{field.type}`" if field.nullable else f"`{field.type}`, required"


def _diagram() -> str:
    """Datasets with the columns that name rows, and which of these stand in which other dataset."""
    shown = {name: contract for name, contract in datasets() if not name.startswith((GOLD, "load"))}
    references = list(_references(shown))
    lines = ["erDiagram"]
    for name, contract in shown.items():
        naming = dict.fromkeys(
            [*contract.key, *(column for child, _, key in references if child == name for column in key)]
        )
        lines += [f"    {_entity(name)} {{", *(f"        {_attribute(contract, column)}" for column in naming), "    }"]
    for child, parent, key in references:
        is_one = set(shown[child].key) <= set(key)
        is_needed = all(not shown[child].schema.field(column).nullable for column in key)
        many, one = ("o|" if is_one else "o{"), ("||" if is_needed else "o|")
        lines.append(f'    {_entity(parent)} {one}--{many} {_entity(child)} : "{", ".join(key)}"')
    lines += [
        f'    {_entity(source)} ||..o{{ {_entity(name)} : "is read into"'
        for name, contract in shown.items()
        for source in contract.made_from
        if not any(child == name and parent == source for child, parent, _ in references)
    ]
    return "```mermaid\n" + "\n".join(lines) + "\n```\n"


def _references(shown: Mapping[str, Contract]) -> Iterable[tuple[str, str, tuple[str, ...]]]:
    """Which dataset names rows of which other: it was made from that, or lies beside it, which has a key of its own."""
    owners: dict[tuple[str, ...], str] = {}
    for name, contract in shown.items():
        owners.setdefault(contract.key, name)
    for child, contract in shown.items():
        for parent, other in shown.items():
            is_beside = child.partition("/")[0] == parent.partition("/")[0] and owners[other.key] == parent
            is_related = child != parent and (is_beside or parent in contract.made_from)
            if is_related and other.key and set(other.key) <= set(contract.schema.names):
                yield child, parent, other.key


def _entity(name: str) -> str:
    return name.replace("/", "_")


def _attribute(contract: Contract, column: str) -> str:
    kind = str(contract.schema.field(column).type).partition("[")[0]
    return f"{kind} {column}{' PK' if column in contract.key else ' FK'}"


def _stages() -> str:
    """What each stage reads and writes, from its declaration."""
    rows = []
    for name, stage in installed_stages().items():
        layers = ["every layer" if layer == EVERY_LAYER else f"`{layer}`" for layer in stage.requires]
        made = ", ".join(f"`{contract.dataset}`" for contract in stage.produces if not contract.is_private)
        rows.append((f"`{name}`", ", ".join(layers) or "nothing", f"`{stage.writes}`", made))
    return table(["stage", "reads", "writes", "datasets"], rows)


def _figures() -> str:
    return "\n".join(_mart(name) for name in sorted(MARTS))


def _mart(name: str) -> str:
    mart = MARTS[name]
    told = [f"## {name}\n", f"**One row is** {mart.contract.grain}.\n"]
    names = [(f"`{column}`", each.says) for column, each in mart.definitions.items() if each.is_name]
    told.append(table(["names the row", "meaning"], names))
    for column, each in mart.definitions.items():
        if not each.is_name:
            kind = mart.contract.schema.field(column).type
            sql = "\n".join(f"    {line}" for line in f"```sql\n{each.sql}\n```".splitlines())
            told.append(f'**`{column}`** (`{kind}`) {each.says}\n\n??? note "as SQL"\n\n{sql}\n')
    return "\n".join(told)


def _counted() -> str:
    """The SQL that the figures' SQL stands on."""
    files = ("partials/facts.sql", "sql/standing.sql", "sql/macros.sql")
    return "\n".join(f"### {file}\n\n```sql\n{sql_of('pqr_gold', file).strip()}\n```\n" for file in files)


PARTS: Mapping[str, Callable[[], str]] = MappingProxyType(
    {"datasets": _dictionary, "diagram": _diagram, "stages": _stages, "counted": _counted, "figures": _figures}
)
