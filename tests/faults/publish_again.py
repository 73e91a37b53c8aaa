"""Publish the latest run of a home N more times, with a fresh claim each: `HOME N [POINT]`.

With a point the process kills itself there, see `killed.py`.
"""

from __future__ import annotations

import sys
from pathlib import Path

from crm_tasks.steps.registry import STEPS
from crm_tasks.warehouse.home import Home
from crm_tasks.warehouse.ledger import Claim, Ledger
from crm_tasks.warehouse.publish import Publisher


def fresh_publisher(home: Home) -> Publisher:
    """Return a publisher of the latest run that no newer attempt has overtaken."""
    ledger = Ledger(home.ops_file)
    return publisher(home, ledger, fresh_claim(ledger, "publish"))


def fresh_claim(ledger: Ledger, step: str) -> Claim:
    """Return the newest claim of a step on the latest run."""
    run = ledger.find_run_like("last")
    ledger.open_attempt("once more", run["profile"])
    return ledger.claim("once more", step, run["run_id"])


def publisher(home: Home, ledger: Ledger, claim: Claim) -> Publisher:
    """Return the publisher that works under a claim."""
    run = ledger.find_run(str(claim.run_id))
    return Publisher(
        home=home,
        ledger=ledger,
        claim=claim,
        run_id=run["run_id"],
        as_of_date=run["as_of_date"],
        layers=tuple(step.name for step in STEPS if step.is_dbt),
        memory_limit="1GB",
        threads=1,
    )


if __name__ == "__main__":
    if len(sys.argv) > 3:
        from killed import arm  # beside this file

        arm(sys.argv[3])
    for _ in range(int(sys.argv[2])):
        print(fresh_publisher(Home(Path(sys.argv[1]))).publish().version, flush=True)  # noqa: T201
