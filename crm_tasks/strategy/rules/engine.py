"""Fire a rule book: every customer against every rule, in SQL, and every hit as a row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_tasks.strategy.rules import compiled

if TYPE_CHECKING:
    import datetime as dt

    import pyarrow as pa

    from crm_tasks.contracts.frames import Scratch
    from crm_tasks.strategy.rules.model import RuleBook


def fire_rules(scratch: Scratch, book: RuleBook, as_of: dt.date) -> pa.Table:
    """Return the rows of strategy.rules_fired.

    Parameters
    ----------
    scratch : Scratch
        Holds ``customers``: the columns of features.feat_customers_wide that the rules name. The
        tables ``scored``, ``classified`` and ``judged`` are added to it: one row per customer
        with all scores, classes and truths.
    book : RuleBook
        The rules.
    as_of : date
        The day the features are of.
    """
    *steps, (_, last) = compiled.statements(book)
    for name, statement in steps:
        scratch.register(name, scratch.query(statement))
    return scratch.query(last, {"as_of": as_of})
