"""Who is who: from records and their values to clusters, scored pairs and the reasons for each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from crm_tasks.identity.comparable import make_comparable, put_records
from crm_tasks.identity.frequencies import put_frequencies
from crm_tasks.identity.inputs import contents, shared_keys
from crm_tasks.identity.links import PAIR_COLUMNS, pair_rows, reason_rows
from crm_tasks.identity.score import KEY_KINDS, MISSING, score, score_pairs, score_with
from crm_tasks.identity.train import train
from crm_tasks.identity.verdicts import Verdicts, decided_pairs, judge_pairs

if TYPE_CHECKING:
    from crm_tasks.contracts.frames import Scratch
    from crm_tasks.identity.inputs import Inputs, Previous
    from crm_tasks.identity.model import IdentityModel
    from crm_tasks.identity.params import IdentityParams


@dataclass(frozen=True)
class Resolution:
    """What was found.

    Parameters
    ----------
    verdicts : Verdicts
        Who is who, and what became of each pair.
    pairs, reasons : pyarrow.Table
        Scored pairs by the records' names in alphabetical order, and what each field says for them.
    comparable : pyarrow.Table
        Records in comparable form with ``record_key`` and ``content``: for the vault only.
    model : IdentityModel
        The model that scored.
    n_compared : int
        Records that were compared anew.
    """

    verdicts: Verdicts
    pairs: pa.Table
    reasons: pa.Table
    comparable: pa.Table
    model: IdentityModel
    n_compared: int


def resolve(scratch: Scratch, inputs: Inputs, params: IdentityParams) -> Resolution:
    """Work out which records are one person's.

    With a predecessor under the same model only what changed is compared; the result is that of
    comparing everything.
    """
    keys = inputs.records["record_key"].combine_chunks()
    comparable, changed = _comparable(inputs, params, keys)
    put_records(scratch, comparable.drop_columns(["record_key", "content"]))
    model = inputs.model
    if model is None:
        model = train(scratch, params, inputs.token_key)
    put_frequencies(scratch, model.frequencies, model.n_persons, inputs.token_key)
    previous = inputs.previous
    least = params.review_threshold
    if _can_build_upon(previous, model) and previous is not None:
        touched = _touched(scratch, previous, comparable, changed)
        scored = score_with(scratch, model, least) if len(touched) else None
        pairs, reasons = _carried(previous, keys, touched)
        if scored is not None:
            pairs = pa.concat_tables([pairs, pair_rows(scored, keys, model)])
            reasons = pa.concat_tables([reasons, reason_rows(scored, keys)])
        n_compared = len(touched)
    else:
        scored = score(scratch, model, least)
        pairs, reasons = pair_rows(scored, keys, model), reason_rows(scored, keys)
        n_compared = len(comparable)
    pairs, reasons = _with_shared_keys(scratch, inputs, model, keys, pairs, reasons)
    pairs = pairs.sort_by([("record_l", "ascending"), ("record_r", "ascending")])
    reasons = reasons.sort_by(
        [("record_l", "ascending"), ("record_r", "ascending"), ("field", "ascending")]
    )
    verdicts = judge_pairs(scratch, inputs, params, model, pairs, reasons)
    return Resolution(verdicts, pairs, reasons, comparable, model, n_compared)


# --- what is compared -----------------------------------------------------------------------------


def _comparable(
    inputs: Inputs, params: IdentityParams, keys: pa.Array
) -> tuple[pa.Table, pa.Table]:
    """Return all records in comparable form, and those that were not known in this form before."""
    described = inputs.described
    told = described.append_column("content", contents(described))
    names = keys.take(described["record"].combine_chunks())
    told = told.append_column("record_key", names)
    known = inputs.previous.comparable if inputs.previous is not None else None
    if known is None:
        fresh, kept = told, None
    else:
        mark = pc.binary_join_element_wise(told["record_key"], told["content"], "\x1f")
        known_mark = pc.binary_join_element_wise(known["record_key"], known["content"], "\x1f")
        is_known = pc.is_in(mark, value_set=known_mark.combine_chunks())
        fresh = told.filter(pc.invert(is_known))
        kept = _renumbered(known, known_mark, told.filter(is_known), mark.filter(is_known))
    made = make_comparable(fresh, params.regions, inputs.date_formats)
    for name in ("record_key", "content"):
        made = made.append_column(name, fresh[name].combine_chunks())
    if kept is not None:
        made = pa.concat_tables([kept.select(made.column_names), made]).sort_by("record")
    return made.combine_chunks(), fresh


def _renumbered(
    known: pa.Table, known_mark: pa.ChunkedArray, told: pa.Table, mark: pa.ChunkedArray
) -> pa.Table:
    """Return known comparable rows under the numbers the records have in this run."""
    places = pc.index_in(mark, value_set=known_mark.combine_chunks())
    rows = known.take(places)
    return rows.set_column(rows.column_names.index("record"), "record", told["record"])


def _can_build_upon(previous: Previous | None, model: IdentityModel) -> bool:
    return (
        previous is not None
        and previous.pairs is not None
        and previous.reasons is not None
        and previous.comparable is not None
        and previous.model_version == model.version
    )


def _touched(
    scratch: Scratch, previous: Previous, comparable: pa.Table, changed: pa.Table
) -> pa.Array:
    """Create ``changed``: the records to compare anew; return their names.

    These are new and corrected records, and all that share a mailbox, phone or home with one of
    them or with what it said before, or with a record that is gone: how many persons share a value
    weighs on every pair that agrees in it.
    """
    known = previous.comparable
    assert known is not None  # noqa: S101 (asked before)
    new_keys = changed["record_key"].combine_chunks()
    gone = pc.invert(
        pc.is_in(known["record_key"], value_set=comparable["record_key"].combine_chunks())
    )
    was = known.filter(pc.or_(gone, pc.is_in(known["record_key"], value_set=new_keys)))
    scratch.register("named", comparable.select(["record", "record_key"]))
    scratch.register("was", was)
    scratch.register("new_keys", pa.table({"record_key": new_keys}))
    values = " union ".join(
        f"select '{c}' as what, {c} as value from was where {c} is not null union "  # noqa: S608
        f"select '{c}' as what, {c} as value from records where {c} is not null and record in "
        "(select record from named semi join new_keys using (record_key))"
        for c in ("email", "phone", "address")
    )
    sharing = " union ".join(
        f"select record from records where {c} in (select value from moved where what = '{c}')"  # noqa: S608
        for c in ("email", "phone", "address")
    )
    scratch.query(
        f"create or replace table changed as with moved as ({values}) select records.* "  # noqa: S608
        "from records where record in (select record from named semi join new_keys "
        f"using (record_key) union {sharing})"
    )
    touched = scratch.query("select record_key from named semi join changed using (record)")
    gone_keys = known.filter(gone)["record_key"]
    return pa.concat_arrays([touched["record_key"].combine_chunks(), gone_keys.combine_chunks()])


def _carried(previous: Previous, keys: pa.Array, touched: pa.Array) -> tuple[pa.Table, pa.Table]:
    """Return the predecessor's pairs and reasons of which neither record was compared anew."""
    assert previous.pairs is not None  # noqa: S101 (asked before)
    assert previous.reasons is not None  # noqa: S101
    kinds = pa.array(KEY_KINDS)
    tables = []
    for rows, names in (
        (previous.pairs, PAIR_COLUMNS),
        (previous.reasons, ("record_l", "record_r", "field", "comparison_level", "weight")),
    ):
        stands = pc.and_(
            pc.is_in(rows["record_l"], value_set=keys), pc.is_in(rows["record_r"], value_set=keys)
        )
        for side in ("record_l", "record_r"):
            stands = pc.and_(stands, pc.invert(pc.is_in(rows[side], value_set=touched)))
        stand = rows.filter(stands)
        tables.append(pa.table({name: stand[name] for name in names}))
    pairs, reasons = tables
    by_key = pairs.filter(pc.is_in(pairs["match_key"], value_set=kinds))
    return _without(pairs, by_key), _without(reasons, by_key)


def _with_shared_keys(
    scratch: Scratch,
    inputs: Inputs,
    model: IdentityModel,
    keys: pa.Array,
    pairs: pa.Table,
    reasons: pa.Table,
) -> tuple[pa.Table, pa.Table]:
    """Add the pairs that share a government id, loyalty id or handle, and those people decided."""
    shared = shared_keys(inputs.described)
    same, apart = decided_pairs(inputs.decisions, keys)
    shared = {**dict.fromkeys(sorted({*same, *apart}), MISSING), **shared}
    if not shared:
        return pairs, reasons
    scored = score_pairs(scratch, model, shared)
    added, why = pair_rows(scored, keys, model), reason_rows(scored, keys)
    return (
        pa.concat_tables([_without(pairs, added), added]),
        pa.concat_tables([_without(reasons, added), why]),
    )


def _without(rows: pa.Table, pairs: pa.Table) -> pa.Table:
    mark = pc.binary_join_element_wise(rows["record_l"], rows["record_r"], "\x1f")
    others = pc.binary_join_element_wise(pairs["record_l"], pairs["record_r"], "\x1f")
    return rows.filter(pc.invert(pc.is_in(mark, value_set=others)))
