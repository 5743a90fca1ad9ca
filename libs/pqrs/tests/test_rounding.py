"""One figure, one rounding."""

from __future__ import annotations

from decimal import Decimal

import pytest

from pqrs.rounding import half_up


@pytest.mark.parametrize(("value", "text"), [(8.75, "8.8"), (8.25, "8.3"), (8.7499, "8.7"), (Decimal("8.65"), "8.7")])
def test_halves_go_up(value, text):
    """Also where a float would go to the even neighbour, or lies a hair below what is written."""
    assert str(half_up(value, 1)) == text
