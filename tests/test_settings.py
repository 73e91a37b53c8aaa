from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from pydantic import ValidationError

from crm_tasks.errors import SettingsError
from crm_tasks.settings import PROJECT, Settings, env_example, load_settings

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def _nothing_is_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run in an empty folder with no setting in the environment."""
    for name in list(os.environ):
        if name.upper().startswith("CRM_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def test_without_anything_set_the_bundled_data_run_in_var(tmp_path: Path) -> None:
    settings = load_settings()
    assert settings.profile == "completejourney"
    assert settings.home_path == tmp_path / "var"
    assert settings.key is None


def test_the_environment_wins_over_the_env_file_and_an_argument_over_both(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".env").write_text("CRM_THREADS=3\nCRM_PROFILE=from_file\n")
    monkeypatch.setenv("CRM_THREADS", "4")
    assert load_settings().threads == 4
    assert load_settings().profile == "from_file"
    assert load_settings(threads=5, profile=None).threads == 5


def test_an_unknown_name_is_refused_naming_the_nearest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRM_HOEM", "x")
    expected = "unknown setting CRM_HOEM in the environment; did you mean 'CRM_HOME'?"
    with pytest.raises(SettingsError, match=expected.replace("?", r"\?")):
        load_settings()


def test_an_unknown_name_in_the_env_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("CRM_PROFIL=x\n")
    with pytest.raises(SettingsError, match=r"CRM_PROFIL in \.env; did you mean 'CRM_PROFILE'"):
        load_settings()


def test_names_of_other_programs_in_the_env_file_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("AIRFLOW_UID=1000\nCRM_THREADS=3\n")
    assert load_settings().threads == 3


def test_an_unknown_argument_is_refused_naming_the_nearest() -> None:
    with pytest.raises(SettingsError, match="did you mean 'CRM_THREADS'"):
        load_settings(thread=3)


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("CRM_THREADS", "0", "CRM_THREADS: .*greater than or equal to 1"),
        ("CRM_THREADS", "many", "CRM_THREADS: .*valid integer"),
        ("CRM_MEMORY_LIMIT", "lots", "CRM_MEMORY_LIMIT: .*match pattern"),
        ("CRM_ENVIRONMENT", "prod", "CRM_ENVIRONMENT: .*'dev' or 'production'"),
        ("CRM_KEY", "short-secret", "CRM_KEY: .*at least 32"),
    ],
)
def test_a_value_out_of_range_is_refused_by_the_settings_name(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, expected: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=expected) as error:
        load_settings()
    assert "short-secret" not in str(error.value)


def test_an_empty_value_means_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRM_THREADS", "")
    assert load_settings().threads == 2


def test_the_key_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    secret = "0123456789abcdef" * 2
    monkeypatch.setenv("CRM_KEY", secret)
    settings = load_settings()
    assert secret not in f"{settings!r} {settings} {settings.model_dump()}"
    assert settings.key is not None
    assert settings.key.get_secret_value() == secret


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        load_settings().threads = 3  # type: ignore[misc]


def test_the_example_file_is_current() -> None:
    standing = (PROJECT / ".env.example").read_text(encoding="utf-8")
    assert standing == env_example(), "run `make contracts`"


def test_the_example_names_every_setting_with_its_default_and_meaning() -> None:
    text = env_example()
    assert Settings.model_fields
    for name, field in Settings.model_fields.items():
        assert f"# CRM_{name.upper()}=" in text
        assert field.description, f"{name} has no description"
        assert field.description in text


def test_the_example_uncommented_gives_the_defaults(tmp_path: Path) -> None:
    lines = env_example().splitlines()
    (tmp_path / ".env").write_text(
        "\n".join(x.lstrip("# ") for x in lines if x.startswith("# CRM_"))
    )
    assert load_settings() == Settings()
