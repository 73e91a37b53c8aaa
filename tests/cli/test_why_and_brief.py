"""`crm why` and `crm brief` on a plan of three customers, published in a file of its own."""

from __future__ import annotations

import duckdb
import pyarrow as pa
import pytest

from crm_tasks.cli import brief, why
from crm_tasks.contracts import find_table
from crm_tasks.strategy.brief.words import WORDS
from crm_tasks.strategy.plan import plan_contacts
from crm_tasks.strategy.rules import load_rules
from crm_tasks.warehouse.home import Home
from crm_tasks.warehouse.scratch import scratch
from tests.strategy.builders import AS_OF, customer, frames, params

ELSE = ("core.dim_customers", "ml.segments", "ml.segment_definitions")


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """Return a home that serves a plan of three customers: one has no consent to letters."""
    home = Home(tmp_path_factory.mktemp("why"))
    home.serve.mkdir()
    given = frames(customer("a", consent_mail=False), customer("b"), customer("c"))
    with scratch(home, "1GB", given) as lent:
        plan = plan_contacts(lent, params(), load_rules()).whole()
    tables = {f"strategy.{name}": rows for name, rows in plan.items()}
    tables["features.feat_customers_wide"] = given["customers"]
    tables |= {name: find_table(name).arrow_schema.empty_table() for name in ELSE}
    tables["core.dim_customers"] = pa.table({
        field.name: pa.array(["a" if field.name == "customer_id" else None]).cast(field.type)
        for field in find_table("core.dim_customers").arrow_schema
    })  # fmt: skip
    tables["strategy.decision_briefs"] = pa.Table.from_pylist([
        {"language": lang, "format": form, "content": f"{lang} {form} page\n", "as_of_date": AS_OF}
        for lang in ("en", "zh") for form in ("html", "md")
    ])  # fmt: skip
    file = home.serve / "crm_000001_abc.duckdb"
    with duckdb.connect(str(file)) as connection:
        for name, rows in tables.items():
            connection.execute(f"create schema if not exists {name.split('.')[0]}")
            connection.register("rows", rows)
            connection.execute(f"create table {name} as select * from rows")
            connection.unregister("rows")
    home.served_link.symlink_to(file.name)
    return home.root


def test_why_tells_rules_scores_options_and_what_stood_before_them(call, published):
    ended = call("why", "a", "--home", published)
    assert ended.code == 0, ended.err
    for told in (
        "regular_learns_programme", "frequency=20", "regularity", "Orders regularly, 20 orders",
        "No consent to this channel", "Another option ranks higher for this customer",
    ):  # fmt: skip
        assert told in ended.out, told
    assert ended.out.count("No consent to this channel") == 4


def test_why_speaks_chinese(call, published):
    ended = call("why", "a", "--lang", "zh", "--home", published)
    assert ended.code == 0, ended.err
    assert "未同意使用该渠道" in ended.out
    assert "购买有规律" in ended.out


def test_a_customer_nobody_knows_is_told(call, published):
    ended = call("why", "nobody", "--home", published)
    assert ended.code == 1
    assert "no customer 'nobody' in core.dim_customers" in ended.err


def test_the_brief_is_printed_or_written(call, published, tmp_path):
    printed = call("brief", "--lang", "zh", "--home", published)
    assert printed.out == "zh md page\n"
    file = tmp_path / "week.html"
    written = call("brief", "--format", "html", "--out", file, "--home", published)
    assert written.code == 0, written.err
    assert file.read_text(encoding="utf-8") == "en html page\n"
    ended = call("brief", "--out", tmp_path / "none" / "x.md", "--home", published)
    assert ended.code == 1
    assert "there is no folder" in ended.err


def test_both_speak_the_languages_the_brief_has_words_in():
    assert {language.value for language in brief.Language} == set(WORDS)
    assert {language.value for language in why.Language} == set(WORDS)
    assert {frozenset(words) for words in WORDS.values()} == {frozenset(WORDS["en"])}
