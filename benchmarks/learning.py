"""Acceptance lines of issue 5: what was learned was judged before it was believed."""

from __future__ import annotations

import json
import re
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks.acceptance import Measured, NotRun, line
from benchmarks.planted_learning import DRIVERS, PlantedBlocks
from benchmarks.processes import run_child
from crm_tasks.ml.propensity.params import PropensityParams
from crm_tasks.planted import Company
from crm_tasks.planted.people import CHURN_DRIVERS
from crm_tasks.warehouse.home import Home
from crm_tasks.warehouse.scratch import scratch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.workshop import Workshop
    from crm_tasks.contracts.frames import Scratch

TESTS = "tests/ml/"
COMPANY, BLOCKS = Company("M", 7), 15
SEEDS, ALL_BLOCKS = (7, 8, 9), 100
ARI_AT_LEAST, ECE_AT_MOST = 0.9, 0.03
SECONDS_AT_MOST, MIB_AT_MOST = 20 * 60, 24 * 1024
LARGE = 1_000_000
COST = re.compile(
    r"^ *(?P<n>[\d,]+) customers +(?P<stage>.+?) +(?P<wall>[\d.]+) s +(?P<cpu>[\d.]+) CPU s "
    r"+(?P<mib>[\d,]+) MiB",
    re.MULTILINE,
)
POWER = re.compile(r"->.+?  (?P<stage>.+?) +exponent (?P<power>\S+)")
#: What `crm run` prints at its end of each target, as bi.model_scorecard says it.
SCORECARD = (
    "select target, champion, metric, coalesce(candidate_value, 0) as value, lead, lead_ci_low, "
    "lead_ci_high, baseline, verdict from bi.model_scorecard where as_of_date = "
    "(select max(as_of_date) from bi.model_scorecard) order by target"
)
#: Whoever answers is better than the naive method, or is it; and answers are of registered models.
BROKEN = {
    "champions that are not better": (
        "select target from ml.model_comparisons where is_champion and not ci_low > 0 "
        "and metric in ('log_loss', 'hit_rate_1', 'hit_rate_3', 'mae', 'mae_days', 'mse', 'mase', "
        "'recall_10') and baseline <> 'former_champion'"
    ),
    "targets of two champions": (
        "select target from ml.models where status = 'champion' group by target having count(*) > 1"
    ),
    "answers of models that are no champion": (
        "select distinct p.model_version from ml.predictions as p left join ml.models as m "
        "on p.model_version = m.model_version where m.status is distinct from 'champion'"
    ),
    "champions that the comparisons do not name": (
        "select m.target from ml.models as m left join ml.model_comparisons as c "
        "on m.target = c.target and m.family = c.candidate and c.is_champion "
        "where m.status = 'champion' and c.target is null and m.target in "
        "(select target from ml.model_comparisons where is_champion "
        "and baseline <> 'former_champion')"
    ),
}


@contextmanager
def lend(**frames: Any) -> Iterator[Scratch]:
    """Lend a private engine with frames, on one thread."""
    with (
        tempfile.TemporaryDirectory() as folder,
        threadpool_limits(1),
        scratch(Home(Path(folder)), "4GB", frames) as engine,
    ):
        yield engine


def planted() -> PlantedBlocks:
    """Return the blocks of the planted company that lines share."""
    return PlantedBlocks(COMPANY, BLOCKS)


def _tests(workshop: Workshop, *files: str) -> Measured:
    done = workshop.pytest(*(TESTS + file for file in files))
    last = (done.printed.strip().splitlines() or ["nothing was printed"])[-1]
    if done.code == 0 and "skipped" in last:
        raise NotRun(f"its data are not at hand: {last}")
    return Measured(last.strip("= "), done.code == 0)


@line(
    5,
    f"Planted M, 15 of 100 blocks: interests found again, adjusted Rand index >= {ARI_AT_LEAST}",
)
def interests(workshop: Workshop) -> Measured:  # noqa: ARG001 (needs no checkout)
    """Group fifteen thousand planted customers by what they buy."""
    index, n = planted().interests(lend)
    return Measured(f"{n} groups found of 8 planted, ARI {index:.3f}", index >= ARI_AT_LEAST)


@line(
    5,
    "Planted M, 15 of 100 blocks: 6 of 6 basket rules, 4 of 4 sequences; counts equal brute force",
)
def rules(workshop: Workshop) -> Measured:  # noqa: ARG001
    """Find the planted rules among all others, and count a sample again by sets."""
    found = planted().rules(lend)
    return Measured(found.text, found.holds)


@line(5, "Planted M, whole, three seeds: five drivers of leaving, their planted signs and ranks")
def drivers(workshop: Workshop) -> Measured:  # noqa: ARG001
    """Learn churn:90d from what the customers of three companies did."""
    told = [_drivers_of(PlantedBlocks(Company("M", seed), ALL_BLOCKS)) for seed in SEEDS]
    text = "log odds per s.d. of what lasts, in the order found: "
    return Measured(text + "; ".join(one.text for one in told), all(one.holds for one in told))


def _drivers_of(blocks: PlantedBlocks) -> Measured:
    params = PropensityParams(targets=PropensityParams().targets[:1])
    rows = blocks.predicted(lend, params).rows("ml.drivers").to_pylist()
    found = {DRIVERS[row["feature"]]: row for row in rows if row["feature"] in DRIVERS}
    planted = sorted(CHURN_DRIVERS, key=lambda name: -abs(CHURN_DRIVERS[name]))
    by_size = sorted(found, key=lambda name: -abs(found[name]["coefficient"]))
    wrong = [
        name for name, row in found.items()
        if row["direction"] != ("raises" if CHURN_DRIVERS[name] > 0 else "lowers")
    ]  # fmt: skip
    text = f"seed {blocks.company.seed}: " + ", ".join(
        f"{name} {found[name]['coefficient']:+.3f} [{np.log(found[name]['ci_low']):+.3f}, "
        f"{np.log(found[name]['ci_high']):+.3f}] (planted {CHURN_DRIVERS[name]:+.2f})"
        for name in by_size
    )
    text += f", wrong or unclear: {wrong}" if wrong else ""
    text += "" if by_size == planted else f", planted order: {planted}"
    return Measured(text, not wrong and by_size == planted)


@line(
    5,
    f"Planted M, 15 of 100 blocks: purchase probabilities of every champion, ECE <= {ECE_AT_MOST}",
)
def calibrated(workshop: Workshop) -> Measured:  # noqa: ARG001
    """Learn purchases within 7, 28 and 90 days, judged out of time."""
    params = PropensityParams(targets=PropensityParams().targets[1:], reasons_for=())
    found = planted().predicted(lend, params)
    champions = {
        row["model_version"]: row
        for row in found.rows("ml.models").to_pylist()
        if row["status"] == "champion"
    }
    errors = {
        f"{row['target']} ({champions[row['model_version']]['family']})": row["value"]
        for row in found.rows("ml.model_metrics").to_pylist()
        if row["metric"] == "ece" and row["model_version"] in champions
    }
    text = ", ".join(f"{name} {error:.4f}" for name, error in errors.items())
    return Measured(text, bool(errors) and max(errors.values()) <= ECE_AT_MOST)


@line(5, "CDNOW: published BG/NBD estimates reproduced; ten awkward companies converge")
def cdnow(workshop: Workshop) -> Measured:
    """Run the tests of the value models, on the file of the `lifetimes` wheel."""
    run_child(["make", "build/testdata/.ready"], workshop.checkout).checked()
    return _tests(workshop, "value/test_buying.py", "value/test_spending.py")


@line(5, "Itemsets equal mlxtend's on three data sets; 30 baskets of 60 items in seconds")
def mlxtend(workshop: Workshop) -> Measured:
    """Run the tests of counting and of the measures of rules."""
    return _tests(workshop, "patterns/test_itemsets.py", "patterns/test_association.py")


@line(5, "The canary: no feature changes when the future is taken away; one that looks is refused")
def canary(workshop: Workshop) -> Measured:
    """Run the canary's tests, on features and on columns of a training matrix."""
    return _tests(workshop, "propensity/test_facts.py", "judgement/test_canary.py")


@line(5, "Artifacts come back the same without pickle; a changed one or another type is refused")
def artifacts(workshop: Workshop) -> Measured:
    """Run the artifacts' tests, and read back what the bundled run keeps."""
    told = _tests(workshop, "test_artifacts.py", "choices", "timing")
    home = workshop.runs.home
    checked = workshop.crm("doctor", "--home", home).printed
    models = next((one for one in checked.splitlines() if one.startswith("models ")), "no models")
    return Measured(f"{told.text}; bundled: {' '.join(models.split())}", told.holds
                    and "FAILED" not in models and "read back" in models)  # fmt: skip


@line(5, "Bundled data: a verdict per target, every champion is better than naive or is naive")
def verdicts(workshop: Workshop) -> Measured:
    """Read the scorecard that `crm run` prints, and look for answers nobody may give."""
    home = workshop.runs.home
    rows = workshop.query(home, SCORECARD)
    wrong = {name: workshop.query(home, sql) for name, sql in BROKEN.items()}
    is_printed = "targets answered better than by the simple method" in workshop.runs.warm.printed
    better = sum(row["verdict"] == "better" for row in rows)
    text = f"{len(rows)} targets, {better} better, {len(rows) - better} answered naively"
    text += "".join(f"; {len(found)} {name}" for name, found in wrong.items() if found)
    text += "" if is_printed else "; not printed by the run"
    return Measured(text, bool(rows) and is_printed and not any(wrong.values()))


@line(5, "Learning at 1 M customers: under 20 minutes of CPU and 24 GiB; growth and curve shown")
def growth(workshop: Workshop) -> Measured:
    """Measure every stage at 100 k and 1 M customers, and the learning curve at 100 k."""
    command = [workshop.python, "-m", "benchmarks.learning_growth", "--curve", "100000"]
    printed = run_child(command, workshop.checkout).checked().printed
    return judged_growth(printed)


def judged_growth(printed: str) -> Measured:
    """Return the measurement out of what the benchmark printed."""
    costs = [found.groupdict() for found in COST.finditer(printed)]
    large = [one for one in costs if int(one["n"].replace(",", "")) == LARGE]
    wall, cpu = (sum(float(one[name]) for one in large) for name in ("wall", "cpu"))
    peak = max((int(one["mib"].replace(",", "")) for one in large), default=0)
    powers = {found["stage"]: found["power"] for found in POWER.finditer(printed)}
    stages = ", ".join(
        f"{one['stage']} {float(one['wall']):.0f} s (CPU {float(one['cpu']):.0f}, {one['mib']} "
        f"MiB, exponent {powers.get(one['stage'], '-')})"
        for one in large
    )
    curve = [json.loads(one) for one in printed.splitlines() if one.startswith("{")]
    learned = ", ".join(f"{row['customers']:,}: {row['log_loss']:.4f}" for row in curve
                        if row["family"] == "boosted")  # fmt: skip
    text = f"1 M: {wall:.0f} s, CPU {cpu:.0f} s, at most {peak:,} MiB; {stages}"
    text += f"; log loss by customers learned from: {learned}" if learned else ""
    return Measured(text, bool(large) and cpu <= SECONDS_AT_MOST and peak <= MIB_AT_MOST)
