from __future__ import annotations

import json
import stat
from urllib.parse import urlsplit

import pytest

from crm_dags.environment import local_airflow, password_file
from crm_tasks.warehouse.home import Home


@pytest.fixture
def home(tmp_path) -> Home:
    return Home(tmp_path)


def test_another_airflow_of_the_caller_is_left_alone(home, monkeypatch):
    monkeypatch.setenv("AIRFLOW_HOME", "/srv/theirs")
    monkeypatch.setenv("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", "postgresql://theirs/airflow")
    monkeypatch.setenv("AIRFLOW_CONN_THEIRS", "http://theirs")
    environment = local_airflow(home, "completejourney")
    assert not [name for name, text in environment.items() if "theirs" in f"{name}{text}".lower()]
    assert environment["AIRFLOW_HOME"] == str(home.airflow)


def test_everything_listens_and_calls_on_loopback(home, monkeypatch):
    monkeypatch.setenv("AIRFLOW__API__PORT", "8123")
    environment = local_airflow(home, "completejourney")
    assert environment["AIRFLOW__API__HOST"] == "127.0.0.1"
    urls = [text for text in environment.values() if text.startswith("http")]
    assert urls
    assert {urlsplit(url).netloc for url in urls} == {"127.0.0.1:8123"}


def test_home_and_profile_are_the_callers(home, monkeypatch):
    monkeypatch.setenv("CRM_HOME", "/elsewhere")
    monkeypatch.setenv("CRM_MEMORY_LIMIT", "3GB")
    environment = local_airflow(home, "shop")
    assert environment["CRM_HOME"] == str(home.root)
    assert environment["CRM_PROFILE"] == "shop"
    assert environment["CRM_MEMORY_LIMIT"] == "3GB"


def test_secrets_are_drawn_once_per_home_and_private(home, tmp_path_factory):
    first = local_airflow(home, "completejourney")
    names = [name for name in first if name.endswith(("FERNET_KEY", "SECRET_KEY", "JWT_SECRET"))]
    assert len(names) == 3
    again = local_airflow(home, "completejourney")
    other = local_airflow(Home(tmp_path_factory.mktemp("other")), "completejourney")
    for name in names:
        assert len(first[name]) >= 32
        assert first[name] == again[name] != other[name]
    for file in (home.airflow / "secrets.json", password_file(home)):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert len(json.loads(password_file(home).read_text())["admin"]) >= 12


def test_no_usage_data_leave_the_machine(home):
    environment = local_airflow(home, "completejourney")
    assert environment["AIRFLOW__USAGE_DATA_COLLECTION__ENABLED"] == "False"
    assert environment["AIRFLOW__CORE__LOAD_EXAMPLES"] == "False"
