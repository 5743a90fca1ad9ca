"""All that is done to Postgres: connecting, shaping tables, staging rows, showing and recording runs."""
