"""The rule engine: one YAML of rules, checked when it is read, compiled to SQL, every hit a row."""

from crm_tasks.strategy.rules.comparison import compare_rules
from crm_tasks.strategy.rules.engine import fire_rules
from crm_tasks.strategy.rules.examples import failed_examples
from crm_tasks.strategy.rules.load import HOUSE_RULES, load_rules
from crm_tasks.strategy.rules.model import Expansion, RuleBook

__all__ = [
    "HOUSE_RULES",
    "Expansion",
    "RuleBook",
    "compare_rules",
    "failed_examples",
    "fire_rules",
    "load_rules",
]
