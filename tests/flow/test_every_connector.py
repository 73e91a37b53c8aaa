"""The same hundred rows through every connector are the same rows in staging, byte for byte.

One run lands and stages them all, and the recipes for social platforms with them.
"""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import html
import io
import json
import zipfile
from decimal import Decimal
from functools import partial

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from bson import Decimal128

from crm_tasks.steps.attempt import Attempt
from crm_tasks.steps.runner import run_all
from crm_tasks.warehouse.connection import sandboxed_reader
from crm_tasks.warehouse.hashes import content_hash
from crm_tasks.warehouse.home import Home
from tests.connectors.databases_on_loopback import MARIADB, PASSWORD
from tests.connectors.mongo_on_loopback import mongo
from tests.connectors.sources import write_sqlite
from tests.connectors.web_on_loopback import Answer, site
from tests.flow.platforms import TOKEN, recipe_sources

pytestmark = pytest.mark.slow

NAMES = ("no", "article", "mail", "pieces", "amount", "at", "day", "ok", "remark")
WORDS = ("茶 <b> & Co", 'say "hi"', "it's; 1,5", "Straße", "👩‍💻", "-")
#: Of stg_* tables, what says where a row comes from and not what it says.
METADATA = {"source_system", "batch_id", "record_no", "landing_sequence", "source_file_sha256",
            "landed_at", "known_at_rule", "known_at_lag_days"}  # fmt: skip
STAGED = {
    "stg_order_items": 100,
    "stg_campaigns": 100,
    "stg_customers": 100,
}


def hundred():
    """Return the rows, typed: ids with leading zeros, money, moments, days, yes and no, gaps."""
    first = dt.datetime(2024, 2, 28, 22, 30)  # noqa: DTZ001 (wall-clock time of the company)
    return [
        {
            "no": f"{n:05d}",
            "article": f"{WORDS[n % len(WORDS)]} {n}",
            "mail": f"person{n}@example.org" if n % 7 else "no address",
            "pieces": n - 3,
            "amount": Decimal(n * 37 - 400) / 100,
            "at": first + dt.timedelta(hours=7 * n, seconds=n),
            "day": dt.date(2024, 2, 28) + dt.timedelta(days=n),
            "ok": n % 3 == 0,
            "remark": None if n % 4 else f"remark {n}",
        }
        for n in range(1, 101)
    ]


def as_text(value):
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)


def texts():
    return [[as_text(row[name]) for name in NAMES] for row in hundred()]


def delimited(delimiter):
    file = io.StringIO()
    writer = csv.writer(file, delimiter=delimiter, lineterminator="\n")
    writer.writerows([NAMES, *texts()])
    return file.getvalue().encode()


def plain(row):
    """Return a row as JSON holds it; money as a number that is written exactly."""
    return {
        name: float(value) if isinstance(value, Decimal) else value
        if isinstance(value, bool | int | None) else str(value)
        for name, value in row.items()
    }  # fmt: skip


def page(rows):
    cells = [f"<tr>{''.join(f'<td>{html.escape(text)}</td>' for text in row)}</tr>" for row in rows]
    head = "".join(f"<th>{name}</th>" for name in NAMES)
    return f"<meta charset=utf-8><table><tr>{head}</tr>{''.join(cells)}</table>"


def write_files(folder):
    """Write the rows in every form of file; return the tables of a profile by source."""
    (folder / "t.csv").write_bytes(delimited(","))
    (folder / "t.tsv").write_bytes(delimited("\t"))
    (folder / "t.csv.gz").write_bytes(gzip.compress(delimited(",")))
    with zipfile.ZipFile(folder / "t.zip", "w") as archive:
        archive.writestr("t.csv", delimited(","))
    records = [plain(row) for row in hundred()]
    (folder / "t.json").write_text(json.dumps({"data": {"rows": records}}))
    (folder / "t.jsonl").write_text("\n".join(map(json.dumps, records)))
    (folder / "t.html").write_text(page(texts()))
    pq.write_table(pa.Table.from_pylist(hundred()), folder / "t.parquet")
    book = openpyxl.Workbook()
    for row in [NAMES, *([*r.values()] for r in hundred())]:
        book.active.append([float(v) if isinstance(v, Decimal) else v for v in row])
    book.save(folder / "t.xlsx")
    return {
        "csv": {"files": "t.csv", "format": "csv"},
        "tsv": {"files": "t.tsv", "format": "csv", "delimiter": "\t"},
        "csv_gz": {"files": "t.csv.gz", "format": "csv"},
        "csv_zip": {"files": "t.zip", "format": "csv"},
        "json": {"files": "t.json", "format": "json", "records": "data.rows"},
        "jsonl": {"files": "t.jsonl", "format": "jsonl"},
        "html_file": {"files": "t.html", "format": "html"},
        "parquet": {"files": "t.parquet", "format": "parquet"},
        "xlsx": {"files": "t.xlsx", "format": "xlsx"},
    }


TYPES = ("text", "text", "text", "integer", "numeric(18,2)", "timestamp", "date", "boolean", "text")


def fill_sql(run, types=TYPES, more=()):
    """Make the table and fill it, last row first."""
    columns = ", ".join(f"{name} {type_}" for name, type_ in zip(NAMES, types, strict=True))

    def literal(value):
        if value is None or isinstance(value, bool | int | Decimal):
            return str("null" if value is None else value)
        return "'" + str(value).replace("'", "''") + "'"

    rows = (f"({', '.join(map(literal, row.values()))})" for row in reversed(hundred()))
    run(
        "drop table if exists hundred",
        f"create table hundred ({columns})",
        f"insert into hundred values {', '.join(rows)}",
        *more,
    )


def sqlite_source(folder):
    fill_sql(partial(write_sqlite, folder / "t.db"))
    return {"database": {"url": "sqlite:///t.db"}}, {"table": "hundred"}


def server_source(server):
    kinds = {"mysql": ("varchar(99)", "datetime"), "postgresql": ("text", "timestamp")}
    text, moment = kinds[server.kind]
    types = [{"text": text, "timestamp": moment}.get(type_, type_) for type_ in TYPES]
    more = ["grant select on hundred to reader"] if server.kind == "postgresql" else []
    fill_sql(server.run, types, more)
    database = {"url": server.url, "password": "CRM_SECRET_READER"}
    return {"database": database}, {"table": "hundred"}


def mongo_source(server):
    def document(row):
        row = {**row, "amount": Decimal128(row["amount"]), "day": str(row["day"])}
        row["at"] = str(row["at"])  # a moment of MongoDB has a zone; the company's clock has none
        return {name: value for name, value in row.items() if value is not None}

    held = [{**document(row), "_id": n} for n, row in enumerate(reversed(hundred()))]
    server.collections = {"hundred": held}
    return {"database": {"url": server.url}}, {"table": "hundred"}


def web_sources(running):
    records = [plain(row) for row in hundred()]
    running.routes["/rows"] = lambda given: Answer(
        {"rows": records[(at := 40 * (int(given["page"]) - 1)) : at + 40]}
    )
    running.routes["/page"] = lambda given: Answer(
        page(texts()[(at := int(given["from"])) : at + 30])
    )
    web = {"url": running.url, "requests_per_second": 100}
    numbered = {"by": "page_number", "parameter": "page"}
    rest = {"request": {"path": "/rows", "paging": numbered}, "records": "rows"}
    offset = {"by": "offset", "parameter": "from"}
    pages = {"request": {"path": "/page", "paging": offset}, "format": "html"}
    return {"rest": ({"web": web}, rest), "html_page": ({"web": web}, pages)}


def profile(folder, places, more_sources):
    """Write the profile with one source per connector, all with the same mapping."""
    columns = dict.fromkeys(NAMES, "plain") | {"mail": {"identifying": "email"}}
    items = {
        "order_item_source_id": "no", "order_source_id": {"concat": ["no", "article"]},
        "customer_source_id": "remark", "product_source_id": "article", "ordered_at": "at",
        "quantity": "pieces", "net_amount": "amount",
    }  # fmt: skip
    campaigns = {
        "campaign_source_id": "no", "start_date": "day", "end_date": "day", "is_randomized": "ok",
    }  # fmt: skip
    people = {"customer_source_id": "no", "age_band": "mail_token", "home_ownership": "mail_status"}
    maps = {"order_items": items, "campaigns": campaigns, "customers": people}
    sources = []
    for name, (place, table) in places.items():
        kinds = {**columns, **({"_id": "plain"} if name == "mongo" else {})}
        feeds = [{"entity": entity, "map": fields} for entity, fields in maps.items()]
        tables = [{"name": "hundred", "columns": kinds, "feeds": feeds, **table}]
        known = {"known_at": {"rule": "event"}}
        sources.append({"source_system": name, **place, **known, "tables": tables})
    written = {
        "profile": "hundred", "title": "T", "provenance": "P", "time_zone": "Europe/Madrid",
        "currency_code": "EUR", "default_as_of": dt.date(2026, 6, 1), "is_synthetic": True,
        "uses_demo_key": True, "contact": {"channels": ["mail"]}, "sources": sources + more_sources,
    }  # fmt: skip
    path = folder / "hundred.yml"
    path.write_text(json.dumps(written, default=str))  # JSON is YAML, without aliases
    return path


def staged(home, source, table):
    """Return row count and hash of what one source became."""
    with sandboxed_reader(home.warehouse_file) as connection:
        query = f"describe staging.{table}"
        columns = [row[0] for row in connection.execute(query).fetchall()]
        kept = [name for name in columns if name not in METADATA]
        rows = f"(select * from staging.{table} where source_system = '{source}')"
        return content_hash(connection, rows, kept, kept[:1])


@pytest.fixture(scope="module")
def run(tmp_path_factory, request, postgres_server):
    """Return the home of one run over all connectors, their names, and what the web was asked."""
    folder = tmp_path_factory.mktemp("connectors")
    with pytest.MonkeyPatch.context() as patch, mongo() as documents, site() as running:
        patch.setenv("CRM_SECRET_READER", PASSWORD)
        patch.setenv("CRM_SECRET_MICROBLOG", TOKEN)
        places = {name: ({"root": "."}, table) for name, table in write_files(folder).items()}
        places["sqlite"] = sqlite_source(folder)
        places["postgres"] = server_source(postgres_server)
        if MARIADB is not None:
            places["mariadb"] = server_source(request.getfixturevalue("mariadb_server"))
        places["mongo"] = mongo_source(documents)
        places |= web_sources(running)
        home = Home(folder / "home")
        written = profile(folder, places, recipe_sources(folder, running))
        run_all(Attempt("a", str(written), str(home.root)), until="staging")
        return home, list(places), running.asked


def test_a_hundred_rows_are_the_same_through_every_connector(run):
    home, names, _ = run
    for table, n_rows in STAGED.items():
        hashes = {name: staged(home, name, table) for name in names}
        assert hashes["csv"][0] == n_rows
        assert {name: found for name, found in hashes.items() if found != hashes["csv"]} == {}
    query = "select count(*) from staging.stg_order_items where reject_reason is not null"
    assert rows_of(home, query) == [(0,)]
    if MARIADB is None:
        pytest.skip("all others are the same; MariaDB needs: apt install mariadb-server")


def test_the_recipes_land_what_platforms_give_and_ask_once(run):
    home, _, asked = run
    blog = [headers for target, headers in asked if target.startswith("/api/v1/")]
    assert len(blog) == 5  # three pages of posts, which two tables share, and two of followers
    assert {headers["Authorization"] for headers in blog} == {f"Bearer {TOKEN}"}
    landed = {
        path.parent.parent.name: pq.read_table(path, partitioning=None)
        for system in ("microblog", "messenger")
        for path in (home.landing / system).rglob("rows.parquet")
    }
    assert {name: rows.num_rows for name, rows in landed.items()} == {
        "posts": 5, "mentions": 3, "followers": 3, "messages": 4,
    }  # fmt: skip
    assert "raw_payload" not in landed["posts"].column_names
    files = [path for path in home.root.rglob("*") if path.is_file()]
    assert [path for path in files if b"anary" in path.read_bytes()] == []


def test_posts_replies_mentions_follows_and_messages_are_what_they_are(run):
    home, _, _ = run
    interactions = rows_of(
        home,
        "select interaction_type, actor_source_id, target_source_id, count(*) "
        "from staging.stg_social_interactions where reject_reason is null "
        "group by all order by all",
    )
    by_type = {}
    for kind, actor, target, n in interactions:
        by_type.setdefault(kind, []).append((actor, target, n))
    assert by_type["mention"] == [("1001", "1002", 1), ("1001", "77", 1), ("1002", "1001", 1)]
    assert by_type["follow"] == [("1002", "1001", 1), ("77", "1001", 1), ("77", "1002", 1)]
    posts = [row for kind in by_type if kind not in ("mention", "follow") for row in by_type[kind]]
    assert sorted(posts, key=str) == [
        ("1001", "77", 1), ("1001", None, 2), ("1002", "1001", 1), ("1002", None, 1),
    ]  # fmt: skip
    assert rows_of(
        home,
        "select message_source_id, conversation_source_id, direction, cast(sent_at as varchar) "
        "from staging.stg_messages where reject_reason is null order by all",
    ) == [
        ("501-1", "501", "in", "2026-03-01 09:01:00"),
        ("501-2", "501", "out", "2026-03-01 09:02:00"),
        ("501-3", "501", "in", "2026-03-01 09:03:00"),
        ("502-1", "502", "in", "2026-03-01 09:01:00"),
    ]


def rows_of(home, query):
    with sandboxed_reader(home.warehouse_file) as connection:
        return connection.execute(query).fetchall()
