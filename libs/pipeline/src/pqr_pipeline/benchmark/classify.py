"""What the text of requests tells of their types: a baseline by scikit-learn, TF-IDF and logistic regression."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from pqr_common.errors import InvalidSettings
from pqr_common.lake.port import Lake
from pqr_common.manifest.runs import RunRecords
from pqr_common.tables.parquet import parquet_table
from pqr_common.tables.sql import query
from pqrs.catalogue import PQRS_TYPES

__all__ = ["Score", "classify"]

TRAINED, OF = 4, 5  # parts of the days
LEAST_COUNT = 2  # of a word, to be learned
STRENGTH = 10  # the inverse of the regularisation
STEPS_MAX = 1_000

# Copies of a mail are other lines than the one that the answer key names.
REQUESTS = """
select answers.day, emails.subject || ' ' || emails.body as text, answers.pqrs_type
from emails
join answers
    on answers.day = emails.raw_day and answers.part = emails.raw_part and answers.line = emails.raw_line
where answers.record = 'ticket'
"""


@dataclass(frozen=True, slots=True)
class Score:
    """Of the requests that arrived from `tested_from` on, after learning from those before.

    `majority` is the accuracy of who always says the commonest type. `confusion` counts requests: a row for each true
    type and a column for each predicted one, in the order of `types`.
    """

    run_id: str
    trained: int
    tested: int
    tested_from: str
    accuracy: float
    macro_f1: float
    majority: float
    types: list[str]
    confusion: list[list[int]]


def classify(lake: Lake, run_id: str) -> Score:
    """Train on the first 80 % of the days that have requests, test on the rest.

    InvalidSettings without scikit-learn or for a run too short, UpstreamBroken for one without bronze e-mails.
    """
    records = RunRecords(lake, run_id)
    records.parameters()
    _refuse_without_learner()
    requests = _requests(lake, records)
    days = sorted(set(requests["day"].to_pylist()))
    if len(days) < OF:
        raise InvalidSettings(
            f"A run to learn from must have requests on {OF} days, found {len(days)} in {run_id}: choose a longer one."
        )
    tested_from = days[len(days) * TRAINED // OF]
    known, other = (
        query(f"select * from requests where day {side} $day", {"day": tested_from}, requests=requests)
        for side in ("<", ">=")
    )
    return _score(run_id, known, other, tested_from=str(tested_from))


def _refuse_without_learner() -> None:
    try:
        import sklearn  # noqa: F401
    except ImportError as error:
        raise InvalidSettings(
            "`pqr benchmark classify` needs scikit-learn, found none: install the extra `benchmark` of pqr-pipeline."
        ) from error


def _requests(lake: Lake, records: RunRecords) -> pa.Table:
    """`day`, `text` and true `pqrs_type` of each request."""
    key, emails = records.upstream("raw").dataset("answers"), records.upstream("bronze").dataset("emails")
    answers = pa.concat_tables([parquet_table(lake.read(part)) for part in key.partitions])
    columns = ["raw_day", "raw_part", "raw_line", "subject", "body"]
    return pa.concat_tables(
        query(REQUESTS, emails=parquet_table(lake.read(part), columns), answers=answers) for part in emails.partitions
    )


def _score(run_id: str, known: pa.Table, other: pa.Table, *, tested_from: str) -> Score:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import accuracy_score, confusion_matrix, f1_score

    learned, true = known["pqrs_type"].to_pylist(), other["pqrs_type"].to_pylist()
    words = TfidfVectorizer(min_df=LEAST_COUNT, sublinear_tf=True)
    model = LogisticRegression(C=STRENGTH, max_iter=STEPS_MAX)
    model.fit(words.fit_transform(known["text"].to_pylist()), learned)
    predicted = model.predict(words.transform(other["text"].to_pylist())).tolist()
    types = [kind for kind in PQRS_TYPES if kind in {*true, *predicted}]
    return Score(
        run_id=run_id,
        trained=len(learned),
        tested=len(true),
        tested_from=tested_from,
        accuracy=float(accuracy_score(true, predicted)),
        macro_f1=float(f1_score(true, predicted, average="macro")),
        majority=true.count(max(set(learned), key=learned.count)) / len(true),
        types=types,
        confusion=confusion_matrix(true, predicted, labels=types).tolist(),
    )
