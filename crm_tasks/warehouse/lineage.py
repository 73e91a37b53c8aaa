"""Which table feeds which: read off dbt's manifest and off what each step really read."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from crm_tasks.contracts.ops import LINEAGE_EDGES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from crm_tasks.warehouse.ledger import Claim, Ledger


def record_reads(
    ledger: Ledger, claim: Claim, reads: Iterable[str], written: Iterable[str], function: str
) -> None:
    """Record that a step's function turned the tables it read into those it writes."""
    targets = sorted(written)
    edges = [
        _edge(claim.run_id, source, target, function)
        for source in sorted(set(reads))
        for target in targets
        if source != target
    ]
    if edges:
        ledger.record(claim, LINEAGE_EDGES, edges)


def record_manifest(ledger: Ledger, claim: Claim, target: Path) -> None:
    """Record the edges between models, seeds and sources that dbt's manifest names."""
    manifest = json.loads((target / "manifest.json").read_text(encoding="utf-8"))
    edges = [
        _edge(claim.run_id, source, into, f"dbt model {into}")
        for source, into in _manifest_edges(manifest)
    ]
    ledger.record(claim, LINEAGE_EDGES, edges)


def _manifest_edges(manifest: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    nodes = {**manifest["nodes"], **manifest["sources"]}
    for node in manifest["nodes"].values():
        if node["resource_type"] != "model" or _is_inlined(node):
            continue
        for parent in sorted(_tables_read(node, nodes)):
            yield parent, _full_name(node)


def _tables_read(node: Mapping[str, Any], nodes: Mapping[str, Any]) -> set[str]:
    """Return what a model reads, through models that are inlined and leave no table."""
    found: set[str] = set()
    for parent in (nodes[name] for name in node["depends_on"]["nodes"]):
        found |= _tables_read(parent, nodes) if _is_inlined(parent) else {_full_name(parent)}
    return found


def _is_inlined(node: Mapping[str, Any]) -> bool:
    return bool(node.get("config", {}).get("materialized") == "ephemeral")


def _full_name(node: Mapping[str, Any]) -> str:
    return f"{node['schema']}.{node['name']}"


def _edge(run_id: str | None, source: str, target: str, transform: str) -> dict[str, object]:
    return {
        "run_id": run_id,
        "from_table": source,
        "from_column": "",
        "to_table": target,
        "to_column": "",
        "transform": transform,
    }
