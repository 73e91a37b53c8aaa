"""docker-compose.yaml as data, with its variables filled in as Compose fills them in."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
COMPOSE_FILE = ROOT / "docker-compose.yaml"
VARIABLE = re.compile(r"\$\$|\$\{(\w+)(?::([-?])([^}]*))?\}")

#: A value for everything the file requires.
SECRETS = {
    "POSTGRES_PASSWORD": "8c1f0a5be7",
    "AIRFLOW_ADMIN_PASSWORD": "5d0e7a91c2",
    "AIRFLOW_FERNET_KEY": "c29tZS10aGlydHktdHdvLWJ5dGVzLWZvci10ZXN0cyE=",
    "AIRFLOW_API_SECRET_KEY": "0f" * 32,
    "AIRFLOW_JWT_SECRET": "1e" * 48,
    "CRM_KEY": "2d" * 32,
}


def services(values: dict[str, str] | None = None) -> dict[str, Any]:
    """Return the services; with ``values`` every variable is replaced."""
    declared = yaml.safe_load(COMPOSE_FILE.read_text(encoding="utf-8"))["services"]
    return declared if values is None else _filled_in(declared, values)


def _filled_in(declared: Any, values: dict[str, str]) -> Any:
    """Replace variables in parsed YAML, as Compose does: an empty value stays a text."""
    if isinstance(declared, dict):
        return {name: _filled_in(inner, values) for name, inner in declared.items()}
    if isinstance(declared, list):
        return [_filled_in(inner, values) for inner in declared]
    return fill_in(declared, values) if isinstance(declared, str) else declared


def fill_in(text: str, values: dict[str, str]) -> str:
    """Replace ``${NAME:-default}`` and ``${NAME:?message}``; a missing required one is an error."""

    def filled(match: re.Match[str]) -> str:
        name, kind, rest = match.groups()
        if name is None:
            return "$"
        if kind == "?" and not values.get(name):
            raise KeyError(name)
        return values.get(name) or rest or ""

    return VARIABLE.sub(filled, text)
