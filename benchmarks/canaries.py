"""Twenty persons not to be found: outside the vault before they are erased, anywhere after."""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path

from crm_tasks.privacy.keys import DEMO_SECRET, derived_key
from crm_tasks.privacy.vault import Vault
from crm_tasks.settings import load_settings
from crm_tasks.steps.attempt import Attempt
from crm_tasks.steps.erasure import erase
from crm_tasks.steps.runner import run_all
from crm_tasks.warehouse.byte_scan import scan_home
from crm_tasks.warehouse.home import Home
from tests.flow.small_company import MEMBERS


def main(profile: str, home: str) -> int:
    """Print as JSON what is found of the club's members; the home given is left as it is."""
    work = Path(home).with_name("canaries")
    shutil.rmtree(work, ignore_errors=True)
    place = Home(Path(shutil.copytree(home, work / "home", symlinks=True)))
    company = Path(shutil.copytree(Path(profile).parent, work / "company")) / Path(profile).name
    vault = [Vault(place.vault, derived_key(DEMO_SECRET.encode(), "vault"))]
    told_by = _identifying(company.parent / "data" / "members.csv")
    before = scan_home(place, told_by, vault)
    outside = sum(n for where, n in before.hits.items() if not where.startswith("vault/"))
    started = time.perf_counter()
    settings = load_settings(home=place.root, profile=str(company))
    for number in range(len(MEMBERS)):
        erase(settings, f"club:M{number:02d}")
    took = time.perf_counter() - started
    after = scan_home(place, told_by, vault)
    _deliver_again(company.parent / "data" / "members.csv")
    run_all(Attempt("canaries again", str(company), str(place.root)), until="land")
    again = scan_home(place, told_by, vault)
    told = {
        "n_persons": len(MEMBERS), "outside_before": outside,
        "in_vault_before": sum(before.hits.values()) - outside,
        "hits_after": sum(after.hits.values()), "n_files": after.n_files,
        "n_bytes": after.n_bytes, "came_back": sum(again.hits.values()),
        "erasures_s": round(took, 1),
    }  # fmt: skip
    print(json.dumps(told))
    return 0 if told["in_vault_before"] else 1


def _identifying(members: Path) -> set[str]:
    """Return names, addresses, phones and streets of all members, as the club writes them."""
    rows = [line.split(",") for line in members.read_text(encoding="utf-8").splitlines()[1:]]
    return {text for row in rows for text in row[1:5] if text}


def _deliver_again(members: Path) -> None:
    text = members.read_text(encoding="utf-8")
    members.write_text(f"{text}M99,Ada Zyx,ada@mail.example,,,,\n", encoding="utf-8")
