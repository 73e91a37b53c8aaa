"""What the tests of databases share: a source as a profile declares it, and what it handed over."""

from __future__ import annotations

import contextlib
import sqlite3

from crm_tasks.profiles import Source

SECRET = "CRM_SECRET_READER"


def source(url, *tables, **more):
    kind = {"password": SECRET} if "reader@" in url else {}
    return Source.model_validate(
        {
            "source_system": "shop",
            "database": {"url": url, **kind, **more},
            "known_at": {"rule": "event"},
            "tables": list(tables),
        }
    )


def table(name="t", columns=("a",), **more):
    named = {} if "query" in more else {"table": more.pop("table", name)}
    columns = columns if isinstance(columns, dict) else dict.fromkeys(columns, "plain")
    return {"name": name, "columns": columns, "feeds": [], **named, **more}


def texts(extract):
    """Return an extract's rows as dictionaries of text."""
    rows = [row for chunk in extract.chunks() for row in chunk.rows.to_pylist()]
    hidden = {"record_no", "byte_offset"}
    return [{k: v for k, v in row.items() if k not in hidden} for row in rows]


def write_sqlite(file, *statements):
    """Run statements on a SQLite file, which is made if it is not there."""
    with contextlib.closing(sqlite3.connect(file)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()


def refused(extract):
    return [record.reason for chunk in extract.chunks() for record in chunk.refused]
