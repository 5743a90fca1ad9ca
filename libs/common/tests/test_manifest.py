"""Manifests: deterministic bytes, digests that cover the data, damage that is named."""

from __future__ import annotations

from dataclasses import replace

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pqr_common.canonical import canonical_json
from pqr_common.errors import UpstreamBroken
from pqr_common.manifest.codec import decoded, encoded
from pqr_common.manifest.rules import schema_fingerprint
from pqr_common.manifest.values import Check, Dataset, Manifest, Partition, Source, schema_fields
from pqr_common.tables.digest import content_digest, content_digests
from pqr_common.tables.totals import total_digest

names = st.text("abcdefghijklmnop-0123456789", min_size=1, max_size=12)
hexes = st.text("0123456789abcdef", min_size=64, max_size=64)
counts = st.integers(0, 10**9)


@st.composite
def partitions(draw, dataset="emails"):
    key = draw(names)
    rows = draw(counts)
    return Partition(
        dataset=dataset,
        key=key,
        path=f"bronze/{dataset}/run=r/{key}.parquet",
        rows=rows,
        bytes=draw(counts),
        sha256=draw(hexes),
        content_digest=f"{rows}-{draw(hexes)[:32]}",
        min_at=draw(st.none() | st.just("2026-01-05T13:00:00Z")),
        rejected=draw(counts),
    )


@st.composite
def manifests(draw):
    parts = draw(st.lists(partitions(), max_size=5, unique_by=lambda part: part.key))
    parts.sort(key=lambda part: part.key)
    dataset = Dataset(
        name="emails",
        grain=draw(names),
        schema=("message_id: string not null",),
        partitions=tuple(parts),
        key=("message_id",),
        made_from=("raw/emails",),
        warehouse=draw(st.none() | st.just("core")),
    )
    return Manifest(
        run_id=draw(names),
        layer="bronze",
        parameters={"run": draw(hexes)},
        inputs=(Source("raw", draw(hexes)),),
        datasets=(dataset,),
        checks=(Check.equal("balance", draw(counts), draw(counts)),),
        code={"version": draw(names)},
        recorded={"host": draw(names)},
    )


@given(manifests())
def test_a_manifest_survives_the_round_trip(manifest):
    """What is read back equals what was written, byte for byte when written again."""
    data = encoded(manifest)
    again = decoded(data, where="test")
    assert again == manifest
    assert encoded(again) == data


@given(manifests(), names)
def test_the_digest_does_not_cover_who_made_it(manifest, other):
    """The same data has the same digest whoever made it, with whatever code, wherever."""
    assert replace(manifest, code={"version": other}, recorded={"host": other}).digest == manifest.digest


@given(manifests(), names, counts)
def test_the_digest_covers_no_prose_and_no_checks(manifest, wording, count):
    """A grain may be reworded and a check added, and the data is the same data."""
    datasets = tuple(replace(dataset, grain=wording, key=(), made_from=()) for dataset in manifest.datasets)
    told = replace(manifest, datasets=datasets, checks=(Check.equal(wording, count, count),))
    assert told.digest == manifest.digest
    assert told.is_same_data(manifest)


@given(manifests(), names)
def test_the_digest_covers_name_schema_and_rows_of_each_dataset(manifest, other):
    """What the data is: a dataset of another name or with another column is other data."""
    (dataset,) = manifest.datasets
    for changed in (replace(dataset, name=f"{other}_"), replace(dataset, schema=(f"{other}: int32",))):
        told = replace(manifest, datasets=(changed,))
        assert told.digest != manifest.digest
        assert not told.is_same_data(manifest)


@given(manifests(), hexes)
def test_the_digest_covers_what_is_upstream(manifest, other):
    """Another upstream digest is another digest, so manifests form a chain."""
    changed = replace(manifest, inputs=(Source("raw", other),))
    assert (changed.digest == manifest.digest) == (changed.inputs == manifest.inputs)


def _with_partition(path: str, **changes: object) -> Manifest:
    part = Partition("emails", "a", path, 1, 10, "0" * 64, "1-" + "0" * 32)
    part = replace(part, **changes)
    return Manifest("r", "raw", {}, (), (Dataset("emails", "g", (), (part,)),), ())


def test_only_content_counts_and_neither_its_file_nor_its_cut():
    """Another hash of an object may be another writer, two partitions may be one: other rows are other data."""
    written = [_with_partition("raw/a.parquet", sha256=digit * 64) for digit in "12"]
    content = [_with_partition("raw/a.parquet", content_digest=f"1-{digit * 32}") for digit in "12"]
    assert written[0].digest == written[1].digest
    assert content[0].digest != content[1].digest
    items = [(str(number), number) for number in range(6)]
    whole, first, second = (content_digest(_table(part)) for part in (items, items[:3], items[3:]))
    assert _cut((first, 1), (second, 1)).digest == _cut((whole, 1)).digest
    assert _cut((whole, 1), (first, -1)).digest == _cut((second, 1)).digest
    assert _cut((first, 1)).digest != _cut((second, 1)).digest


def _cut(*signed: tuple[str, int]) -> Manifest:
    """A manifest of partitions with these digests and signs."""
    parts = tuple(
        Partition("emails", str(number), f"raw/{number}.parquet", int(digest.split("-")[0]), 1, "", digest, sign=sign)
        for number, (digest, sign) in enumerate(signed)
    )
    return Manifest("r", "raw", {}, (), (Dataset("emails", "g", (), parts),), ())


def test_a_version_nobody_knows_is_named():
    """A manifest of a later version is not read by guessing."""
    data = encoded(_with_partition("raw/a.jsonl")).replace(b'"manifest_version":3', b'"manifest_version":9')
    with pytest.raises(UpstreamBroken, match=r"version 1 or 2 or 3"):
        decoded(data, where="lake/raw.json")


def test_a_changed_byte_in_a_manifest_is_named():
    """A manifest whose content was edited is refused with its place."""
    data = encoded(_with_partition("raw/a.jsonl")).replace(b'"rows":1', b'"rows":2')
    with pytest.raises(UpstreamBroken, match=r"in lake/raw\.json"):
        decoded(data, where="lake/raw.json")


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b'{"run_id":"r"}', b"\xff"])
def test_a_damaged_manifest_is_named(data):
    """What is no manifest at all is refused with its place, never with a traceback of the parser."""
    with pytest.raises(UpstreamBroken, match=r"in lake/raw\.json"):
        decoded(data, where="lake/raw.json")


def test_a_float_has_no_place_in_a_manifest():
    """A float is refused with its path, since its text can drift between writers."""
    with pytest.raises(TypeError, match=r"\$\.a\[1\]"):
        canonical_json({"a": [1, 0.5]})


def test_a_schema_fingerprint_changes_with_any_column():
    """Name, type and nullability all count."""
    one = pa.schema([pa.field("a", pa.int32())])
    others = [pa.field("b", pa.int32()), pa.field("a", pa.int64()), pa.field("a", pa.int32(), nullable=False)]
    prints = {schema_fingerprint(schema_fields(pa.schema([field]))) for field in others}
    assert len(prints) == 3
    assert schema_fingerprint(schema_fields(one)) not in prints


records = st.lists(st.tuples(st.none() | st.text(max_size=5), st.none() | st.integers(-5, 5)), max_size=30)


def _table(items):
    return pa.table(
        {"a": pa.array([a for a, _ in items], pa.string()), "b": pa.array([b for _, b in items], pa.int64())}
    )


@given(st.lists(records, max_size=4))
def test_pieces_of_a_table_have_the_digests_of_tables_of_their_own(pieces):
    """Hashed once and summed piece by piece, or each by itself."""
    whole = _table([item for piece in pieces for item in piece])
    found = content_digests(whole, [len(piece) for piece in pieces])
    assert found == [content_digest(_table(piece)) for piece in pieces]


@given(records, st.randoms(), st.integers(1, 4))
def test_content_digest_ignores_order_and_partitioning(items, random, pieces):
    """The digest of the whole is the sum over any split in any order."""
    shuffled = random.sample(items, len(items))
    parts = [_table(shuffled[number::pieces]) for number in range(pieces)]
    assert total_digest([content_digest(part) for part in parts]) == content_digest(_table(items))


@given(records, records)
def test_content_digest_tells_different_rows_apart(one, other):
    """Different multisets of rows have different digests."""
    same = sorted(map(repr, one)) == sorted(map(repr, other))
    assert (content_digest(_table(one)) == content_digest(_table(other))) == same


def test_content_digest_is_pinned():
    """The digest is an agreement between versions: if this changes, every committed manifest is void."""
    table = _table([("petición", 1), (None, None), ("", 0)])
    assert content_digest(table) == PINNED


PINNED = "3-50f751ca4d73b68c9a83ac7a56e03d95"


@given(manifests())
def test_what_was_decoded_is_not_decoded_again(manifest):
    """Reading a manifest again costs its bytes; bytes that changed meanwhile are read anew, and refused as ever."""
    data = encoded(manifest)
    first = decoded(data, where="here")
    assert decoded(bytes(bytearray(data)), where="here") is first
    with pytest.raises(UpstreamBroken, match="in here"):
        decoded(data.replace(b'"digest"', b'"Digest"'), where="here")
