"""A proposal as YAML: every decision has its comment, and what is decided loads."""

from __future__ import annotations

import re

import pytest

from crm_tasks.errors import ProfileError
from crm_tasks.profiles import load_profile
from crm_tasks.profiling.company import SourceProposal, Told, propose_company
from crm_tasks.profiling.document import write_profile
from crm_tasks.profiling.proposal import propose_tables
from tests.profiling.tables import chinese_names, draft, invoice_lines

PEOPLE = {
    "客户编号": [f"K{n:03d}" for n in range(30)],
    "姓名": chinese_names(30),
    "邮箱": [f"p{n}@example.org" for n in range(30)],
    "no": ["12,50", "1.013,00"] * 15,
    "on": ["N/A", "3"] * 15,
    "登记日期": ["2024/1/5", "2024/2/15"] * 15,
}


def written(*drafts) -> str:
    tables = tuple(propose_tables(drafts))
    return write_profile(propose_company(Told("shop"), [SourceProposal("shop", ".", tables)]))


@pytest.fixture
def loaded(tmp_path):
    def load(text: str):
        path = tmp_path / "shop.yml"
        path.write_text(text, encoding="utf-8")
        return load_profile(str(path))

    return load


def test_what_was_decided_loads_and_says_the_same(loaded):
    profile = loaded(written(draft("客户", PEOPLE), draft("lines", invoice_lines())))
    people, lines = profile.sources[0].tables
    assert (people.name, people.files) == ("ke_hu", "客户.csv")
    assert people.identifying == {"姓名": "name", "邮箱": "email"}
    assert people.null_tokens == ("", "N/A")
    assert people.formats_of("no").decimal == ","
    assert people.formats_of("登记日期").date == "%Y/%m/%d"
    assert {feed.entity for feed in lines.feeds} == {"orders", "products", "order_items"}
    assert profile.contact.consent_when_unknown == "deny"


def test_how_birth_dates_and_phone_numbers_are_read_is_told(loaded):
    phones = [f"1380013{n:04d}" for n in range(30)]
    born = {**PEOPLE, "生日": ["31.12.1980", "30.11.1990"] * 15, "手机": phones}
    profile = loaded(written(draft("客户", born)))
    (people,) = profile.sources[0].tables
    assert people.identifying["生日"] == "birth_date"
    assert people.formats_of("生日").date == "%d.%m.%Y"
    assert profile.identity.phone_regions == ("CN",)
    assert people.feeds[0].map["phone_token"] == "手机_token"


def test_every_decision_has_a_confidence_and_a_reason_in_both_languages():
    text = written(draft("客户", PEOPLE))
    body = text[text.index("profile:") :]
    decided = re.findall(
        r"^ +(?:客户编号|姓名|邮箱|no|on|登记日期|customer_source_id): .*$", body, re.MULTILINE
    )
    assert len(decided) >= 7
    for line in decided:
        if "column_values" not in line and "{date" not in line and "{decimal" not in line:
            assert re.search(r"# [01]\.\d\d .+ \| .*[\u4e00-\u9fff]", line), line
    for key in ("time_zone", "currency_code"):
        assert re.search(rf"^ *{key}: .* # ?[01]\.\d\d .+ \| ", body, re.MULTILINE), key


def test_no_value_of_the_data_is_quoted():
    text = written(draft("客户", PEOPLE))
    for value in ("p3@example.org", *PEOPLE["姓名"][:5], "K003", "1.013,00"):
        assert value not in text


def test_what_is_open_is_listed_at_the_top_and_does_not_load(loaded):
    columns = {
        **PEOPLE,
        "登记日期": ["03/04/2024", "05/06/2024"] * 15,
        "flurb": ["x", "y", "z"] * 10,
    }
    columns["flurb"] = [f"flurb {n}th" for n in range(30)]
    text = written(draft("客户", columns))
    assert "# Before it runs, 2 edits" in text
    assert "flurb: undecided" in text
    with pytest.raises(ProfileError, match="still undecided"):
        loaded(text)
    mended = text.replace("flurb: undecided", "flurb: plain").replace(
        "{date: undecided}", '{date: "%d/%m/%Y"}'
    )
    assert loaded(mended).sources[0].tables[0].formats_of("登记日期").date == "%d/%m/%Y"


def test_a_feed_that_lacks_a_field_stands_there_as_a_comment_to_complete(loaded):
    lines = invoice_lines()
    del lines["Quantity"]
    lines["Amount"] = lines.pop("UnitPrice")
    text = written(draft("order lines", lines))
    assert "# order_items could be fed; complete it" in text.replace("        #", "#")
    assert "quantity: '?'" in text or "quantity: ?" in text
    assert "order_items" not in {f.entity for f in loaded(text).sources[0].tables[0].feeds}


def test_a_table_nobody_knows_lands_and_says_that_it_feeds_nothing(loaded):
    text = written(draft("lines", invoice_lines()), draft("flurbs", {"city": ["a", "b"] * 9}))
    assert "no entity was recognised" in text
    assert loaded(text).sources[0].tables[1].feeds == ()


def test_several_files_are_told_by_a_pattern(loaded):
    files = ["sales-2024-01.csv", "sales-2024-02.csv"]
    text = written(draft("sales", invoice_lines(), files=files))
    assert loaded(text).sources[0].tables[0].files == "sales-2024-0*.csv"
    odd = written(draft("odd", invoice_lines(), files=["a[1]*.csv"]))
    assert loaded(odd).sources[0].tables[0].files == "a[[]1][*].csv"


def test_the_same_proposal_is_the_same_text():
    drafts = [draft("客户", PEOPLE), draft("lines", invoice_lines())]
    assert written(*drafts) == written(*drafts)
