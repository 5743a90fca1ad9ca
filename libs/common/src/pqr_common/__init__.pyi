# The public face: all that a service takes from the engine besides `pqr_common.errors`. A name is loaded when it is
# first asked for, so that who reads Postgres alone needs no Dask. tests/repo/test_imports.py holds services to it.
