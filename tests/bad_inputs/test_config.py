"""A profile that is wrong is told so by file and line, and nothing is read."""

from __future__ import annotations

import pytest

from crm_tasks.errors import ProfileError
from crm_tasks.profiles import load_profile

pytestmark = pytest.mark.timeout(30)

GOOD = """\
profile: small
title: T
provenance: P
time_zone: UTC
currency_code: EUR
contact:
  channels: [mail]
  actions_per_day: 10
sources:
  - source_system: shop
    root: data
    known_at: {rule: event, lag_days: 1}
    tables:
      - name: things
        files: "*.csv"
        format: csv
        columns: {id: plain, email: {identifying: email}}
        feeds: []
"""
LAUGHS = "a: &a [x]\nb: &b [*a, *a]\n"
CASES = {
    "92-billion-laughs": (LAUGHS + GOOD, "alias"),
    "92b-object-tag": (GOOD.replace("title: T", "title: !!python/object/apply:os.system [id]"), ""),
    "92c-tab-indent": (GOOD.replace("  channels", "\tchannels"), ""),
    "92d-key-twice": (GOOD.replace("title: T", "title: T\ntitle: U"), "stands twice"),
    "92e-unknown-key": (GOOD.replace("delimiter", "x").replace("format:", "formt:"), "format"),
    "92f-empty": ("", ""),
    "92g-a-list": ("- a\n", ""),
    "92h-not-utf8": (GOOD.replace("title: T", "title: \udcff"), ""),
    "92i-nul": (GOOD.replace("title: T", "title: \0"), ""),
    "92j-number-of-thousands-of-digits": (GOOD.replace("actions_per_day: 10",
                                                       "actions_per_day: " + "9" * 5000), ""),
    "93-not-a-number": (GOOD.replace("lag_days: 1", "lag_days: .nan"), "lag_days"),
    "93b-negative": (GOOD.replace("lag_days: 1", "lag_days: -1"), "lag_days"),
    "93c-text": (GOOD.replace("actions_per_day: 10", "actions_per_day: many"), "actions_per_day"),
    "93d-none-per-day": (GOOD.replace("actions_per_day: 10", "actions_per_day: 0"), "actions"),
    "94-unknown-zone": (GOOD.replace("zone: UTC", "zone: Mars/Olympus"), "time zone"),
    "95-encoding": (GOOD.replace("format: csv", "format: csv\n        encoding: utf-7"), "encoding"),  # noqa: E501
    "95b-delimiter-of-two": (GOOD.replace("format: csv",
                                          'format: csv\n        delimiter: "||"'), "delimiter"),
    "95c-delimiter-inside-gbk": (GOOD.replace(
        "format: csv", 'format: csv\n        encoding: gbk\n        delimiter: "|"'), "half of"),
    "95d-quote-is-delimiter": (GOOD.replace("format: csv", "format: csv\n        quote: ','"),
                               "differ"),
    "95e-name-of-ours": (GOOD.replace("id: plain", "record_no: plain"), "record_no"),
    "95f-column-name-with-a-quote": (GOOD.replace("id: plain", "\"i'd\": plain"), "columns"),
    "95g-decimal-is-thousands": (GOOD.replace(
        "format: csv", "format: csv\n        values: {decimal: ',', thousands: ','}"), "differ"),
    "95h-format-of-no-column": (GOOD.replace(
        "format: csv", "format: csv\n        column_values: {idd: {decimal: ','}}"), "'id'"),
    "95i-files-outside": (GOOD.replace("format: csv", "format: xml"), "format"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "said"), CASES.values(), ids=CASES)
def test_a_wrong_profile_is_refused_by_file(tmp_path, text, said):
    path = tmp_path / "p.yml"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))

    with pytest.raises(ProfileError) as caught:
        load_profile(str(path))

    assert str(path) in str(caught.value)
    assert said in str(caught.value)


def test_the_good_profile_is_good(tmp_path):
    path = tmp_path / "p.yml"
    path.write_text(GOOD)

    assert load_profile(str(path)).profile == "small"
