"""A dbt that stays warm: runs one call after another, as lines of JSON ask for them.

`crm` starts a dbt process per layer; most of its seconds go into starting. A test that runs many
layers asks this process instead: the same dbt, the same arguments, the same result files. The
database is let go of after each call, as it is when a process ends.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys

from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner


def serve() -> None:
    """Answer each line with the exit code that a process of its own would have had."""
    answers = sys.stdout
    with contextlib.redirect_stdout(sys.stderr):
        for line in sys.stdin:
            asked = json.loads(line)
            os.environ.update(asked["environment"])
            ended = dbtRunner().invoke(asked["arguments"])
            DuckDBConnectionManager.close_all_connections()
            answers.write(json.dumps({"code": 0 if ended.success else 1}) + "\n")
            answers.flush()


if __name__ == "__main__":  # dbt may import this module again in processes of its own
    serve()
