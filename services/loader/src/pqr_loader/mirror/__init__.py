"""Making tables of Postgres equal to the datasets of a run."""
