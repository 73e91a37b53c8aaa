"""The steps of a run, in order: the one list that DAG, command line and tests share.

Importing this module costs nothing: a step's function is imported when it is called.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

from crm_tasks.errors import RunStateError, nearest

if TYPE_CHECKING:
    from collections.abc import Callable

    from crm_tasks.contracts import Table
    from crm_tasks.contracts.frames import StepReport


@dataclass(frozen=True)
class Step:
    """One step: its name, task group, function (``module:function``) and what it writes.

    ``writes`` names schemas, or single tables that another step's schema leaves to this one.
    ``contributes`` names tables this step hands over some rows of (``run.write_part``); the step
    that writes such a table comes later and gathers them (``run.gather``).

    A dbt step writes the working file and needs it for itself; the others only read it.

    Each step follows the one before it; one with ``after`` needs no more than that earlier step,
    and may run beside those between. The next step without ``after`` waits for it.
    """

    name: str
    group: str
    function: str
    writes: tuple[str, ...] = ()
    contributes: tuple[str, ...] = ()
    is_dbt: bool = False
    after: str | None = None

    @property
    def task_id(self) -> str:
        return f"{self.group}.{self.name}"

    def is_writer_of(self, table: Table) -> bool:
        """Return whether it writes a table: by its full name, or else by its schema."""
        if any(table.full_name in step.writes for step in STEPS):
            return table.full_name in self.writes
        return table.schema in self.writes

    def load(self) -> Callable[..., StepReport]:
        """Import and return the function: ``land`` takes an attempt, every other step a run."""
        module, function = self.function.split(":")
        loaded: Callable[..., StepReport] = getattr(import_module(module), function)
        return loaded


def _dbt(name: str, group: str, function: str, schema: str) -> Step:
    return Step(name, group, f"crm_tasks.steps.{function}", (schema,), is_dbt=True)


def _python(
    name: str,
    group: str,
    function: str,
    *writes: str,
    contributes: tuple[str, ...] = (),
    after: str | None = None,
) -> Step:
    return Step(name, group, f"crm_tasks.steps.{function}", writes, contributes, after=after)


INFLUENCE = (
    "graph.activation_probabilities",
    "graph.influence_seeds",
    "graph.influence_comparisons",
    "graph.diffusion_curves",
    "graph.customer_influence",
)
LINKS = ("graph.link_predictions", "graph.similar_customers", "graph.link_prediction_judgements")

PATTERNS = ("ml.association_rules", "ml.sequence_rules", "ml.pattern_counts")
#: Every step of learning contributes its rows; the last of the group gathers them.
JUDGED = ("ml.model_comparisons", "ml.models", "ml.model_metrics", "ml.reliability_bins")
GATHERED = (*JUDGED, "ml.predictions")
REASONED = (*GATHERED, "ml.prediction_reasons")

#: What texts tell once segments are known; the schema's other table is written before core.
VOICE = (
    "text.summaries",
    "text.topic_trends",
    "text.complaint_themes",
    "text.emerging_topics",
    "features.need_distribution",
    "features.need_trend",
    "features.need_correlation",
)
TEXT_LABELS = ("ml.text_labels", "ml.text_label_queue")
DRAWN = ("evaluation.assignments", "evaluation.designs")
UPLIFT = ("ml.uplift", "evaluation.uplift_forecasts", "evaluation.uplift_curves")
RESULTS = (
    "evaluation.strategy_results",
    "evaluation.exposures",
    "evaluation.policy_values",
)

STEPS: tuple[Step, ...] = (
    _python("land", "load", "landing:land", "landing"),
    _dbt("staging", "model", "models:build_staging", "staging"),
    _python("gate_landing", "model", "gates:gate_landing"),
    _python("identity", "model", "identity:resolve_identities", "identity"),
    _python(
        "texts",
        "model",
        "text:read_texts",
        "text",
        *TEXT_LABELS,
        contributes=("ml.model_comparisons", "ml.models", "ml.model_metrics"),
    ),
    _dbt("core", "model", "models:build_core", "core"),
    _python("gate_core", "model", "gates:gate_core"),
    _dbt("features", "model", "models:build_features", "features"),
    _python("gate_features", "model", "gates:gate_features"),
    _python("relationships", "graph", "graph:build_relationships", "graph"),
    _python("influence", "graph", "foresight:build_influence", *INFLUENCE),
    _python("links", "graph", "foresight:build_links", *LINKS),
    _python("gate_graph", "graph", "gates:gate_graph"),
    _dbt("features_wide", "graph", "models:build_features_wide", "features"),
    _python("segments", "learn", "ml:build_segments", "ml", "evaluation.segment_stability"),
    _python("voice", "learn", "voice:describe_voice", *VOICE, after="segments"),
    _python("patterns", "learn", "patterns:find_patterns", *PATTERNS, after="gate_features"),
    _python(
        "predictions",
        "learn",
        "learning:predict_customers",
        "ml.drivers",
        contributes=REASONED,
        after="gate_features",
    ),
    _python(
        "choices",
        "learn",
        "choices:predict_choices",
        contributes=GATHERED,
        after="gate_features",
    ),
    _python(
        "recommendations",
        "learn",
        "recommendations:recommend_products",
        "ml.recommendations",
        contributes=("ml.model_comparisons",),
        after="gate_features",
    ),
    _python(
        "value",
        "learn",
        "outlook:build_value",
        "ml.clv",
        contributes=JUDGED,
        after="gate_features",
    ),
    _python(
        "forecasts",
        "learn",
        "outlook:build_forecasts",
        "ml.forecasts",
        contributes=JUDGED,
        after="gate_features",
    ),
    _python(
        "next_purchases",
        "learn",
        "outlook:build_next_purchases",
        contributes=GATHERED,
        after="gate_features",
    ),
    _python(
        "anomalies",
        "learn",
        "anomalies:find_unusual",
        contributes=REASONED,
        after="gate_features",
    ),
    _python("uplift", "learn", "evaluation:learn_uplift", *UPLIFT, contributes=GATHERED[:1]),
    _python("comparisons", "learn", "ml:compare_models", *REASONED),
    _python("gate_ml", "learn", "gates:gate_ml"),
    _python("pictures", "learn", "pictures:draw_models", after="comparisons"),
    _python("assignments", "decide", "assigning:assign_arms", *DRAWN),
    _python("actions", "decide", "strategy:plan_actions", "strategy"),
    _python("gate_strategy", "decide", "gates:gate_strategy"),
    _python("campaign_response", "evaluate", "evaluation:measure_campaign_response", "evaluation"),
    _python("results", "evaluate", "evaluation:judge_campaigns", *RESULTS),
    _python("brief", "evaluate", "brief:write_brief", "strategy.decision_briefs"),
    _dbt("bi", "publish", "models:build_bi", "bi"),
    _python("publish", "publish", "publish:publish"),
)

#: How a run ends that readers do not follow (crm_tasks/steps/backfill.py).
RECORD = _python("record", "publish", "publish:record")


def find_step(name: str) -> Step:
    """Return the step of that name.

    Raises
    ------
    RunStateError
        No such step; the message names the nearest one.
    """
    steps = {step.name: step for step in (*STEPS, RECORD)}
    if name not in steps:
        raise RunStateError(f"no step named {name!r}{nearest(name, steps)}")
    return steps[name]


def steps_contributing_to(table: Table) -> tuple[Step, ...]:
    """Return the steps that hand over some rows of a table, in their order."""
    return tuple(step for step in STEPS if table.full_name in step.contributes)


def step_writing(table: Table) -> str:
    """Return the name of the step that writes a table.

    Raises
    ------
    RunStateError
        No step writes it: the run state is written by all of them.
    """
    schema_steps = [step for step in STEPS if step.is_writer_of(table)]
    if table.writer == "dbt":
        from crm_tasks.contracts.dbt_models import layer_of

        schema_steps = [step for step in schema_steps if step.name == layer_of(table)]
    if not schema_steps:
        raise RunStateError(f"no single step writes {table.full_name}")
    return schema_steps[0].name
