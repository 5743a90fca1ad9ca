"""Bring Metabase about: administrator, database, collection, questions and dashboard, from files.

Run once or again. What is there is found by the marks left on it (see metabase_files.py) and changed only when its file
did; what people made or moved stays. Runs in the image of the pipeline; METABASE_* and PQR_* say where and who.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tenacity

from pqr_common.errors import InvalidSettings, PqrError, Transient

sys.path.insert(0, os.path.dirname(__file__))  # noqa: PTH120
from metabase_api import POLL_SECONDS, START_SECONDS, Metabase
from metabase_board import bring_board
from metabase_files import FILE_KEY, VERSION_KEY, Files, Table, mark, read

COLLECTION = "PQRS: indicadores"
COLLECTION_DESCRIPTION = "Preguntas y tablero que el sistema mantiene. Guarde las suyas en otra colección."
DATABASE = "PQRS"
SCHEMAS = "gold,archive,core,meta"
SYNC_SECONDS = 300
FINISHED = Path("/tmp/finished")  # noqa: S108  the container's own


@dataclass(frozen=True, slots=True)
class Target:
    """Which Metabase, who administers it, and the database it reads. `dbname` and the rest are Metabase's words."""

    url: str
    email: str
    password: str
    connection: Mapping[str, Any]
    start_seconds: float = START_SECONDS
    poll_seconds: float = POLL_SECONDS

    @classmethod
    def from_environment(cls, variables: Mapping[str, str]) -> Target:
        """The settings of the job; InvalidSettings names the one that is missing."""
        try:
            return cls(
                url=variables["METABASE_URL"],
                email=variables["METABASE_ADMIN_EMAIL"],
                password=variables["METABASE_ADMIN_PASSWORD"],
                connection={
                    "host": variables["METABASE_DATABASE_HOST"],
                    "port": int(variables.get("METABASE_DATABASE_PORT") or 5432),
                    "dbname": variables["METABASE_DATABASE_NAME"],
                    "user": "pqr_metabase",
                    "password": variables["POSTGRES_PASSWORD_METABASE"],
                },
            )
        except KeyError as error:
            raise InvalidSettings(f"{error.args[0]} must be set, found nothing: run make stack-env.") from None


def bring(target: Target, files: Files) -> dict[str, int]:
    """Make Metabase show the files; how many things were made, changed and left as they were."""
    done = {"made": 0, "changed": 0, "left": 0}
    with Metabase(target.url, (target.password, target.connection["password"])) as api:
        api.wait(target.start_seconds, target.poll_seconds)
        api.sign_in(target.email, target.password, "PQRS")
        database = _database(api, target.connection, done)
        tables = _tables(api, database, needed=files.needed, poll=target.poll_seconds)
        collection = _collection(api, done)
        there = _cards(api, collection)
        cards = {
            question.file: _question(api, question.card(database, tables, collection), there=there, done=done)
            for question in files.questions
        }
        done[bring_board(api, files, cards=cards, collection=collection)] += 1
    return done


def _database(api: Metabase, connection: Mapping[str, Any], done: dict[str, int]) -> int:
    """The connection, which only reads and sees what its role and these schemas allow."""
    details = {**connection, "ssl": False, "schema-filters-type": "inclusion", "schema-filters-patterns": SCHEMAS}
    for found in api.call("GET", "/database")["data"]:
        if found["name"] == DATABASE:
            # Passwords are never told, so whether it changed cannot be seen; the same again does no harm.
            api.call("PUT", f"/database/{found['id']}", {"details": details})
            done["left"] += 1
            return int(found["id"])
    body = {"name": DATABASE, "engine": "postgres", "details": details, "is_full_sync": True}
    done["made"] += 1
    return int(api.call("POST", "/database", body)["id"])


def _tables(api: Metabase, database: int, *, needed: Mapping[str, set[str]], poll: float) -> dict[str, Table]:
    """Metabase's ids of the tables, once it has seen those that the questions need; it looks in its own time."""
    api.call("POST", f"/database/{database}/sync_schema")
    waiting = tenacity.Retrying(
        retry=tenacity.retry_if_exception_type(Transient),
        wait=tenacity.wait_fixed(poll),
        stop=tenacity.stop_after_delay(SYNC_SECONDS),
        reraise=True,
    )
    return waiting(_seen, api, database, needed)


def _seen(api: Metabase, database: int, needed: Mapping[str, set[str]]) -> dict[str, Table]:
    tables = {
        f"{table['schema']}.{table['name']}": Table(table["id"], {f["name"]: f["id"] for f in table["fields"]})
        for table in api.call("GET", f"/database/{database}/metadata")["tables"]
    }
    missing = [name for name, columns in needed.items() if name not in tables or columns - set(tables[name].fields)]
    if missing:
        raise Transient(
            f"Metabase must have seen {', '.join(sorted(missing))}, found {len(tables)} other tables in its database "
            f"{DATABASE}: see that the warehouse is migrated, then run the job again."
        )
    return tables


def _collection(api: Metabase, done: dict[str, int]) -> int:
    for found in api.call("GET", "/collection"):
        if found["name"] == COLLECTION and found.get("location") == "/" and not found.get("archived"):
            done["left"] += 1
            return int(found["id"])
    done["made"] += 1
    body = {"name": COLLECTION, "description": COLLECTION_DESCRIPTION}
    return int(api.call("POST", "/collection", body)["id"])


def _cards(api: Metabase, collection: int) -> dict[str, dict[str, Any]]:
    """The questions of ours that are there, by file."""
    cards = (api.call("GET", f"/card/{item['id']}") for item in api.items(collection, "card"))
    return {card["visualization_settings"][FILE_KEY]: card for card in cards if mark(card, FILE_KEY)}


def _question(api: Metabase, body: dict[str, Any], *, there: Mapping[str, Any], done: dict[str, int]) -> int:
    file = body["visualization_settings"][FILE_KEY]
    if file not in there:
        made = api.call("POST", "/card", body)
        if mark(made, FILE_KEY) != file:
            raise PqrError(
                f"Metabase must keep the setting {FILE_KEY} of a question, found it gone from question {made['id']}: "
                f"delete that question, or it is made again each time."
            )
        done["made"] += 1
        return int(made["id"])
    found = there[file]
    is_same = mark(found, VERSION_KEY) == mark(body, VERSION_KEY)
    if not is_same:
        api.call("PUT", f"/card/{found['id']}", body)
    done["left" if is_same else "changed"] += 1
    return int(found["id"])


def main() -> None:
    """Bring it about, then stay, so that `up --wait` sees that it went well."""
    folder = Path(os.environ.get("METABASE_FILES", "/metabase"))
    try:
        done = bring(Target.from_environment(os.environ), read(folder))
    except PqrError as error:
        sys.stderr.write(f"{error}\n")
        raise SystemExit(error.exit_code) from None
    sys.stdout.write(f"metabase: {done['made']} made, {done['changed']} changed, {done['left']} left as they were\n")
    sys.stdout.flush()
    if "--stay" in sys.argv:
        FINISHED.touch()
        os.execvp("sleep", ["sleep", "infinity"])  # noqa: S606, S607  waiting needs no interpreter


if __name__ == "__main__":
    main()
