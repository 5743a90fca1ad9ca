"""`python -m pqr_pipeline` is the `pqr` command."""

from __future__ import annotations

from pqr_pipeline.command.main import main

if __name__ == "__main__":
    main()
