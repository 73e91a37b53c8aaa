"""`crm doctor`: whether everything is here that a run needs."""

from __future__ import annotations

import importlib.metadata
import platform
import shutil
import sqlite3
import sys
from collections.abc import Callable
from typing import Annotated

import typer

from crm_tasks.cli.console import HomeOption, print_table
from crm_tasks.connectors.check import check_source
from crm_tasks.contracts import all_tables
from crm_tasks.errors import CrmError
from crm_tasks.profiles import load_profile, profile_path
from crm_tasks.settings import PROJECT, Settings, load_settings
from crm_tasks.warehouse.home import Home
from crm_tasks.warehouse.ledger import Ledger
from crm_tasks.warehouse.publications import served_file
from crm_tasks.warehouse.query import query_served

GIB = 1 << 30
FREE_AT_LEAST = 2 * GIB
PYTHON = (3, 11)
PACKAGES = ("apache-airflow", "dbt-duckdb", "duckdb", "great-expectations", "networkit", "pyarrow")

CHAMPIONS = (
    "select model_version, parameters_sha256 from ml.models where status = 'champion' "
    "and as_of_date = (select max(as_of_date) from ml.models) order by model_version"
)


def doctor(
    home: HomeOption = None,
    profile: Annotated[str | None, typer.Option(help="Profile to look at")] = None,
) -> None:
    """Check Python, packages, disk, settings, profile and home; exit code 1 if one fails."""
    settings = load_settings(home=home, profile=profile)
    rows = [_checked(name, check, settings) for name, check in CHECKS.items()]
    print_table(("check", "result", "detail"), rows)
    if any(result == "FAILED" for _, result, _ in rows):
        raise typer.Exit(1)


def _checked(
    name: str, check: Callable[[Settings], str], settings: Settings
) -> tuple[str, str, str]:
    try:
        return name, "ok", check(settings)
    except (CrmError, OSError, importlib.metadata.PackageNotFoundError) as error:
        return name, "FAILED", str(error)


def _python(_: Settings) -> str:
    if sys.version_info[:2] != PYTHON:
        raise CrmError(f"Python {platform.python_version()}; the pins are for 3.11")
    return platform.python_version()


def _packages(_: Settings) -> str:
    return ", ".join(f"{name} {importlib.metadata.version(name)}" for name in PACKAGES)


def _sqlite(_: Settings) -> str:
    if sqlite3.sqlite_version_info < (3, 24):
        raise CrmError(f"SQLite {sqlite3.sqlite_version}; 3.24 or later is needed")
    return sqlite3.sqlite_version


def _home(settings: Settings) -> str:
    root = settings.home_path
    root.mkdir(parents=True, exist_ok=True)
    probe = root / ".doctor"
    probe.write_text("", encoding="utf-8")
    probe.unlink()
    return str(root)


def _disk(settings: Settings) -> str:
    free = shutil.disk_usage(settings.home_path).free
    if free < FREE_AT_LEAST:
        raise CrmError(f"{free / GIB:.1f} GiB free at {settings.home_path}; a run needs 2 GiB")
    return f"{free / GIB:.0f} GiB free"


def _profile(settings: Settings) -> str:
    profile = load_profile(settings.profile)
    return (
        f"{profile.profile}: {len(profile.sources)} sources, {len(profile.entities_fed)} entities"
    )


def _sources(settings: Settings) -> str:
    """Ask the databases and web sources of the profile for a sample."""
    profile = load_profile(settings.profile)
    asked = [source for source in profile.sources if source.database or source.web]
    base = profile_path(settings.profile).parent
    findings = [f for s in asked for f in check_source(s, base, settings.user_agent)]
    wrong = [finding.message for finding in findings if finding.level == "error"]
    if wrong:
        raise CrmError("; ".join(dict.fromkeys(wrong)))
    return f"{len(findings)} tables of {len(asked)} databases and web sources answer"


def _contracts(_: Settings) -> str:
    return f"{len(all_tables())} tables, models under {PROJECT.name}/dbt_project"


def _key(settings: Settings) -> str:
    if settings.key is not None:
        return "CRM_KEY is set"
    if settings.environment == "production":
        raise CrmError("CRM_KEY is required in production")
    key_file = Home(settings.home_path).key_file
    return f"kept at {key_file}" if key_file.exists() else "will be made at the first run"


def _served(settings: Settings) -> str:
    file = served_file(Home(settings.home_path))
    return file.name if file else "nothing published yet"


def _models(settings: Settings) -> str:
    """Read back every artifact of the models that answer in the served version."""
    home = Home(settings.home_path)
    if served_file(home) is None:
        return "nothing published yet"
    from crm_tasks.steps.artifacts import model_store, read_all

    store = model_store(home, Ledger(home.ops_file), load_profile(settings.profile).profile)
    n = read_all(store, query_served(home, CHAMPIONS).to_pylist())
    return f"{n} artifacts read back as registered"


CHECKS: dict[str, Callable[[Settings], str]] = {
    "python": _python,
    "packages": _packages,
    "sqlite": _sqlite,
    "home is writable": _home,
    "disk": _disk,
    "profile": _profile,
    "sources": _sources,
    "contracts": _contracts,
    "key": _key,
    "served version": _served,
    "models": _models,
}
