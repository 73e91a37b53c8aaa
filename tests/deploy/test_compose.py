from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from crm_dags.services import SERVICES
from crm_tasks.settings import refuse_unknown_names
from tests.deploy.compose_file import COMPOSE_FILE, ROOT, SECRETS, VARIABLE, fill_in, services

HAS_COMPOSE = shutil.which("docker-compose") is not None
needs_compose = pytest.mark.skipif(
    not HAS_COMPOSE, reason="needs the Debian package docker-compose"
)
SECRET_NAME = re.compile(r"PASSWORD|SECRET|KEY|TOKEN|SQL_ALCHEMY_CONN")
ADDRESS = "postgresql+psycopg2://airflow:@postgres/airflow"
REQUIRED = re.compile(r"\$\{\w+:\?see docs/deployment\.md\}")


def ours() -> dict:
    found = {name: service for name, service in services().items() if "build" in service}
    assert found
    return found


@pytest.fixture
def call_compose(tmp_path):
    """Return a function that lets docker-compose check the file with just these variables."""
    env_file = tmp_path / "compose.env"

    def call(values: dict[str, str]) -> subprocess.CompletedProcess[str]:
        env_file.write_text("".join(f"{name}={text}\n" for name, text in values.items()))
        command = ["docker-compose", "--env-file", env_file, "--file", COMPOSE_FILE]
        return subprocess.run(
            [*command, "config", "--quiet"],
            env={"PATH": os.environ["PATH"]},
            capture_output=True,
            text=True,
            check=False,
        )

    return call


@needs_compose
def test_docker_compose_accepts_the_file(call_compose):
    done = call_compose(SECRETS)
    assert done.returncode == 0, done.stderr


@needs_compose
@pytest.mark.parametrize("name", SECRETS)
def test_nothing_starts_without_a_secret(call_compose, name):
    done = call_compose({**SECRETS, name: ""})
    assert done.returncode != 0
    assert name in done.stderr


def test_the_file_fits_the_published_schema():
    command = [Path(sys.executable).with_name("check-jsonschema"), "--builtin-schema"]
    done = subprocess.run(
        [*command, "vendor.compose-spec", COMPOSE_FILE], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("name", SECRETS)
def test_each_secret_is_required_by_name(name):
    with pytest.raises(KeyError, match=name):
        fill_in(COMPOSE_FILE.read_text(), {**SECRETS, name: ""})


def test_no_secret_stands_in_the_file():
    checked = 0
    for service in services().values():
        for name, text in service["environment"].items():
            if SECRET_NAME.search(name):
                checked += 1
                assert REQUIRED.search(text), name
                assert REQUIRED.sub("", text) in ("", ADDRESS), name
    assert checked >= len(SECRETS)


def test_the_secrets_named_in_the_guide_are_the_required_ones():
    guide = (ROOT / "docs" / "deployment.md").read_text(encoding="utf-8")
    assert re.findall(r'echo "(\w+)=', guide) == sorted(SECRETS, key=list(SECRETS).index)


def test_ports_are_published_on_loopback_only():
    ports = {name: service.get("ports", []) for name, service in services(SECRETS).items()}
    assert {name: port for name, port in ports.items() if port} == {
        "api-server": ["127.0.0.1:8080:8080"]
    }


def test_every_service_that_stays_up_has_a_health_check():
    for name, service in services().items():
        assert ("healthcheck" in service) is (name != "airflow-init"), name


def test_the_services_are_those_that_are_tested_natively():
    commands = {name: tuple(service["command"]) for name, service in ours().items()}
    assert commands.pop("airflow-init") == ("python", "-m", "crm_dags.metadata", "--create-admin")
    assert commands == SERVICES


def test_nothing_starts_before_the_database_is_ready():
    conditions = {
        name: {on: how["condition"] for on, how in service["depends_on"].items()}
        for name, service in ours().items()
    }
    assert conditions.pop("airflow-init") == {"postgres": "service_healthy"}
    assert list(conditions.values()) == [{"airflow-init": "service_completed_successfully"}] * 4


def test_production_settings_hold():
    for service in ours().values():
        environment = service["environment"]
        assert environment["CRM_ENVIRONMENT"] == "production"
        assert environment["AIRFLOW__CORE__EXECUTOR"] == "crm_dags.executor.LoadedExecutor"
        assert environment["AIRFLOW__CORE__PARALLELISM"] == "4"
        assert environment["AIRFLOW__CORE__LOAD_EXAMPLES"] == "False"
        assert "Simple" not in environment["AIRFLOW__CORE__AUTH_MANAGER"]
        assert environment["AIRFLOW__USAGE_DATA_COLLECTION__ENABLED"] == "False"


def test_no_service_gains_privileges():
    for name, service in services().items():
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert "privileged" not in service
        assert "user" not in service, "the image's own user"
    assert all(service["cap_drop"] == ["ALL"] for service in ours().values())


def test_every_crm_variable_is_a_setting():
    text = COMPOSE_FILE.read_text(encoding="utf-8")
    named = {match.group(1): "" for match in VARIABLE.finditer(text) if match.group(1)}
    for service in ours().values():
        named |= service["environment"]
    assert "CRM_KEY" in named
    refuse_unknown_names(named, "docker-compose.yaml")


def test_everything_generated_lies_in_a_volume():
    declared = yaml.safe_load(COMPOSE_FILE.read_text())["volumes"]
    for service in ours().values():
        assert "crm-home:/var/lib/crm" in service["volumes"]
    assert set(declared) == {"postgres-data", "crm-home", "airflow-logs"}
