"""Planning: what is new, changed or unchanged follows from receipts alone."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from pqr_common.manifest.values import Partition
from pqr_common.stage.receipts import Receipt, fingerprint
from pqr_common.stage.values import ExchangeRef, Slice, Task

hexes = st.text("0123456789abcdef", min_size=8, max_size=8)
words = st.text("abcxyz-0", min_size=1, max_size=6)
partitions = st.builds(
    Partition, dataset=words, key=words, path=words.map(lambda w: f"p/{w}"), rows=st.integers(0, 9),
    bytes=st.integers(0, 9), sha256=hexes, content_digest=hexes,
)  # fmt: skip
slices = st.builds(Slice, offset=st.integers(0, 9), length=st.integers(0, 9), rows=st.integers(0, 9), sha256=hexes)
exchanges = st.builds(
    ExchangeRef, name=words, task=words, path=words.map(lambda w: f"x/{w}"),
    slices=st.dictionaries(st.integers(-1, 5), slices, max_size=3),
)  # fmt: skip
receipts = st.builds(
    Receipt, made_from=hexes, partitions=st.lists(partitions, max_size=3).map(tuple),
    exchanges=st.lists(exchanges, max_size=3).map(tuple),
)  # fmt: skip
tasks = st.builds(
    Task, key=words, inputs=st.lists(partitions | exchanges, max_size=3).map(tuple),
    arguments=st.dictionaries(words, st.integers(), max_size=2),
)  # fmt: skip


@given(receipts)
def test_a_receipt_survives_the_round_trip(receipt):
    """What is read back equals what was written, with the same bytes."""
    assert Receipt.from_json(receipt.to_json()) == receipt
    assert Receipt.from_json(receipt.to_json()).to_json() == receipt.to_json()


@given(st.binary(max_size=30))
def test_an_unreadable_receipt_is_no_receipt(data):
    """Damage makes work, never an error."""
    assert Receipt.from_json(data) is None or data.startswith(b"{")


@given(tasks, tasks, hexes)
def test_a_fingerprint_stands_for_all_that_a_task_is_made_from(one, other, upstream):
    """Another key, argument or input hash is another fingerprint; the same task has the same one."""

    def content(task):
        inputs = [
            (i.sha256, i.sign) if isinstance(i, Partition) else sorted(s.sha256 for s in i.slices.values())
            for i in task.inputs
        ]
        return task.key, inputs, dict(task.arguments)

    same = content(one) == content(other)
    assert (fingerprint(upstream, "p", one) == fingerprint(upstream, "p", other)) == same
    assert fingerprint(upstream, "p", one) == fingerprint(upstream, "p", replace(one))
    assert fingerprint(upstream, "p", one) != fingerprint(upstream, "q", one)
