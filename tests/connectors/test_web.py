"""The web: every page or none, politely, from one host, and what is no table is told so."""

from __future__ import annotations

import datetime as dt

import pytest

from crm_tasks.connectors.patience import Patience
from crm_tasks.connectors.web import Times, extract_web
from crm_tasks.connectors.web.html_tables import decoded_page
from crm_tasks.errors import LandingRefused, SettingsError, SourceUnavailable
from crm_tasks.profiles import Source
from tests.connectors.sources import refused, texts
from tests.connectors.web_on_loopback import Answer, site

KEY = b"k" * 32
AGENT = "Guanxi-Test/0.1 (test@example.org)"
TOKEN = "not-a-secret-of-anybody"
NOW = dt.datetime(2026, 5, 1, 10, 0)  # noqa: DTZ001 (UTC without zone, as the clock gives it)
IDS = {"id": "plain"}


def source(url, *tables, **more):
    place = {"url": url, "requests_per_second": 100, "timeout_seconds": 0.4, **more}
    return Source.model_validate(
        {
            "source_system": "site",
            "web": place,
            "known_at": {"rule": "landing"},
            "tables": list(tables),
        }
    )


def table(path="/items", paging=None, name="items", **more):
    request = {"path": path, **({"paging": paging} if paging else {})}
    request |= {key: more.pop(key) for key in ("parameters", "each") if key in more}
    columns = more.pop("columns", IDS)
    return {"name": name, "request": request, "columns": columns, "feeds": [], **more}


def items(*ids):
    return [{"id": n} for n in ids]


def ids(found):
    return [row["id"] for row in texts(found)]


@pytest.fixture
def web():
    with site() as running:
        yield running


class Waits:
    """A clock that does not wait, and keeps how long it was to."""

    def __init__(self):
        self.slept, self.elapsed = [], 0.0

    def sleep(self, seconds):
        self.slept.append(seconds)
        self.elapsed += seconds

    @property
    def times(self):
        return Times(lambda: NOW, lambda: self.elapsed, self.sleep)


@pytest.fixture
def waits():
    return Waits()


@pytest.fixture
def fetch(tmp_path, waits):
    made = []

    def run(asked, attempts=3):
        patience = Patience(attempts, 0.01, 0.02)
        extracts = extract_web(asked, AGENT, KEY, tmp_path, waits.times, patience)
        made.extend(extracts)
        return extracts

    yield run
    for one in made:
        one.spool.close()


# --- paging --------------------------------------------------------------------------------------


def by_link_header(web):
    link = '<http://elsewhere.example/>; rel="prev", </items?page=2>; rel="next"'
    web.routes["/items"] = lambda given: (
        Answer(items(3), headers={"Link": '</items?page=1>; rel="prev"'})
        if given.get("page") == "2"
        else Answer(items(1, 2), headers={"Link": link})
    )
    return {"by": "link_header"}, {}


def by_next_link(web):
    web.routes["/items"] = Answer({"data": items(1, 2), "paging": {"next": f"{web.url}/more"}})
    web.routes["/more"] = Answer({"data": items(3), "paging": {"next": None}})
    return {"by": "next_link", "at": "paging.next"}, {"records": "data"}


def by_token(web):
    web.routes["/items"] = lambda given: (
        Answer({"data": items(3), "meta": {"cursor": ""}})
        if given.get("cursor") == "a b&c"
        else Answer({"data": items(1, 2), "meta": {"cursor": "a b&c"}})
    )
    return {"by": "token", "parameter": "cursor", "at": "meta.cursor"}, {"records": "data"}


def by_page_number(web):
    pages = {"1": items(1, 2), "2": items(3)}
    web.routes["/items"] = lambda given: Answer(pages.get(given["page"], []))
    return {"by": "page_number", "parameter": "page"}, {}


def by_offset(web):
    held = items(1, 2, 3)
    web.routes["/items"] = lambda given: Answer(held[int(given["from"]) :][: int(given["size"])])
    return {"by": "offset", "parameter": "from"}, {"parameters": {"size": "2"}}


@pytest.mark.parametrize("way", [by_link_header, by_next_link, by_token, by_page_number, by_offset])
def test_all_pages_are_read_to_the_last(way, web, fetch):
    paging, more = way(web)
    (found,) = fetch(source(web.url, table(paging=paging, **more)))
    assert ids(found) == ["1", "2", "3"]
    rows = [row for chunk in found.chunks() for row in chunk.rows.to_pylist()]
    assert [row["record_no"] for row in rows] == [1, 2, 3]
    assert all(row["fetched_url"].startswith(f"{web.url}/") for row in rows)
    assert {row["fetched_at"] for row in rows} == {"2026-05-01 10:00:00Z"}


def test_when_a_page_was_fetched_makes_no_other_content(web, fetch, waits):
    web.routes["/items"] = Answer(items(1))
    asked = source(web.url, table())
    (first,) = fetch(asked)
    waits.elapsed += 3600
    (second,) = fetch(asked)
    assert first.content_digest == second.content_digest


def test_a_request_is_repeated_for_each_value_and_says_which(web, fetch):
    for account in ("7", "8"):
        web.routes[f"/a/{account}/items"] = Answer(items(int(account) * 10))
    columns = {"id": "plain", "request.account": "plain"}
    asked = table("/a/{account}/items", each={"account": ["7", "8"]}, columns=columns)
    (found,) = fetch(source(web.url, asked))
    kept = [(row["request.account"], row["id"]) for row in texts(found)]
    assert kept == [("7", "70"), ("8", "80")]


def test_tables_of_the_same_request_share_its_pages(web, fetch):
    web.routes["/items"] = Answer([{"id": 1, "to": [{"id": 5}, {"id": 6}]}])
    inner = {"parent.id": "plain", "id": "plain"}
    outer, within = fetch(
        source(web.url, table(), table(name="to", records="[].to[]", columns=inner))
    )
    assert web.paths() == ["/items"]
    assert (ids(outer), ids(within)) == (["1"], ["5", "6"])
    assert [row["parent.id"] for row in texts(within)] == ["1", "1"]


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (lambda _: Answer(items(1), headers={"Link": '</items>; rel="next"'}), "E_PAGING"),
        (
            lambda given: Answer(
                items(1), headers={"Link": f'</items?p={int(given.get("p", 0)) + 1}>; rel="next"'}
            ),
            "E_PAGES",
        ),
        (
            lambda _: Answer(items(1), headers={"Link": '<http://evil.example/>; rel="next"'}),
            "E_PAGING",
        ),
        (lambda _: Answer({"id": 1}), "E_JSON"),
        (lambda _: Answer("[{", headers={"Content-Type": "application/json"}), "E_JSON"),
        (lambda _: Answer("<input type=password>"), "E_TYPE"),
        (lambda _: Answer("gone", 410), "E_HTTP"),
        (lambda _: Answer("x" * (2 << 20)), "E_SIZE"),
    ],
)
def test_a_set_of_pages_that_is_not_whole_lands_nothing(answer, reason, web, fetch):
    web.routes["/items"] = answer
    paging = {"by": "link_header"}
    asked = source(web.url, table(paging=paging), pages_at_most=5, megabytes_at_most=1)
    with pytest.raises(LandingRefused, match=reason):
        fetch(asked)
    assert len(web.paths()) <= 5


# --- patience and manners ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "failing",
    [
        Answer("", 429, {"Retry-After": "7"}),
        Answer("", 429, {"Retry-After": "Fri, 01 May 2026 10:00:07 GMT"}),
        Answer("", 503),
        Answer(items(1), hang=2.0),
        Answer(items(1), is_cut=True),
    ],
)
def test_a_server_in_trouble_is_asked_again_when_it_wants_to_be(failing, web, fetch, waits):
    web.routes["/items"] = [failing, Answer(items(1))]
    (found,) = fetch(source(web.url, table()))
    assert ids(found) == ["1"]
    assert len(web.paths()) == 2
    if failing.status == 429:
        assert max(waits.slept) == 7


def test_a_later_page_that_keeps_failing_lands_nothing(web, fetch):
    web.routes["/items"] = Answer(items(1), headers={"Link": '</more>; rel="next"'})
    web.routes["/more"] = Answer("canary", 500)
    with pytest.raises(SourceUnavailable, match="answers 500") as error:
        fetch(source(web.url, table(paging={"by": "link_header"})))
    assert web.paths() == ["/items", "/more", "/more", "/more"]
    assert "canary" not in str(error.value)


def test_a_wait_beyond_the_time_limit_is_not_waited_for(web, fetch, waits):
    web.routes["/items"] = Answer("", 429, {"Retry-After": "3600"})
    with pytest.raises(SourceUnavailable, match="again in 3600 s, after the time limit"):
        fetch(source(web.url, table(), minutes_at_most=1))
    assert sum(waits.slept) < 60


def test_robots_txt_is_honoured_and_so_is_its_delay(web, fetch, waits):
    rules = "User-agent: *\nDisallow: /\n\nUser-agent: guanxi-test\nCrawl-delay: 4\nDisallow: /no\n"
    web.routes["/robots.txt"] = Answer(rules, headers={"Content-Type": "text/plain"})
    web.routes["/items"] = Answer(items(1), headers={"Link": '</no>; rel="next"'})
    web.routes["/no"] = Answer(items(2))
    (found,) = fetch(source(web.url, table()))
    assert ids(found) == ["1"]
    with pytest.raises(LandingRefused, match=r"E_ROBOTS: .*keeps Guanxi-Test from /no"):
        fetch(source(web.url, table(paging={"by": "link_header"})))
    assert "/no" not in web.paths()
    web.routes["/yes"] = Answer(items(3))
    before = len(waits.slept)
    fetch(source(web.url, table(), table("/yes", name="more")))
    assert max(waits.slept[before:]) == pytest.approx(4, abs=0.1)


def test_a_server_that_cannot_say_its_rules_is_not_fetched_from(web, fetch):
    web.routes["/robots.txt"] = Answer("", 503)
    web.routes["/items"] = Answer(items(1))
    with pytest.raises(SourceUnavailable):
        fetch(source(web.url, table()))
    assert web.paths() == []


def test_credentials_go_to_the_server_and_nowhere_else(web, fetch, monkeypatch, caplog):
    monkeypatch.setenv("CRM_SECRET_SITE", TOKEN)
    credentials = {"secret": "CRM_SECRET_SITE"}
    web.routes["/items"] = Answer(items(1))
    fetch(source(web.url, table(), credentials=credentials, robots="agreed"))
    ((target, headers),) = web.asked
    assert (target, headers["Authorization"]) == ("/items", f"Bearer {TOKEN}")
    assert headers["User-Agent"] == AGENT

    with site() as other:
        other.routes["/items"] = Answer(items(2))
        web.routes["/items"] = Answer("", 302, {"Location": f"{other.url}/items"})
        with pytest.raises(LandingRefused, match="E_REDIRECT"):
            fetch(source(web.url, table(), credentials=credentials))
        assert other.asked == []
    web.routes["/items"] = Answer("", 401)
    with pytest.raises(SettingsError, match=r"refuses us \(401\)") as error:
        fetch(source(web.url, table(), credentials=credentials))
    assert TOKEN not in str(error.value) + caplog.text
    monkeypatch.delenv("CRM_SECRET_SITE")
    with pytest.raises(SettingsError, match="CRM_SECRET_SITE is not set"):
        fetch(source(web.url, table(), credentials=credentials))


def test_a_redirect_within_the_server_is_followed_but_not_for_ever(web, fetch):
    web.routes["/items"] = Answer("", 301, {"Location": "/new"})
    web.routes["/new"] = Answer(items(1))
    assert ids(fetch(source(web.url, table()))[0]) == ["1"]
    web.routes["/new"] = Answer("", 301, {"Location": "/items"})
    with pytest.raises(LandingRefused, match="E_REDIRECT"):
        fetch(source(web.url, table()))


def test_a_server_that_is_not_there_is_unavailable(fetch):
    with pytest.raises(SourceUnavailable, match=r"site: http://127.0.0.1:9 does not answer"):
        fetch(source("http://127.0.0.1:9", table()))


# --- HTML ----------------------------------------------------------------------------------------

PRICES = """<html><body><table class=nav><tr><td>menu</td></tr></table>
<table id=prices><thead><tr><th>Article</th><th> Price
 (€)</th></tr></thead>
<tr><td>茶 <b>green</b></td><td>1,50</td></tr><tr><td></td><td></td></tr>
<tr><td colspan=2>sold out</td></tr><tr><td>only one</td></tr>
<tr><td>a<table><tr><td>inner</td></tr></table></td><td>2</td></tr></table></body></html>"""
HTML = {
    "format": "html",
    "selector": "table#prices",
    "columns": {"Article": "plain", "Price (€)": "plain"},
}


def test_a_table_of_a_page_is_rows_and_what_does_not_fit_is_set_aside(web, fetch):
    web.routes["/items"] = Answer(PRICES)
    (found,) = fetch(source(web.url, table(**HTML)))
    kept = [(row["Article"], row["Price (€)"]) for row in texts(found)]
    assert kept == [("茶 green", "1,50"), ("a inner", "2")]
    assert refused(found) == ["E_SPAN", "E_FIELD_COUNT"]
    assert sum(chunk.n_blank for chunk in found.chunks()) == 1


def test_pages_of_html_lead_on_by_their_links(web, fetch):
    page = "<table><tr><th>id</th></tr><tr><td>{}</td></tr></table>{}"
    web.routes["/items"] = Answer(page.format(1, '<a class=next href="?p=2">more</a>'))
    web.routes["/items"] = lambda given: Answer(
        page.format(2, "") if given else page.format(1, '<a class=next href="?p=2">more</a>')
    )
    paging = {"by": "next_link", "at": "a.next"}
    (found,) = fetch(source(web.url, table(paging=paging, format="html")))
    assert ids(found) == ["1", "2"]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("<form><input name=u><input type=PASSWORD></form>", "E_TYPE: .* is a login form"),
        ("<p>maintenance</p>", "E_TYPE: .* has 0 tables"),
        (PRICES.replace("id=prices", "").replace("class=nav", "id=prices"), "E_HEADER"),
    ],
)
def test_a_page_without_the_table_is_told_so(body, expected, web, fetch):
    web.routes["/items"] = Answer(body)
    with pytest.raises(LandingRefused, match=expected):
        fetch(source(web.url, table(**HTML)))


@pytest.mark.parametrize(
    ("body", "header", "expected"),
    [
        ("<meta charset=gb2312>价".encode("gb18030"), None, "价"),
        ("<meta charset=utf-8>é".encode("cp1252"), None, "is not utf-8, as it says"),
        ("é".encode(), "text/html; charset=utf-8", "é"),
        ("<meta charset=iso-8859-1>é".encode(), "text/html; charset=UTF-8", "reads differently"),
        (b"<meta charset=gbk>plain", "text/html; charset=utf-8", "plain"),
        ("é".encode("cp1252"), None, "is not utf-8"),
        (b"x", "text/html; charset=klingon", "an encoding nobody knows"),
        ("\ufeffé".encode("utf-16-le"), "text/html; charset=utf-8", "é"),
    ],
)
def test_a_page_is_decoded_as_it_says_or_refused(body, header, expected):
    if "é" in expected or expected in ("价", "plain"):
        assert decoded_page(body, header, "p").endswith(expected)
    else:
        with pytest.raises(LandingRefused, match=f"E_ENCODING: .*{expected}"):
            decoded_page(body, header, "p")
