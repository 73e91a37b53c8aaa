"""Land what databases and web sources hold: read whole, compared, then landed as batches."""

from __future__ import annotations

import logging
from contextlib import ExitStack
from typing import TYPE_CHECKING

from crm_tasks.errors import LandingRefused
from crm_tasks.landing.rows import BatchOrigin
from crm_tasks.privacy.keys import keyed_digest
from crm_tasks.steps.landing_place import Counts, Landing, landed_file
from crm_tasks.warehouse.batches import Beside, landed_manifest, write_batch
from crm_tasks.warehouse.clock import utc_now
from crm_tasks.warehouse.landing_records import record_batch, record_refused_file

if TYPE_CHECKING:
    from pathlib import Path

    from crm_tasks.connectors.extracts import Extract
    from crm_tasks.profiles import Source
    from crm_tasks.warehouse.batches import BatchPlace

log = logging.getLogger(__name__)


def land_extracts(source: Source, landing: Landing, base: Path) -> Counts:
    """Land all tables of a database or web source.

    Raises
    ------
    LandingRefused
        A table is not what the profile says; nothing of the source was landed.
    SourceUnavailable
        The source did not answer, or broke off each time; nothing of it was landed.
    """
    with ExitStack() as open_spools:
        extracts = _extracts(source, landing, base)
        for extract in extracts:
            open_spools.callback(extract.spool.close)
        landed = sum(_land(source, extract, landing) for extract in extracts)
    return Counts(sum(extract.n_read for extract in extracts), landed)


def _extracts(source: Source, landing: Landing, base: Path) -> list[Extract]:
    if source.web is not None:
        from crm_tasks.connectors.web import Times, extract_web

        return extract_web(
            source,
            landing.user_agent,
            landing.batch_key,
            landing.home.temporary,
            Times(now=utc_now),
        )
    reached = {
        table.name: found
        for table in source.tables
        if (found := landing.earlier(source.source_system, table).reached()) is not None
    }
    from crm_tasks.connectors.databases import extract_database

    return extract_database(source, base, reached, landing.batch_key, landing.home.temporary)


def _land(source: Source, extract: Extract, landing: Landing) -> int:
    """Land one table's content unless it stands already; return how many rows are new."""
    system, table = source.source_system, extract.table
    known = extract.n_read - extract.n_new
    log.info("%s.%s: %s read, %s of them known", system, table.name, extract.n_read, known)
    if extract.facts["kind"] == "incremental" and not extract.n_new:
        return 0
    place, digest = _delivery(system, extract, landing)
    if landed_manifest(place.folder) is None:
        origin = BatchOrigin(place.batch_id, digest, utc_now())
        try:
            write_batch(
                place,
                extract.chunks(),
                origin,
                landing.token_key,
                landing.vault,
                landing.claim.token,
                beside=Beside(extract.facts, extract.seen),
            )
        except LandingRefused as error:
            where = (system, table.name, digest, 0)
            reason = str(error).partition(":")[0]
            record_refused_file(landing.ledger, landing.claim, where, reason)
            raise
    landed = landed_file(place, landing.profile)
    is_new = record_batch(landing.ledger, landing.claim, landed)
    return int(landed.manifest["n_loaded"]) if is_new else 0


def _delivery(system: str, extract: Extract, landing: Landing) -> tuple[BatchPlace, str]:
    """Return where the content lands, and the digest that names the delivery.

    The same content lands at the same place. Content that was there before, but is not what the
    table held last, is another delivery: it holds again from now on, and the order of landing must
    say so.
    """
    content, table = extract.content_digest, extract.table
    place = landing.place(system, table, content)
    earlier = landing.earlier(system, table)
    last, before, *_ = [*earlier.last_two(), "", ""]
    if last in ("", place.batch_id) or not earlier.has(place.batch_id):
        return place, content
    for predecessor in (before, last):  # after `before`: then it is what landed last
        digest = keyed_digest(landing.batch_key, content, predecessor)
        place = landing.place(system, table, digest)
        if place.batch_id == last:
            break
    return place, digest
