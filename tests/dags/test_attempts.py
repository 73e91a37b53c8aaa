from __future__ import annotations

import datetime as dt
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, FormatChecker

from crm_dags.attempts import attempt_of, find_profile, offered_profiles
from crm_tasks.errors import SettingsError
from crm_tasks.profiles import bundled_profiles
from crm_tasks.settings import Settings

SCHEDULED_AT = dt.datetime(2026, 11, 22, 3, tzinfo=dt.UTC)
PATHS = [
    "../completejourney",
    "/etc/passwd",
    "profiles/../../x.yml",
    "completejourney.yml",
    "completejourney\x00",
    "%2e%2e/x",
    "",
]
NOT_DATES = ["2017-02-30", "2017-1-1", "today", "'; drop table runs --", "2017-01-01T00:00:00", ""]


def settings_of(home, **more) -> Settings:
    return Settings(_env_file=None, home=home, **more)


def context_of(run_type: str, **params):
    run = SimpleNamespace(
        run_id="r1",
        dag_id="crm_daily",
        run_type=run_type,
        logical_date=SCHEDULED_AT - dt.timedelta(days=1),
        data_interval_start=SCHEDULED_AT - dt.timedelta(days=1),
        data_interval_end=SCHEDULED_AT,
    )
    asked = {"profile": "completejourney", "as_of": None, "dry_run": False, **params}
    return {"dag_run": run, "params": asked}


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("CRM_HOME", str(tmp_path))
    return tmp_path


def own_profile(home, name: str):
    file = home / "profiles" / name
    file.parent.mkdir(exist_ok=True)
    file.write_text("profile: x\n", encoding="utf-8")
    return file


@pytest.mark.parametrize("run_type", ["scheduled", "backfill"])
def test_a_scheduled_run_carries_its_interval(run_type):
    attempt = attempt_of(context_of(run_type))
    assert attempt.data_interval_end == "2026-11-22T03:00:00+00:00"
    assert attempt.data_interval_start == "2026-11-21T03:00:00+00:00"


def test_the_interval_made_up_for_a_manual_run_decides_nothing():
    attempt = attempt_of(context_of("manual"))
    assert attempt.data_interval_start is None
    assert attempt.data_interval_end is None


def test_the_dag_run_and_its_parameters_are_passed_on(home):
    attempt = attempt_of(context_of("manual", as_of="2017-06-01", dry_run=True))
    assert attempt.attempt_id == "r1"
    assert attempt.home == str(home)
    assert (attempt.as_of, attempt.is_dry_run) == ("2017-06-01", True)


def test_profiles_in_the_home_are_offered_by_name(home):
    file = own_profile(home, "shop.yml")
    offered = offered_profiles(settings_of(home))
    assert offered["shop"] == str(file)
    assert set(bundled_profiles()) < set(offered)


def test_a_file_in_the_home_cannot_pose_as_a_bundled_profile(home):
    own_profile(home, "completejourney.yml")
    assert find_profile("completejourney", settings_of(home)) == "completejourney"


def test_links_and_odd_names_in_the_home_are_not_offered(home):
    target = own_profile(home, "shop.yml")
    (home / "profiles" / "link.yml").symlink_to(target)
    own_profile(home, "Odd Name.yml")
    (home / "profiles" / "folder.yml").mkdir()
    assert set(offered_profiles(settings_of(home))) == {*bundled_profiles(), "shop"}


def test_the_file_set_by_the_operator_is_offered(home):
    settings = settings_of(home, profile="/srv/shop.yml")
    assert find_profile("/srv/shop.yml", settings) == "/srv/shop.yml"


@pytest.mark.parametrize("name", PATHS)
def test_no_path_gets_past_the_list_of_profiles(home, name):
    with pytest.raises(SettingsError, match="is not offered"):
        find_profile(name, settings_of(home))


@given(name=st.text())
def test_no_text_gets_past_the_list_of_profiles(tmp_path_factory, name):
    settings = settings_of(tmp_path_factory.getbasetemp())
    if name not in bundled_profiles():
        with pytest.raises(SettingsError):
            find_profile(name, settings)


@pytest.mark.parametrize(
    ("param", "value"),
    [
        *(("profile", path) for path in PATHS),
        *(("as_of", text) for text in NOT_DATES),
        *(("dry_run", value) for value in ("true", 1, None)),
    ],
)
def test_the_form_refuses_anything_but_names_dates_and_flags(dag_bag, param, value):
    schema = dag_bag["dags"]["crm_daily"]["params"][param]
    validator = Draft202012Validator(schema, format_checker=FormatChecker())
    assert not validator.is_valid(value)


@pytest.mark.parametrize(
    ("param", "value"),
    [("profile", "completejourney"), ("as_of", None), ("as_of", "2017-06-01"), ("dry_run", True)],
)
def test_the_form_takes_what_it_offers(dag_bag, param, value):
    schema = dag_bag["dags"]["crm_daily"]["params"][param]
    assert Draft202012Validator(schema, format_checker=FormatChecker()).is_valid(value)
