"""What the platforms of docs/recipes answer and export, in the shape that they document."""

from __future__ import annotations

import json

import yaml

from crm_tasks.settings import PROJECT
from tests.connectors.web_on_loopback import Answer

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


def recipe_sources(folder, running):
    """Return the sources of both recipes, the platforms behind them at work."""
    write_export(folder)
    answer_as_a_microblog(running)
    blog = yaml.safe_load((RECIPES / "microblog.yml").read_text())["sources"]
    chat = yaml.safe_load((RECIPES / "messenger.yml").read_text())["sources"]
    blog[0]["web"] |= {"url": running.url, "requests_per_second": 100}
    return blog + chat
