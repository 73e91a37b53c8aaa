"""What a run is: its id changes with whatever decides the result, and with nothing else."""

from __future__ import annotations

import datetime as dt
import json
import subprocess
import time

import pytest

from crm_tasks.contracts import ops
from crm_tasks.errors import RunStateError, SettingsError
from crm_tasks.profiles import Profile, load_profile
from crm_tasks.steps import identify
from crm_tasks.steps.attempt import Attempt
from crm_tasks.steps.identify import code_version, identify_run, in_utc, resolve_as_of
from crm_tasks.warehouse.home import Home
from crm_tasks.warehouse.landing_records import LandedFile, record_batch
from crm_tasks.warehouse.ledger import Ledger

CODE = {
    "crm_tasks/graph/ties.py": "half_life = 90",
    "dbt_project/models/core/fct_orders.sql": "select 1",
    "dbt_project/models/core/fct_orders.yml": "version: 2",
    "dbt_project/seeds/channels.csv": "channel_id",
    "expectations/core/fct_orders.yml": "table: core.fct_orders",
    "requirements.lock": "duckdb==2.0.0",
}
NO_CODE = (
    "README.md",
    "tests/test_a.py",
    "docs/index.md",
    "dags/crm_daily.py",
    "crm_tasks/notes.md",
)


@pytest.fixture(autouse=True)
def project(tmp_path, monkeypatch):
    """Return a small project that stands for ours."""
    folder = tmp_path / "project"
    for name, text in CODE.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    monkeypatch.setattr(identify, "PROJECT", folder)
    return folder


@pytest.fixture
def bundled():
    return load_profile("completejourney")


@pytest.fixture
def run_id(tmp_path, bundled):
    """Return a function that freezes an attempt in a home of its own and returns its run id."""
    homes = iter(range(100))

    def freeze(profile=bundled, batches=("b1", "b2"), published=None, home=None, **about):
        home = home or Home(tmp_path / f"home-{next(homes)}")
        ledger = Ledger(home.ops_file)
        attempt = Attempt(**{"attempt_id": "a", "profile": "p", "home": str(home.root), **about})
        ledger.open_attempt(attempt.attempt_id, profile.profile)
        claim = ledger.claim(attempt.attempt_id, "land", None)
        for batch in batches:
            manifest = {
                "batch_id": batch, "source_file_sha256": batch, "n_records": 5, "n_loaded": 5,
                "n_quarantined": 0, "n_blank": 0, "refused": [],
            }  # fmt: skip
            name = profile.profile
            record_batch(ledger, claim, LandedFile(name, "s", "t", manifest, {}, "q"))
        if published:
            with ledger.store.transaction() as connection:
                connection.execute(
                    "insert into runs (run_id, profile, as_of_date, state, started_at, "
                    "code_version, config_hash, input_hash, is_dry_run) values "
                    "(?, ?, '2017-01-01', 'published', 'now', 'c', 'c', 'i', 0)",
                    (published, profile.profile),
                )
        identify_run(attempt, profile, home, ledger, claim)
        return ledger.run_of_attempt(attempt.attempt_id)["run_id"]

    return freeze


def changed(profile: Profile, **fields: object) -> Profile:
    return Profile.model_validate(profile.model_dump() | fields)


# --- what decides ---------------------------------------------------------------------------------


def test_the_same_inputs_are_the_same_run_on_any_home_at_any_attempt(run_id):
    first = run_id()
    assert len(first) == 20
    assert first == run_id(batches=("b2", "b1"))  # landed in another order
    assert first == run_id(
        attempt_id="manual__2026", dag_id="crm_daily", logical_date="2026-11-22T00:00:00+00:00",
        data_interval_start="2026-11-21T00:00:00+00:00",
        data_interval_end="2026-11-22T00:00:00+00:00",  # the profile names its own date
    )  # fmt: skip
    assert first == run_id(as_of="2018-01-02")  # asked for what the profile says anyway


def test_another_date_is_another_run(run_id):
    assert run_id() != run_id(as_of="2018-01-03")


@pytest.mark.parametrize("batches", [("b1",), ("b1", "b2", "b3"), ("b1", "b3")])
def test_other_batches_are_another_run(run_id, batches):
    assert run_id() != run_id(batches=batches)


@pytest.mark.parametrize(
    "field",
    [{"currency_code": "EUR"}, {"time_zone": "Asia/Shanghai"}, {"is_synthetic": True},
     {"contact": {"channels": ["mail"], "consent_when_unknown": "deny"}}, {"provenance": "other"}],
)  # fmt: skip
def test_another_profile_is_another_run(run_id, bundled, field):
    assert run_id() != run_id(profile=changed(bundled, **field))


def test_a_plan_to_be_sent_and_a_dry_run_of_it_are_two_runs(run_id, bundled):
    to_send = changed(bundled, dry_run_only=False)
    assert run_id(profile=to_send) != run_id(profile=to_send, is_dry_run=True)
    assert run_id() == run_id(is_dry_run=True)  # this profile allows nothing else


def test_another_predecessor_is_another_run(run_id):
    assert len({run_id(), run_id(published="one"), run_id(published="two")}) == 3


@pytest.mark.parametrize("name", CODE)
def test_any_change_of_code_is_another_run(run_id, project, name):
    before = run_id()
    (project / name).write_text(CODE[name] + "\n")
    assert run_id() != before


def test_code_moved_to_another_file_is_other_code(project):
    before = code_version(project)
    (project / "crm_tasks/graph/ties.py").rename(project / "crm_tasks/graph/tied.py")
    assert code_version(project) != before


@pytest.mark.parametrize("name", NO_CODE)
def test_tests_documents_and_schedules_decide_nothing(run_id, project, name):
    before = run_id()
    (project / name).parent.mkdir(parents=True, exist_ok=True)
    (project / name).write_text("new")
    assert run_id() == before


def test_a_commit_alone_decides_nothing_and_is_noted_where_there_is_one(run_id, project, tmp_path):
    before = run_id()
    git = ["git", "-C", str(project), "-c", "user.name=a", "-c", "user.email=a@example.org"]
    subprocess.run([*git[:3], "init", "-q"], check=True)
    subprocess.run([*git, "commit", "-q", "--allow-empty", "-m", "a"], check=True)
    home = Home(tmp_path / "noted")
    assert run_id(home=home) == before
    (run,) = Ledger(home.ops_file).store.arrow(ops.RUNS).to_pylist()
    assert len(run["git_sha"]) == 40


def test_what_is_known_of_the_schedule_is_kept_in_utc(run_id, tmp_path):
    home = Home(tmp_path / "noted")
    run_id(home=home, dag_id="crm_daily", logical_date="2026-11-22T03:00:00+02:00")
    (run,) = Ledger(home.ops_file).store.arrow(ops.RUNS).to_pylist()
    assert run["logical_date"] == dt.datetime.fromisoformat("2026-11-22 01:00")
    assert (run["dag_id"], run["dag_run_id"], run["rows_in"]) == ("crm_daily", "a", 10)
    acts = Ledger(home.ops_file).store.arrow(ops.AUDIT_LOG).to_pylist()
    assert acts[-1]["action"] == "run.opened"
    assert json.loads(acts[-1]["detail"])["batches"] == 2


# --- the date -------------------------------------------------------------------------------------


@pytest.fixture
def as_of(tmp_path, bundled):
    """Return a function that resolves the date of an attempt."""

    def resolve(profile=bundled, **about):
        home = Home(tmp_path / "home")
        attempt = Attempt("a", "p", str(home.root), **about)
        return resolve_as_of(attempt, profile, home, Ledger(home.ops_file))

    return resolve


INTERVAL = {"data_interval_end": "2026-11-22T18:00:00+00:00"}


def test_asked_comes_before_the_profile_and_the_profile_before_the_interval(as_of, bundled):
    live = changed(bundled, default_as_of=None)
    assert as_of(as_of="2018-05-01", **INTERVAL) == dt.date(2018, 5, 1)
    assert as_of(**INTERVAL) == bundled.default_as_of
    assert as_of(live, **INTERVAL) == dt.date(2026, 11, 22)


def test_the_interval_ends_on_the_date_of_the_company(as_of, bundled, monkeypatch):
    shanghai = changed(bundled, default_as_of=None, time_zone="Asia/Shanghai")
    assert as_of(shanghai, **INTERVAL) == dt.date(2026, 11, 23)
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    try:  # a moment without zone is UTC, wherever this machine stands
        assert as_of(shanghai, data_interval_end="2026-11-22T12:00:00") == dt.date(2026, 11, 22)
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize("asked", ["soon", "2018-13-01", "2018-02-30", "01/02/2018", ""])
def test_what_is_no_date_is_refused_with_the_form_it_needs(as_of, asked):
    with pytest.raises(SettingsError, match="YYYY-MM-DD"):
        as_of(as_of=asked)


def test_without_any_date_or_event_nothing_is_guessed(as_of, bundled):
    with pytest.raises(RunStateError, match="--as-of"):
        as_of(changed(bundled, default_as_of=None))


def test_a_moment_without_zone_stays_and_none_is_none():
    assert in_utc("2026-11-22T03:00:00") == dt.datetime.fromisoformat("2026-11-22 03:00")
    assert in_utc(None) is None
