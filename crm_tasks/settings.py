"""Settings: the one typed, frozen object made from ``CRM_*`` variables and ``.env``.

It is read at the edge only (the command line, a DAG's task, a test) and passed on as an argument.
An unknown ``CRM_*`` name is an error that names the nearest valid one.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from dotenv import dotenv_values
from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from crm_tasks.errors import SettingsError, nearest

if TYPE_CHECKING:
    from collections.abc import Mapping

PREFIX = "CRM_"
#: Settings that profiles name: what lets into a source.
SECRET_PREFIX = "CRM_SECRET_"  # noqa: S105 (a name, no secret)
USER_AGENT = "Guanxi/0.1"
PROJECT = Path(__file__).parents[1]


class Settings(BaseSettings):
    """Everything a run may be told from outside the command line."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_file=".env", frozen=True, extra="ignore", env_ignore_empty=True
    )  # ignored are the names of other programs in .env; an unknown CRM_ name is refused below

    home: Annotated[
        Path, Field(description="Folder that holds everything generated: lake, warehouse, vault")
    ] = Path("var")
    profile: Annotated[
        str, Field(description="Source profile: the name of a bundled one, or a YAML file")
    ] = "completejourney"
    key: Annotated[
        SecretStr | None,
        Field(
            min_length=32,
            description="Secret key of pseudonyms and the vault, at least 32 characters",
        ),
    ] = None
    environment: Annotated[
        Literal["dev", "production"],
        Field(description="In production CRM_KEY is required and nothing is generated"),
    ] = "dev"
    threads: Annotated[int, Field(ge=1, le=64, description="Threads DuckDB and dbt may use")] = 2
    memory_limit: Annotated[
        str,
        Field(pattern=r"^\d+(\.\d+)?(MB|GB|MiB|GiB)$", description="Memory DuckDB may use"),
    ] = "4GB"
    file_size_limit: Annotated[
        str,
        Field(
            pattern=r"^\d+(\.\d+)?(MB|GB)$",
            description="Largest source file, packed or unpacked, that is landed",
        ),
    ] = "2GB"
    user_agent: Annotated[
        str,
        Field(
            pattern=r"^[A-Za-z][A-Za-z0-9_-]*[ -~]*$",
            max_length=200,
            description="What web sources see of us; name somebody they can write to",
        ),
    ] = USER_AGENT
    alert_webhook_url: Annotated[
        str | None, Field(description="Where to POST a JSON alert when a run fails or data are old")
    ] = None
    alert_email_to: Annotated[
        str | None, Field(description="Who gets a mail when a run fails; needs alert_smtp_host")
    ] = None
    alert_smtp_host: Annotated[
        str | None, Field(description="Mail server for alerts, host or host:port")
    ] = None
    stale_after_hours: Annotated[
        int, Field(ge=1, description="Published data older than this raise an alert")
    ] = 36

    @property
    def file_bytes_at_most(self) -> int:
        """The size limit of a source file in bytes."""
        unit = {"MB": 1 << 20, "GB": 1 << 30}[self.file_size_limit[-2:]]
        return int(float(self.file_size_limit[:-2]) * unit)

    @property
    def home_path(self) -> Path:
        """The home as an absolute path; relative ones count from where the command was called."""
        return self.home.expanduser().resolve()


def load_settings(**overrides: object) -> Settings:
    """Return the settings from the environment and ``.env``, with keyword overrides on top.

    Raises
    ------
    SettingsError
        A ``CRM_*`` name nobody knows (naming the nearest), or a value out of range.
    """
    refuse_unknown_names(os.environ, "the environment")
    refuse_unknown_names(dotenv_values(".env"), ".env")
    refuse_unknown_names({PREFIX + name: None for name in overrides}, "the arguments")
    given = {name: value for name, value in overrides.items() if value is not None}
    try:
        return Settings(**given)  # type: ignore[arg-type]
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        name = PREFIX + "_".join(str(part) for part in first["loc"]).upper()
        raise SettingsError(f"{name}: {first['msg']} (see .env.example)") from None


def refuse_unknown_names(names: Mapping[str, object], where: str) -> None:
    """Raise for the first ``CRM_*`` name in ``names`` that no setting has."""
    valid = {PREFIX + field.upper() for field in Settings.model_fields}
    for name in sorted(names):
        is_secret = name.startswith(SECRET_PREFIX) and len(name) > len(SECRET_PREFIX)
        if name.upper().startswith(PREFIX) and name.upper() not in valid and not is_secret:
            raise SettingsError(f"unknown setting {name} in {where}{nearest(name.upper(), valid)}")


def source_secret(name: str) -> SecretStr:
    """Return what a profile's ``CRM_SECRET_...`` setting holds, of the environment or ``.env``.

    Raises
    ------
    SettingsError
        It is not set, or empty; the message names it and says nothing of any value.
    """
    if not name.startswith(SECRET_PREFIX):
        raise SettingsError(f"{name}: a source's secret is a setting {SECRET_PREFIX}...")
    value = os.environ.get(name) or dotenv_values(".env").get(name)
    if not value:
        raise SettingsError(f"{name} is not set; the profile says that it lets into a source")
    return SecretStr(value)


def env_example() -> str:
    """Return the text of ``.env.example``: every setting with its meaning and default."""
    lines = [
        "# Generated by `make contracts` from crm_tasks/settings.py. Copy to .env and edit.",
        "",
    ]
    for name, field in Settings.model_fields.items():
        default = "" if field.default is None else str(field.default)
        lines += [f"# {field.description}", f"# {PREFIX}{name.upper()}={default}", ""]
    lines += ["# Passwords and tokens of sources, under the names that the profile uses"]
    lines += [f"# {SECRET_PREFIX}SHOP=", ""]
    return "\n".join(lines)
