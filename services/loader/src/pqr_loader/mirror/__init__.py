"""What Postgres must hold so that it mirrors a run, and what is not as it must be. Pure."""
