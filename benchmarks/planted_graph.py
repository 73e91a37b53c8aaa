"""What the graph of the planted company says, beside what is true of it.

``python -m benchmarks.planted_graph HOME KEY`` reads the graph a run of the planted profile wrote
and an answer key of the same company, and prints figures as JSON: how well communities are found
again and tie strengths ranked, through files, identity and facts, as a user would see it.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import spearmanr
from sklearn.metrics import normalized_mutual_info_score


def main(home: Path, key: Path) -> None:
    """Print the figures."""
    person = persons_of(home, key)
    figures = {
        f"spearman_{layer}": rank_agreement(home, key, person, layer)
        for layer in ("trust", "combined")
    }
    print(json.dumps({**figures, "nmi_combined": community_agreement(home, key, person)}))


def persons_of(home: Path, key: Path) -> pd.Series:
    """Return the person behind each customer; of several, that of most records."""
    records = written(home, "identity.records")
    truth = pd.read_parquet(key / "records.parquet")
    known = records.merge(truth, on=["source_system", "source_record_id"])
    counts = known.groupby(["customer_id", "person"]).size().rename("n").reset_index()
    ordered = counts.sort_values(["customer_id", "n", "person"], ascending=[True, False, True])
    return ordered.drop_duplicates("customer_id").set_index("customer_id").person


def rank_agreement(home: Path, key: Path, person: pd.Series, layer: str) -> float:
    """Return Spearman's correlation of a layer's strengths with the true ones, over pairs."""
    ties = written(home, "graph.edges")
    edges = ties[ties.edge_type == layer]
    a, b = (person.reindex(edges[end]).to_numpy() for end in ("src_id", "dst_id"))
    pairs = pd.DataFrame({"a": np.minimum(a, b), "b": np.maximum(a, b), "found": edges.strength})
    found = pairs.groupby(["a", "b"]).found.mean()
    truth = pd.read_parquet(key / "ties.parquet").set_index(["person_a", "person_b"])
    both = found.to_frame().join(truth.strength.rename_axis(["a", "b"]), how="inner")
    return round(float(spearmanr(both.found, both.strength).statistic), 4)


def community_agreement(home: Path, key: Path, person: pd.Series) -> float:
    """Return the mutual information of communities of the layer combined with the true ones."""
    members = written(home, "graph.community_members").query("layer == 'combined'")
    truth = pd.read_parquet(key / "persons.parquet").set_index("person").community
    here = person.reindex(members.node_id).to_numpy()
    known = ~np.isnan(here.astype(float))
    found = members.community_id.to_numpy()[known]
    score = normalized_mutual_info_score(truth.reindex(here[known]).to_numpy(), found)
    return round(float(score), 4)


def written(home: Path, table: str) -> pd.DataFrame:
    """Return what the only run of a home wrote to a table."""
    schema, name = table.split(".")
    (file,) = (home / "lake" / schema / name).glob("run=*/rows.parquet")
    return pd.read_parquet(file)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
