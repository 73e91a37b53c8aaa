"""Keys: one secret, separate keys per use, nothing generated where a key is required."""

from __future__ import annotations

import stat

import pytest

from crm_tasks.errors import SettingsError
from crm_tasks.privacy.keys import DEMO_SECRET, derived_key, home_secret
from crm_tasks.profiles import load_profile
from crm_tasks.settings import Settings

DEMO = load_profile("completejourney")
OWN = DEMO.model_copy(update={"uses_demo_key": False})


def settings(**given):
    return Settings(_env_file=None, **given)


def test_uses_of_the_secret_get_different_keys():
    keys = {derived_key(b"s" * 32, use) for use in ("customer_id", "token", "batch", "vault")}

    assert len(keys) == 4


def test_the_bundled_profile_uses_the_demo_key(tmp_path):
    assert home_secret(settings(), DEMO, tmp_path / "key") == DEMO_SECRET.encode()
    assert not (tmp_path / "key").exists()


def test_another_profile_gets_a_key_of_its_own_that_stays(tmp_path):
    key_file = tmp_path / "keys" / "crm.key"

    first = home_secret(settings(), OWN, key_file)

    assert home_secret(settings(), OWN, key_file) == first
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
    assert [path.name for path in key_file.parent.iterdir()] == ["crm.key"]


def test_production_without_a_key_is_refused(tmp_path):
    with pytest.raises(SettingsError, match="CRM_KEY is required"):
        home_secret(settings(environment="production"), OWN, tmp_path / "key")
