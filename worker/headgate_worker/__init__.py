"""The reference worker: the Temporal workflows that Headgate starts when a webhook arrives.

`AirbyteSync` brings data in, `DbtBuild` builds models on it, `SyncThenBuild` does one after the other.

    inputs      what a workflow may be asked, decoded strictly
    reports     what it answers
    workflows   the three workflows (deterministic, no I/O)
    activities  the steps that touch the world, bound to the worker's settings
    settings    the worker's own file: connections, dbt project, folders
    airbyte_api       Airbyte's public API
    connector         an Airbyte connector as a child process, for machines without an Airbyte server
    bronze            where its records are kept: DuckDB, schema `bronze`
    dbt_build         one `dbt build`, and what its outcome means
    child             child processes that are never left behind
    serve, show       the command lines
"""

__version__ = "0.1.0"
