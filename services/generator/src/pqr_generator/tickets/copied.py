"""Which requests go to a control body as well, and to which."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from pqr_generator.draws import chance, low, words
from pqrs.catalogue import CONTROL_BODIES
from pqrs.parameters import Parameters

__all__ = ["copies"]


def copies(parameters: Parameters, numbers: range) -> npt.NDArray[np.int32]:
    """By ticket: 0 for none, else the place of the control body, counted from 1."""
    drawn = words(parameters.seed, "ticket.copied", numbers)
    is_copied = chance(drawn, parameters.scenario.rates.copied, 1000)
    return np.where(is_copied, 1 + low(drawn, len(CONTROL_BODIES)), 0).astype(np.int32)
