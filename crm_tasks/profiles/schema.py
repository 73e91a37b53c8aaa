"""The JSON schema of a profile."""

from __future__ import annotations

import json

from crm_tasks.profiles.model import Profile


def profile_schema() -> str:
    """Return the JSON schema of a profile, for editors that complete and check YAML."""
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    return json.dumps(schema | Profile.model_json_schema(), indent=2, ensure_ascii=False) + "\n"
