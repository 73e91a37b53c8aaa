"""`crm key`: the secret that pseudonyms, tokens and the vault hang on."""

from __future__ import annotations

import typer

from crm_tasks.cli.console import HomeOption, output
from crm_tasks.cli.run import one_run_at_a_time
from crm_tasks.settings import load_settings
from crm_tasks.warehouse.home import Home

app = typer.Typer(help="The key of a home.")


@app.callback()
def key() -> None:
    """Change the key that everything pseudonymous hangs on."""


@app.command()
def rotate(home: HomeOption = None) -> None:
    """Give the home another key: new ids, tokens and encryption, all of it or nothing."""
    from crm_tasks.steps.rotation import rotate_key

    settings = load_settings(home=home)
    with one_run_at_a_time(Home(settings.home_path)):
        done = rotate_key(settings)
    output.print(
        f"{done.operation}: {done.n_customers:,} ids and {done.n_tokens:,} tokens have new names; "
        "the crosswalk lies in the vault"
    )
    if settings.key is not None:
        output.print("set CRM_KEY to what CRM_NEW_KEY is and drop CRM_NEW_KEY: the old key opens "
                     "nothing any more")  # fmt: skip
