"""`pqr lab`: exercises in data engineering on a small inbox, each with a text, files to mend and a check."""
