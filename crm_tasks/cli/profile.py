"""`crm profile`: a profile from your files or from a template, and what keeps one from running."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from crm_tasks.cli.console import HomeOption, output, print_table
from crm_tasks.cli.profile_report import tell_checked, tell_next, tell_proposal
from crm_tasks.connectors.preflight import Limits
from crm_tasks.errors import ProfileError
from crm_tasks.profiles import load_profile, profile_schema
from crm_tasks.profiles.templates import template_names, template_path
from crm_tasks.settings import Settings, load_settings
from crm_tasks.steps.profile_check import check_profile
from crm_tasks.warehouse.clock import utc_now
from crm_tasks.warehouse.home import Home

app = typer.Typer(help="Describe your data: propose a profile, check one, print its schema.")
NOT_RUNNABLE = 1


@app.callback()
def profile() -> None:
    """Work with source profiles."""


@app.command()
def init(
    files: Annotated[
        list[str] | None, typer.Argument(help="Your files, packed or not; with --template its name")
    ] = None,
    template: Annotated[
        bool,
        typer.Option(
            "--template",
            help="NAME: start from a template, with files fitted to them; without NAME, list them",
        ),
    ] = False,
    out: Annotated[Path | None, typer.Option(help="File to write (default: NAME.yml)")] = None,
    name: Annotated[
        str | None, typer.Option(help="Name of the profile (default: the folder's)")
    ] = None,
    time_zone: Annotated[str | None, typer.Option(help="Where the company is")] = None,
    currency: Annotated[str | None, typer.Option(help="ISO code its amounts are in")] = None,
) -> None:
    """Propose a profile from samples of your files, or start from a template.

    Beside each decision stands how sure it is and why; what only you can decide is marked, and the
    profile does not run before.
    """
    from crm_tasks.profiling.company import Told
    from crm_tasks.steps.profile_init import propose, write, write_new

    given = list(files or ())
    if template and not given:
        print_templates()
        return
    chosen = _template_among(given) if template else None
    if chosen and not given:
        target = out or Path(f"{chosen}.yml")
        write_new(template_path(chosen).read_text(encoding="utf-8"), target)
        output.print(f"wrote {target}: put your exports beside it", markup=False, highlight=False)
        tell_next(target, is_decided=False)
        return
    if not given:
        raise ProfileError("which files? crm profile init FILE..., or --template NAME")
    known = load_profile(str(template_path(chosen))).sources[0].tables if chosen else ()
    settings = load_settings()
    paths = [Path(file) for file in given]
    target = out or Path(f"{name or paths[0].resolve().parent.name}.yml")
    told = Told(name or "", time_zone, currency)
    proposal = propose(paths, target, _limits(settings), told, known)
    write(proposal, target)
    tell_proposal(proposal, target)


@app.command()
def check(
    file: Annotated[str, typer.Argument(help="Profile: a file or a bundled name")],
    home: HomeOption = None,
) -> None:
    """Tell everything that keeps a profile from running, and what will be on and off.

    Files are reached, a sample of each is read and typed as a run would; nothing is kept. The exit
    code is not zero if a run would stop.
    """
    settings = load_settings(home=home)
    generated = Home(settings.home_path).generated
    checked = check_profile(file, generated, _limits(settings), utc_now())
    tell_checked(checked)
    if not checked.is_runnable:
        raise typer.Exit(NOT_RUNNABLE)
    output.print(f"fine: crm run --profile {file}", markup=False, highlight=False)


@app.command()
def schema() -> None:
    """Print the JSON schema of a profile, for editors that complete and check YAML."""
    sys.stdout.write(profile_schema())


def print_templates() -> None:
    """Print the templates with what each is for."""
    rows = []
    for name in template_names():
        first = template_path(name).read_text(encoding="utf-8").splitlines()[0]
        rows.append((name, first.removeprefix("# ")))
    print_table(("template", "for"), rows)


def _template_among(given: list[str]) -> str:
    """Take the template's name out of the words given; the others are files."""
    chosen = next((word for word in given if word in template_names()), given[0])
    template_path(chosen)  # an unknown name is told before anything is written
    given.remove(chosen)
    return chosen


def _limits(settings: Settings) -> Limits:
    return Limits(file_bytes=settings.file_bytes_at_most)
