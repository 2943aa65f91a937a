"""The whole product on one machine, from a clean clone: what `make run`, `make test` and `make reset` stand on.

    bootstrap    makes the virtual environment; standard library only, run by the system's Python
    servers      PostgreSQL and Redis under a data folder; benchmarks and tests use it on its own
    supervisor   starts everything in order, keeps it alive, stops it cleanly
    __main__     the commands: run, test, reset, servers, exec

Everything that runs belongs to one data folder (``var/``, or ``SHIKEN_VAR_DIR``), and only its owner ends it.
"""
