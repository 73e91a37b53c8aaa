"""`make docs`: the dbt documentation site over the working file, beside the table pages."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Annotated

import typer

from crm_tasks.cli.console import HomeOption, output
from crm_tasks.errors import ModelBuildFailed
from crm_tasks.settings import load_settings
from crm_tasks.warehouse.dbt import DbtCall
from crm_tasks.warehouse.home import Home

VARIABLES = {"as_of": "2018-01-02"}  # documentation only: nothing is computed


def docs(
    folder: Annotated[Path, typer.Argument(help="Where to write the site")],
    home: HomeOption = None,
) -> None:
    """Write dbt's documentation as one page; after a run, with the catalogue of its tables."""
    settings = load_settings(home=home)
    call = DbtCall(Home(settings.home_path), settings, "documentation", VARIABLES)
    arguments = ["--static"] + ([] if call.home.warehouse_file.exists() else ["--empty-catalog"])
    log = call.home.dbt / "docs.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    call.home.temporary.mkdir(parents=True, exist_ok=True, mode=0o700)
    with log.open("wb") as console:
        command = call.command("docs", "generate", *arguments)
        code = subprocess.call(command, env=call.environment(), stdout=console, stderr=console)  # noqa: S603
    if code != 0:
        raise ModelBuildFailed(f"dbt docs ended with exit code {code}; see {log}")
    folder.mkdir(parents=True, exist_ok=True)
    page = folder / "index.html"
    page.write_bytes((call.target / "static_index.html").read_bytes())
    output.print(f"dbt documentation: {page}\ntable pages:       docs/tables/index.md")


if __name__ == "__main__":
    typer.run(docs)
