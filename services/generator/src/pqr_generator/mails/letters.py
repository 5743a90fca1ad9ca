"""The kinds of letter a thread is made of, and which letter each slot of each thread holds."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from pqr_generator.threads.thread import ANSWER, NEVER, REPLY, SLOTS, STEP, Thread

__all__ = ["CODE", "FROM_CITIZEN", "FROM_COURT", "FROM_MAILBOX", "LETTERS", "chains", "is_inbound", "letters"]

LETTERS = (
    "request",
    "acknowledgement",
    "transfer",
    "completion_request",
    "completion",
    "extension",
    "progress",
    "insistence",
    "answer",
    "denial",
    "archive",
    "reopening",
    "second_answer",
    "annulment",
    "reference",
    "silence",
    "tutela",
    "away_acknowledgement",
    "away_answer",
    "bounce",
)
CODE = {name: code for code, name in enumerate(LETTERS)}

FROM_CITIZEN = ("request", "completion", "insistence", "reopening")
FROM_MAILBOX = ("away_acknowledgement", "away_answer", "bounce")  # the citizen's, which answers by itself
FROM_COURT = ("tutela",)

# Slots 0, 3, 5 and 7 come from the citizen's side, or a court's.
_INBOUND = np.array([True, False, False, True, False, True, False, True])


def is_inbound(slot: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    return np.asarray(_INBOUND[slot])


def letters(thread: Thread) -> npt.NDArray[np.int8]:
    """Tickets x SLOTS: the letter each slot would hold; whether it holds one, `thread.at` says."""
    kinds = np.empty((thread.at.shape[1], SLOTS), np.int8)
    kinds[:, 0], kinds[:, 1] = CODE["request"], CODE["acknowledgement"]
    kinds[:, 2] = np.select(
        [thread.is_transferred, thread.is_annulled, thread.is_incomplete, thread.is_extended],
        [CODE["transfer"], CODE["annulment"], CODE["completion_request"], CODE["extension"]],
        CODE["progress"],
    )
    kinds[:, 3] = np.where(thread.is_incomplete, CODE["completion"], CODE["insistence"])
    kinds[:, 4] = np.select(
        [thread.is_desisted, thread.is_denied, thread.is_approved, thread.is_reiterated],
        [CODE["archive"], CODE["denial"], CODE["silence"], CODE["reference"]],
        CODE["answer"],
    )
    kinds[:, 5] = np.where(thread.is_sued, CODE["tutela"], CODE["reopening"])
    kinds[:, 6] = CODE["second_answer"]
    away = np.where(thread.automatic_to == ANSWER, CODE["away_answer"], CODE["away_acknowledgement"])
    kinds[:, 7] = np.where(thread.is_bounce, CODE["bounce"], away)
    return kinds


def chains(thread: Thread) -> npt.NDArray[np.uint8]:
    """Tickets x SLOTS: the References of each slot's letter as a set of slots, bit s for slot s.

    A letter's References are those of the letter it answers, and that letter, which is the highest bit. Who
    insists answers the acknowledgement; the answer goes to the last letter of the citizen if there is one.
    """
    has_step, has_reply = thread.at[STEP] != NEVER, thread.at[REPLY] != NEVER
    chain = np.zeros((thread.at.shape[1], SLOTS), np.uint8)
    chain[:, 1], chain[:, 2] = 0b1, 0b11
    chain[:, 3] = np.where(thread.is_incomplete, 0b111, 0b11)
    chain[:, 4] = np.where(has_reply, chain[:, 3] | 0b1000, np.where(has_step, 0b111, 0b11))
    chain[:, 5] = np.where(thread.at[ANSWER] == NEVER, chain[:, 4], chain[:, 4] | 0b1_0000)
    chain[:, 6] = chain[:, 5] | 0b10_0000
    chain[:, 7] = np.where(thread.automatic_to == ANSWER, chain[:, 5], 0b11)
    return chain
