"""`crm audit`: whether the log of what was done is still whole."""

from __future__ import annotations

import typer

from crm_tasks.cli.console import HomeOption, output
from crm_tasks.errors import RunStateError
from crm_tasks.privacy.keys import derived_key, own_secret
from crm_tasks.settings import load_settings
from crm_tasks.warehouse.audit import verify_audit
from crm_tasks.warehouse.home import Home
from crm_tasks.warehouse.ledger import Ledger

app = typer.Typer(help="Check the audit log.")


@app.callback()
def audit() -> None:
    """Check the hash chain over everything that was landed, published or failed."""


@app.command()
def verify(home: HomeOption = None) -> None:
    """Follow the hash chain from its first row; exit code 1 names the first row that breaks it."""
    settings = load_settings(home=home)
    place = Home(settings.home_path)
    heads = place.audit_head_file
    lines = heads.read_text(encoding="utf-8").splitlines() if heads.exists() else []
    if not lines and not place.ops_file.exists():
        raise RunStateError(f"nothing to verify: no run was ever started in {place.root}")
    rows = Ledger(place.ops_file).store.rows("select * from audit_log order by seq")
    secret = own_secret(settings, place.key_file)
    n = verify_audit(rows, lines, derived_key(secret, "audit"))
    output.print(f"audit log whole: {n} rows, {len(lines)} signed heads")
