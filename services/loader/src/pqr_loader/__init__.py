"""The loader: makes Postgres equal to the manifests of a run, exactly once."""
