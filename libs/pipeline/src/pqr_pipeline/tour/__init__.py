"""`pqr tour`: ten stops through a small inbox of its own, each with what to notice and the file that does it."""
