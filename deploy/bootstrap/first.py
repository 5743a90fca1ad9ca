"""The run that a new stack starts with: `PQR_FIRST_RUN` as JSON over the defaults, for example {"seed": 7}."""

from __future__ import annotations

import json
import os
from datetime import date
from decimal import Decimal
from typing import Any

from pqrs.parameters import Parameters

DATES = ("window_from", "window_to", "opens_on")


def parameters() -> Parameters:
    """The parameters of the first run; its id follows from them."""
    given = json.loads(os.environ.get("PQR_FIRST_RUN") or "{}", parse_float=Decimal)
    typed: dict[str, Any] = {k: date.fromisoformat(v) if k in DATES else v for k, v in given.items()}
    return Parameters.create(**typed)
