"""One module per exercise, named like its folder: `check(work)` says what it found to be right, or raises Differs."""
