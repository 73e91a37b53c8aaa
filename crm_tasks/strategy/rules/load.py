"""Read a rule book: the one the house ships, or the profile's own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from crm_tasks.errors import RulesError
from crm_tasks.strategy.rules.model import RuleBook
from crm_tasks.strict_yaml import load_strict

if TYPE_CHECKING:
    from os import PathLike

#: The rules of a profile that names none.
HOUSE_RULES = Path(__file__).with_name("house_rules.yml")


def load_rules(path: PathLike[str] | None = None) -> RuleBook:
    """Return the rule book of a file, or the one the house ships.

    Raises
    ------
    RulesError
        The file is not strict YAML or says what no rule may; the message names file, line and the
        nearest valid key, column or function.
    """
    return load_strict(Path(path) if path else HOUSE_RULES, RuleBook, RulesError)
