"""`crm erase`: take a person out of everything the home holds."""

from __future__ import annotations

from typing import Annotated

import typer

from crm_tasks.cli.console import HomeOption, output, print_table
from crm_tasks.cli.run import one_run_at_a_time
from crm_tasks.errors import RunStateError
from crm_tasks.settings import load_settings
from crm_tasks.warehouse.home import Home


def erase(
    subject: Annotated[
        str, typer.Argument(help="A customer_id, or a record: source_system:source_record_id")
    ],
    verify: Annotated[
        bool, typer.Option("--verify", help="Then search every file for what identified the person")
    ] = False,
    profile: Annotated[
        str | None, typer.Option(help="Profile: a bundled name or a file (default: CRM_PROFILE)")
    ] = None,
    *,
    home: HomeOption = None,
) -> None:
    """Erase a person from the lake, vault, served file and run state; later loads leave one out."""
    from crm_tasks.steps.erasure import erase as erase_person
    from crm_tasks.steps.erasure import verify as search

    settings = load_settings(home=home, profile=profile)
    with one_run_at_a_time(Home(settings.home_path)):
        done = erase_person(settings, subject)
        scan = search(settings, done) if verify else None
    rows = ((name, *numbers) for name, numbers in sorted(done.counts.items()))
    print_table(("place", "rows deleted", "rows left without the person"), rows)
    output.print(
        f"\n{done.request_id}: {done.n_records} records of one customer erased; "
        "`crm run` builds the working file again"
    )
    if scan is None:
        return
    for name, n in sorted(scan.hits.items()):
        output.print(f"{name}: {n} hits", markup=False, highlight=False)
    if not scan.is_clean:
        raise RunStateError(f"{sum(scan.hits.values())} hits in {len(scan.hits)} files are left")
    output.print(
        f"verified: {len(done.needles)} values and pseudonyms, {scan.n_files:,} files, "
        f"{scan.n_bytes:,} bytes, 0 hits"
    )
