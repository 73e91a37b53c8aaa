"""Which keys a snapshot of a full table does not hold any more, as SQL text.

A table with ``load: full`` is delivered whole each time. What the delivery before held and this
one does not is deleted. A delivery some of whose records are still in quarantine, or one too small
to be true, deletes nothing: what is not there may have been. The next whole one is compared with
all since the last whole one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from crm_tasks.landing.views import LandedBatch


def missing_keys(
    keys: Mapping[str, str],
    snapshots: Iterable[tuple[Sequence[LandedBatch], bool]],
    shown: set[str],
    from_: Callable[[Sequence[LandedBatch]], str],
) -> Iterator[tuple[LandedBatch, str]]:
    """Yield each whole snapshot with a query of the keys that it lacks and one before it had.

    Parameters
    ----------
    keys : mapping of str to str
        Name and SQL of each field of the entity's key.
    snapshots : iterable
        All deliveries of the table and whether each is whole (see :func:`believed`).
    shown : set of str
        Ids of the snapshots asked for.
    from_ : callable
        Gives the FROM clause that reads some batches.
    """
    before: list[LandedBatch] = []
    for delivery, is_whole in snapshots:
        snapshot = delivery[0]
        if not is_whole:
            before += delivery
            continue
        if before and snapshot.batch_id in shown:
            held, holds = _keys(keys, from_(before)), _keys(keys, from_(delivery))
            yield snapshot, f"{held}\nexcept\n{holds}"
        before = list(delivery)


def believed(
    batches: Sequence[LandedBatch], at_least_share: float
) -> Iterator[tuple[list[LandedBatch], bool]]:
    """Yield the snapshots in the order they were landed, and whether each is taken for whole.

    Parameters
    ----------
    at_least_share : float
        Smaller a snapshot may not be beside the last whole one.
    """
    size_before = 0
    for delivery in deliveries(batches):
        size = sum(batch.n_loaded for batch in delivery)
        is_whole = delivery[0].n_missing == 0 and size >= at_least_share * size_before
        yield delivery, is_whole
        size_before = size if is_whole else size_before


def deliveries(batches: Sequence[LandedBatch]) -> list[list[LandedBatch]]:
    """Return the snapshots in the order they were landed, each with its parts after it."""
    by_place: dict[int, list[LandedBatch]] = {}
    for batch in sorted(batches, key=lambda b: (b.landing_sequence, b.is_part, b.batch_id)):
        by_place.setdefault(batch.landing_sequence, []).append(batch)
    return [delivery for delivery in by_place.values() if not delivery[0].is_part]


def _keys(keys: Mapping[str, str], from_: str) -> str:
    columns = ", ".join(f"nullif(trim({text}), '') as {name}" for name, text in keys.items())
    given = " and ".join(f"nullif(trim({text}), '') is not null" for text in keys.values())
    return f"select {columns}\n{from_}\nwhere {given}"
