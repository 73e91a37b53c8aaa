"""The small company's files in another order, and with rows from after the as-of date."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tests.flow.small_company import AS_OF

if TYPE_CHECKING:
    from pathlib import Path

MIDNIGHT = f"{AS_OF} 00:00:00"  # the first moment that is no longer visible
LATER = f"{AS_OF.year}-08-15 12:00:00"

#: Facts of the future: of known customers, and of two whom nobody knows before.
FUTURE_ROWS = {
    "customers.csv": [f"K901,Person901@example.org,19-24,{LATER}"],
    "orders.csv": [f"O9001,K000,{MIDNIGHT},", f"O9002,K001,{LATER},", f"O9003,K900,,{LATER}"],
    "lines-2.csv": [
        f"O9001;1;K000;{MIDNIGHT};P000;2;3.00",
        f"O9002;1;K001;{LATER};P998;1;99999.00",
        "O9003;1;K900;;P002;1;2.00",
    ],
    "mailings.csv": [f"summer,K001,{MIDNIGHT}"],
    "redemptions.csv": [f"K001,C1,spring,{LATER}"],
    "consents.csv": [f"c900,K001,mail,withdrawn,{MIDNIGHT}"],
    "surveys.csv": [f"s900,K001,{MIDNIGHT},1,0"],
    "ties.csv": [f"trust,K010,K011,customer,1,{LATER}"],
    "deals.csv": [f"D900,F1,W5,lost,1,{MIDNIGHT},2024-09-01,false"],
    "stages.csv": [f"D2,lost,{LATER}"],
    "arms.csv": [f"summer,K001,treated,c0,1,{LATER}"],
    "views.jsonl": [f'{{"id":"v900","cookie":"cookie-1","customer":"K001","at":"{LATER}"}}'],
    "messages.jsonl": [f'{{"id":"m900","thread":"t1","way":"out","at":"{LATER}"}}'],
    "posts.jsonl": [f'{{"id":"p900","author":"K001","at":"{LATER}"}}'],
    "reviews.jsonl": [f'{{"id":"r900","customer":"K001","at":"{LATER}","score":1}}'],
}


def plant_future_rows(data: Path) -> int:
    """Append facts that happen at or after the as-of date; return how many."""
    for name, rows in FUTURE_ROWS.items():
        with (data / name).open("a", encoding="utf-8") as file:
            file.writelines(f"{row}\n" for row in rows)
    return sum(map(len, FUTURE_ROWS.values()))


def shuffle_rows(data: Path, seed: int) -> int:
    """Put the rows of every file into another order; return the number of files."""
    rng = np.random.default_rng(seed)
    files = sorted(data.iterdir())
    for path in files:
        if path.suffix == ".parquet":
            rows = pq.read_table(path)
            pq.write_table(rows.take(pa.array(rng.permutation(rows.num_rows))), path)
        else:
            header, *lines = path.read_text(encoding="utf-8").splitlines()
            shuffled = [lines[number] for number in rng.permutation(len(lines))]
            path.write_text("\n".join([header, *shuffled, ""]), encoding="utf-8")
    return len(files)
