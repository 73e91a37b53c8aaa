"""What identifies the customer of a row: fields that take tokens, by the classes of the columns."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import linear_sum_assignment

from crm_tasks.contracts.entities import ENTITIES
from crm_tasks.profiling.keys import depends_on
from crm_tasks.profiling.mapping import FieldProposal
from crm_tasks.profiling.matching import LIKE_AT_LEAST, likeness_of
from crm_tasks.profiling.recognisers import rules
from crm_tasks.profiling.remarks import remark
from crm_tasks.profiling.vocabulary import vocabulary

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crm_tasks.profiling.mapping import FeedProposal, Table
    from crm_tasks.profiling.people import Classes

#: The only column of its kind is that whatever its name.
ONLY_ONE, TIE = 0.55, 1e-6


def with_identity(
    table: Table, feed: FeedProposal, classes: Classes, table_likeness: float
) -> FeedProposal:
    """Return the feed with the fields that records of one person are found by.

    What is made of several rows takes only columns that are the same in all of them.
    """
    kinds = rules()["person_tokens"]
    fields = [f.name for f in ENTITIES[feed.entity].fields if f.name in kinds]
    columns = [
        name
        for name, decision in classes.items()
        if decision.value in kinds.values()
        and table.facts[name].kind not in ("list", "empty")
        and all(name == key or depends_on(table.rows, name, key) for key in feed.one_row_per)
    ]
    if not fields or not columns:
        return feed
    scores = _scores(feed.entity, fields, columns, classes, table_likeness)
    chosen = zip(*linear_sum_assignment(scores, maximize=True), strict=True)
    found = {fields[row]: columns[at] for row, at in chosen if scores[row, at] >= ONLY_ONE}
    proposals = {
        name: FieldProposal(
            column, classes[column].confidence, remark("match_person", kind=kinds[name])
        )
        for name, column in found.items()
    }
    order = [f.name for f in ENTITIES[feed.entity].fields]
    everything = {**feed.fields, **proposals}
    return replace(feed, fields={name: everything[name] for name in order if name in everything})


def _scores(
    entity: str, fields: Sequence[str], columns: Sequence[str], classes: Classes, likeness: float
) -> np.ndarray:
    """Return how well each column fits each field: by its name among those of its kind."""
    kinds, words = rules()["person_tokens"], vocabulary()[entity]
    n_of_kind = Counter(classes[column].value for column in columns)
    scores = np.zeros((len(fields), len(columns)))
    for row, field in enumerate(fields):
        for at, column in enumerate(columns):
            kind = classes[column].value
            if kind != kinds[field]:
                continue
            named = likeness_of(column, words.fields[field], words, likeness)
            is_only = n_of_kind[kind] == 1 and field in rules()["only_of_kind"]
            if named >= LIKE_AT_LEAST:
                scores[row, at] = named - at * TIE  # of equals the column that stands first
            elif is_only:
                scores[row, at] = ONLY_ONE
    return scores
