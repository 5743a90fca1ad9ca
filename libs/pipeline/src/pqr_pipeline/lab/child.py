"""The process that one check runs in: `python -m pqr_pipeline.lab.child LAB EXERCISE VERDICT`.

Whatever a student's code raises ends it, through the hook of the interpreter, with a sentence in the file VERDICT.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from types import TracebackType

from pqr_common.errors import PqrError, Transient, VerificationFailed
from pqr_pipeline.lab.course import exercise
from pqr_pipeline.lab.inbox import Inbox
from pqr_pipeline.lab.work import Work, told

__all__: list[str] = []


def main() -> None:
    lab, number, verdict = Path(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])

    def write(code: int, said: str) -> None:
        verdict.write_text(json.dumps([code, said]), encoding="utf-8")

    def hook(_kind: type[BaseException], error: BaseException, _trace: TracebackType | None) -> None:
        kind = Transient if isinstance(error, Transient) else VerificationFailed
        write(kind.exit_code, str(error) if isinstance(error, PqrError) else told(error, lab))

    sys.excepthook = hook
    os.environ.setdefault("ACERO_ALIGNMENT_HANDLING", "reallocate")  # else Arrow warns of what lies as a file has it
    asked = exercise(number)
    write(0, asked.check(Work(lab / asked.name, Inbox(lab), is_limited=True)))


if __name__ == "__main__":
    main()
