"""The recipes of docs/recipes run, on answers in the shape that the platforms document."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import yaml

from crm_tasks.profiles import load_profile
from crm_tasks.settings import PROJECT
from crm_tasks.steps.attempt import Attempt
from crm_tasks.steps.runner import run_all
from crm_tasks.warehouse.connection import sandboxed_reader
from crm_tasks.warehouse.home import Home
from tests.connectors.web_on_loopback import Answer, site

RECIPES = PROJECT / "docs" / "recipes"
TOKEN = "not-a-secret-of-anybody"


def account(number, name):
    return {
        "id": number, "username": name, "acct": f"{name}@social.example", "display_name": "Canary",
        "created_at": "2023-01-01T00:00:00.000Z", "bot": False, "followers_count": 2,
    }  # fmt: skip


def post(number, who, text, mentions=(), reply_to=None):
    return {
        "id": number, "created_at": f"2026-03-0{int(number) % 9 + 1}T10:00:00.000Z",
        "in_reply_to_id": "1" if reply_to else None, "in_reply_to_account_id": reply_to,
        "sensitive": False, "visibility": "public", "language": "en", "content": f"<p>{text}</p>",
        "reblog": None, "account": who, "tags": [], "media_attachments": [],
        "mentions": [{k: m[k] for k in ("id", "username", "acct")} for m in mentions],
    }  # fmt: skip


ANN, BEN, CAN = account("1001", "ann"), account("1002", "ben"), account("77", "can")


def answer_as_a_microblog(running):
    """Two accounts: five posts on three pages, three mentions, two replies, three followers."""
    pages = {
        None: [post("15", ANN, "canary", [BEN, CAN]), post("14", ANN, "hello", reply_to="77")],
        "14": [post("13", ANN, "older")],
    }

    def statuses(given):
        page = given.get("max_id")
        link = '</api/v1/accounts/1001/statuses?limit=40&max_id=14>; rel="next"'
        return Answer(pages[page], headers={} if page else {"Link": link})

    running.routes["/api/v1/accounts/1001/statuses"] = statuses
    running.routes["/api/v1/accounts/1002/statuses"] = Answer(
        [post("25", BEN, "x", [ANN], reply_to="1001"), post("24", BEN, "y")]
    )
    running.routes["/api/v1/accounts/1001/followers"] = Answer([BEN, CAN])
    running.routes["/api/v1/accounts/1002/followers"] = Answer([CAN])


def write_export(folder):
    """Two personal chats of account 900, one message with formatted text, one service message."""

    def message(number, who, text, **more):
        return {
            "id": number, "type": "message", "date": f"2026-03-01T10:0{number}:00",
            "date_unixtime": "0", "from": "Canary", "from_id": f"user{who}", "text": text,
            "text_entities": [], **more,
        }  # fmt: skip

    rich = ["see ", {"type": "link", "text": "https://canary.example"}]
    chats = [
        {
            "name": "Canary One", "type": "personal_chat", "id": 501,
            "messages": [
                message(1, 501, "hello"),
                message(2, 900, rich, reply_to_message_id=1),
                {"id": 3, "type": "service", "date": "2026-03-01T10:03:00", "actor": "Canary",
                 "actor_id": "user501", "action": "phone_call", "text": ""},
            ],
        },
        {"name": None, "type": "personal_chat", "id": 502, "messages": [message(1, 502, "hi")]},
        {"name": "empty", "type": "saved_messages", "id": 503, "messages": []},
    ]  # fmt: skip
    (folder / "exports" / "2026-03").mkdir(parents=True)
    export = {"about": "Here is the data you requested.", "chats": {"about": "", "list": chats}}
    file = folder / "exports" / "2026-03" / "result.json"
    file.write_text(json.dumps(export, ensure_ascii=False, indent=1))


def together(folder, url):
    """Write one profile with the sources of both recipes, so that one run shows both."""
    blog = yaml.safe_load((RECIPES / "microblog.yml").read_text())
    chat = yaml.safe_load((RECIPES / "messenger.yml").read_text())
    blog["sources"][0]["web"] |= {"url": url, "requests_per_second": 100}
    both = blog | {"sources": blog["sources"] + chat["sources"], "default_as_of": "2026-06-01"}
    both |= {"is_synthetic": True, "uses_demo_key": True}
    path = folder / "both.yml"
    path.write_text(json.dumps(both))
    return path


@pytest.mark.parametrize("name", ["microblog", "messenger"])
def test_a_recipe_is_a_profile(name):
    assert load_profile(str(RECIPES / f"{name}.yml")).profile == name


@pytest.mark.slow
def test_the_recipes_land_and_stage_what_platforms_give(tmp_path, monkeypatch):
    monkeypatch.setenv("CRM_SECRET_MICROBLOG", TOKEN)
    write_export(tmp_path)
    home = Home(tmp_path / "home")
    with site() as running:
        answer_as_a_microblog(running)
        profile = together(tmp_path, running.url)
        run_all(Attempt("a", str(profile), str(home.root)), until="staging")
        # Two tables share the pages of the posts: three pages, and two of followers.
        assert len(running.asked) == 5
        assert {headers["Authorization"] for _, headers in running.asked} == {f"Bearer {TOKEN}"}

    landed = {
        path.parent.parent.name: pq.read_table(path, partitioning=None)
        for path in home.landing.rglob("rows.parquet")
    }
    assert {name: rows.num_rows for name, rows in landed.items()} == {
        "posts": 5, "mentions": 3, "followers": 3, "messages": 4,
    }  # fmt: skip
    assert "raw_payload" not in landed["posts"].column_names
    assert_said(home)
    lake = [path for path in home.root.rglob("*") if path.is_file()]
    assert [path for path in lake if b"anary" in path.read_bytes()] == []


def assert_said(home):
    """What stands in staging, row by row."""
    with sandboxed_reader(home.warehouse_file) as connection:
        interactions = connection.execute(
            "select interaction_type, actor_source_id, target_source_id, count(*) "
            "from staging.stg_social_interactions where reject_reason is null "
            "group by all order by all"
        ).fetchall()
        messages = connection.execute(
            "select message_source_id, conversation_source_id, direction, cast(sent_at as varchar) "
            "from staging.stg_messages where reject_reason is null order by all"
        ).fetchall()
        refused = connection.execute(
            "select count(*) from staging.stg_social_interactions where reject_reason is not null"
        ).fetchall()
    assert refused == [(0,)]
    by_type = {}
    for kind, actor, target, n in interactions:
        by_type.setdefault(kind, []).append((actor, target, n))
    assert by_type["mention"] == [("1001", "1002", 1), ("1001", "77", 1), ("1002", "1001", 1)]
    assert by_type["follow"] == [("1002", "1001", 1), ("77", "1001", 1), ("77", "1002", 1)]
    posts = [row for kind in by_type if kind not in ("mention", "follow") for row in by_type[kind]]
    assert sorted(posts, key=str) == [
        ("1001", "77", 1), ("1001", None, 2), ("1002", "1001", 1), ("1002", None, 1),
    ]  # fmt: skip
    assert messages == [
        ("501-1", "501", "in", "2026-03-01 09:01:00"),
        ("501-2", "501", "out", "2026-03-01 09:02:00"),
        ("501-3", "501", "in", "2026-03-01 09:03:00"),
        ("502-1", "502", "in", "2026-03-01 09:01:00"),
    ]


def test_the_page_about_recipes_names_each():
    page = (RECIPES / "README.md").read_text()
    found = sorted(Path(RECIPES).glob("*.yml"))
    assert found
    assert [path.name for path in found if f"({path.name})" not in page] == []
