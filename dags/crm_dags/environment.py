"""The environment of a local Airflow: every setting of it is made here, none by hand.

What the caller's shell says about some other Airflow is dropped, so that a run never writes into
somebody else's metadata database. Only the UI's port may be chosen from outside.
"""

from __future__ import annotations

import json
import os
import secrets
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography.fernet import Fernet

from crm_tasks.settings import PROJECT

if TYPE_CHECKING:
    from crm_tasks.warehouse.home import Home

DAGS = Path(__file__).parents[1]
DEFAULT_PORT = 8080
PORT_NAME = "AIRFLOW__API__PORT"
USER = "admin"
#: Enough for one machine's loopback; a deployment has real accounts (docker-compose.yaml).
SIMPLE_AUTH = "airflow.api_fastapi.auth.managers.simple.simple_auth_manager.SimpleAuthManager"


def local_airflow(home: Home, profile: str) -> dict[str, str]:
    """Return the whole environment of an Airflow that lives in ``home`` on this machine."""
    outside = os.environ  # noqa: TID251 (what we do not set is inherited: PATH, HOME, CRM_*)
    port = int(outside.get(PORT_NAME, DEFAULT_PORT))
    kept = {name: text for name, text in outside.items() if not name.startswith("AIRFLOW_")}
    return {
        **kept,
        **_program(kept.get("PATH", "")),
        **_airflow(home, port),
        **_secrets(home),
        "CRM_HOME": str(home.root),
        "CRM_PROFILE": profile,
    }


def _program(path: str) -> dict[str, str]:
    one_thread = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    return {
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), path]),
        "PYTHONPATH": os.pathsep.join([str(DAGS), str(PROJECT)]),
        **dict.fromkeys(one_thread, "1"),  # sums in one order: the same bytes on any machine
    }


def _airflow(home: Home, port: int) -> dict[str, str]:
    url = f"http://127.0.0.1:{port}"
    settings = {
        "CORE__DAGS_FOLDER": str(DAGS),
        "CORE__LOAD_EXAMPLES": "False",
        "CORE__EXECUTOR": "crm_dags.executor.LoadedExecutor",
        "CORE__PARALLELISM": "4",  # the default forks 32 workers
        "CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "CORE__AUTH_MANAGER": SIMPLE_AUTH,
        "CORE__SIMPLE_AUTH_MANAGER_USERS": f"{USER}:admin",
        "CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(password_file(home)),
        "CORE__EXECUTION_API_SERVER_URL": f"{url}/execution/",
        "DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home.airflow / 'airflow.db'}",
        "LOGGING__BASE_LOG_FOLDER": str(home.airflow / "logs"),
        "API__HOST": "127.0.0.1",
        "API__PORT": str(port),
        "API__BASE_URL": url,
        "API__WORKERS": "1",
        "USAGE_DATA_COLLECTION__ENABLED": "False",
    }
    named = {f"AIRFLOW__{name}": text for name, text in settings.items()}
    return {"AIRFLOW_HOME": str(home.airflow), **named}


def password_file(home: Home) -> Path:
    """Return the file with the UI's password: one JSON object, user to password."""
    return home.airflow / "simple_auth_manager_passwords.json.generated"


def _secrets(home: Home) -> dict[str, str]:
    """Return this home's own secrets, drawn at first use and readable by their owner only."""
    file = home.airflow / "secrets.json"
    if not file.exists():
        home.airflow.mkdir(parents=True, exist_ok=True)
        _write_private(password_file(home), json.dumps({USER: secrets.token_urlsafe(12)}))
        drawn = {
            "AIRFLOW__CORE__FERNET_KEY": Fernet.generate_key().decode(),
            "AIRFLOW__API__SECRET_KEY": secrets.token_urlsafe(32),
            "AIRFLOW__API_AUTH__JWT_SECRET": secrets.token_urlsafe(48),
        }
        _write_private(file, json.dumps(drawn))
    found: dict[str, str] = json.loads(file.read_text(encoding="ascii"))
    return found


def _write_private(file: Path, text: str) -> None:
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as opened:
        opened.write(text)
