"""Trials of what customers say, children of `make accept`: each prints its figures as JSON."""

from __future__ import annotations

import argparse
import datetime as dt
import json
import resource
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.voice_apart import judged_apart, sets_apart, unlike
from crm_tasks.planted import phrases
from crm_tasks.steps.text import kept_labels
from crm_tasks.text.cleaning import cleaned, sentences
from crm_tasks.text.known_values import KnownValues
from crm_tasks.text.labels import best_sentences, label_texts
from crm_tasks.text.languages import language_codes
from crm_tasks.text.masking import masked, personal_spans
from crm_tasks.text.reading import dated, kept_texts, read_texts
from crm_tasks.text.starter import generated, starter_model
from crm_tasks.text.training import Labelled, Recipe, judge, train

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from crm_tasks.text.patterns import Span

MOODS = {1: "positive", 0: "neutral", -1: "negative"}
PATTERNED = ("phone", "email", "id_card", "bank_card")
REGIONS = ("GB", "US")
AS_OF, MORE = dt.date(2024, 7, 1), 1_000


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one trial and print its figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("trial", choices=sorted(TRIALS))
    parser.add_argument("--data", type=Path, help="folder of public or planted data")
    parser.add_argument("--key", type=Path, help="folder of the planted answer key")
    parser.add_argument("--texts", type=int, default=50_000)
    given = parser.parse_args(arguments)
    sys.stdout.write(json.dumps(TRIALS[given.trial](given)) + "\n")
    return 0


def banking(given: argparse.Namespace) -> dict[str, Any]:
    """Train on the train split of banking77 and judge on its test split."""
    import pandas as pd

    seen, unseen = (pd.read_csv(given.data / f"{name}.csv.gz") for name in ("train", "test"))
    texts = seen.text.tolist()
    recipe = Recipe(folds=3, regularisations=(0.25, 0.5))
    model = train({"intent": Labelled(texts, seen.category.tolist(), texts)}, recipe)
    head = model.heads["intent"]
    told = model.probabilities(unseen.text.tolist())["intent"]
    return judge(unseen.category.tolist(), told, head).to_dict()


def reviews(given: argparse.Namespace) -> dict[str, Any]:
    """Judge sentiment on the shopping reviews in five folds, and out of its domain."""
    import pandas as pd

    shopping = pq.read_table(given.data / "online_shopping_9_cats.parquet").to_pandas().dropna()
    delivery = pd.read_csv(given.data / "waimai_10k.csv.gz")
    named = {0: "negative", 1: "positive"}
    texts = shopping.review.tolist()
    asked = Labelled(texts, shopping.label.map(named).tolist(), texts)
    model = train({"sentiment": asked}, Recipe(regularisations=(0.25,)))
    head = model.heads["sentiment"]
    told = model.probabilities(delivery.review.tolist())["sentiment"]
    elsewhere = judge(delivery.label.map(named).tolist(), told, head)
    return {
        "shopping": model.told["out_of_fold"]["sentiment"],
        "delivery": elsewhere.to_dict(),
        "starter": {
            "shopping": _starter(shopping.review[::10].tolist(), shopping.label[::10].to_numpy()),
            "delivery": _starter(delivery.review[::4].tolist(), delivery.label[::4].to_numpy()),
        },
    }


def _starter(texts: list[str], truth: Any) -> float:
    """Return how often the sign of the starter model's sentiment is right."""
    model = starter_model()
    told = model.probabilities(texts)["sentiment"]
    names = model.heads["sentiment"].classes.tolist()
    sign = told[:, names.index("positive")] > told[:, names.index("negative")]
    return float((sign == (truth == 1)).mean())


def planted(given: argparse.Namespace) -> dict[str, Any]:
    """Mask and read the planted company's messages; the key is opened afterwards."""
    written = dict(_messages(given.data / "support" / "messages.jsonl"))
    contacts = _contacts(given.data / "support" / "contacts.csv")
    known = KnownValues.of(contacts)
    spans = {
        name: personal_spans(row["text"], known, [row["from_name"] or ""], REGIONS)
        for name, row in written.items()
    }
    kept = {name: masked(written[name]["text"], found) for name, found in spans.items()}
    model = starter_model()
    truth = [
        row
        for row in pq.read_table(given.key / "messages.parquet").to_pylist()
        if row["message_id"] in written
    ]
    read = [row for row in truth if row["intent"] and row["part"] == "test"]
    texts = [cleaned(kept[row["message_id"]]) for row in read]
    told = model.probabilities(texts)
    codes = language_codes([kept[row["message_id"]] for row in truth])
    found = {
        "n": len(read),
        "intent": judge(
            [r["intent"] for r in read], told["intent"], model.heads["intent"]
        ).to_dict(),
        "sentiment": judge(
            [MOODS[int(row["sentiment"])] for row in read],
            told["sentiment"],
            model.heads["sentiment"],
        ).to_dict(),
        "masking": _masking(truth, written, spans),
        "languages": _languages(truth, codes),
    }
    found["apart"] = apart(given)
    return found | {"rouge": _rouge(read, texts, best_sentences(texts, model))}


def apart(_: argparse.Namespace) -> dict[str, Any]:
    """Judge intents by sets of messages written apart from what the model has learnt from."""
    model, (learnt, _moods) = starter_model(), generated()
    return {
        name: judged_apart(model, unlike(rows, learnt.texts)) for name, rows in sets_apart().items()
    }


def _messages(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    for line in path.read_text(encoding="utf-8").split("\n"):
        try:
            row = json.loads(line, strict=False)
        except json.JSONDecodeError:
            continue  # planted dirt: landing puts it into quarantine
        if row["direction"] == "in":
            yield row["message_id"], row


def _contacts(path: Path) -> list[tuple[str, str]]:
    import pandas as pd

    rows = pd.read_csv(path, dtype=str, encoding="utf-8")
    values = [(kind, v) for kind in ("name", "address") for v in rows[kind].dropna()]
    return sorted(set(values))


def _masking(
    truth: list[dict[str, Any]],
    written: dict[str, dict[str, Any]],
    spans: dict[str, list[Span]],
) -> dict[str, Any]:
    n = dict.fromkeys((*PATTERNED, "name"), 0)
    found, wrong = dict(n), dict(n)
    for row in truth:
        text, own = written[row["message_id"]]["text"], spans[row["message_id"]]
        places = json.loads(row["personal_spans"])
        covered = {at for span in own for at in range(span.start, span.end)}
        for place in places:
            said = range(place["start"], place["end"])
            n[place["kind"]] += 1
            found[place["kind"]] += all(at in covered or not text[at].isalnum() for at in said)
        for span in own:
            meets = any(span.start < p["end"] and span.end > p["start"] for p in places)
            if span.kind in wrong and not meets:
                wrong[span.kind] += 1
    return {
        kind: {"n": n[kind], "recall": found[kind] / n[kind],
               "precision": found[kind] / (found[kind] + wrong[kind])}
        for kind in n if n[kind]
    }  # fmt: skip


def _languages(truth: list[dict[str, Any]], codes: Sequence[str]) -> dict[str, Any]:
    pairs = [(row["language"], code) for row, code in zip(truth, codes, strict=True)]
    other = [code in ("other", "und") for language, code in pairs if language not in ("zh", "en")]
    known = [language == code for language, code in pairs if language in ("zh", "en")]
    return {"n_other": len(other), "other": float(np.mean(other)), "known": float(np.mean(known))}


def _rouge(read: list[dict[str, Any]], texts: list[str], chosen: list[str]) -> dict[str, Any]:
    wanted = [row["key_sentence"] for row in read]
    lead = [(sentences(text) or [text])[0] for text in texts]
    return {
        "ours": float(np.mean([rouge_l(*both) for both in zip(chosen, wanted, strict=True)])),
        "lead_1": float(np.mean([rouge_l(*both) for both in zip(lead, wanted, strict=True)])),
        "is_subset": all(one in text for one, text in zip(chosen, texts, strict=True)),
    }


def rouge_l(summary: str, wanted: str) -> float:
    """Return ROUGE-L (Lin 2004): the F1 of the longest common subsequence of words or characters.

    >>> rouge_l("the cat sat", "the cat sat down"), rouge_l("不好", "好不好")
    (0.8571428571428571, 0.8)
    """
    one, other = (t.split() if t.isascii() else list(t) for t in (summary, wanted))
    lengths = [0] * (len(other) + 1)
    for left in one:
        corner = 0
        for at, right in enumerate(other, 1):
            corner, lengths[at] = (
                lengths[at],
                corner + 1 if left == right else max(lengths[at], lengths[at - 1]),
            )
    common = lengths[-1]
    return 2 * common / (len(one) + len(other)) if one and other else 0.0


def languages(_: argparse.Namespace) -> dict[str, Any]:
    """Tell eight other languages from the two that are read."""
    texts = [t.format(o="123456") for own in phrases.OTHER_LANGUAGES.values() for t in own]
    codes = language_codes(texts)
    return {"n": len(texts), "other": float(np.mean([c in ("other", "und") for c in codes]))}


def throughput(given: argparse.Namespace) -> dict[str, Any]:
    """Clean, mask, tell the language of and label so many short texts, no two alike.

    Then a second run with a thousand more: what it scores is counted.
    """
    rng = np.random.default_rng(1)
    clear = pa.chunked_array([list(_letters(given.texts + MORE, rng))])
    listed = _listed(len(clear))
    first = listed.slice(0, given.texts)
    known = KnownValues.of([("name", f"Anna{n} Schmidt{n % 97}") for n in range(20_000)])
    model = starter_model()
    began, cpu = time.perf_counter(), time.process_time()
    texts = dated([read_texts(first, clear.slice(0, given.texts), known, {}, REGIONS)], AS_OF)
    labels = dated([label_texts(texts, model)], AS_OF)
    found = {
        "n": given.texts, "n_labelled": labels.num_rows,
        "seconds": time.perf_counter() - began, "cpu_seconds": time.process_time() - cpu,
        "peak_mb": _peak_mb(),
    }  # fmt: skip
    began, cpu = time.perf_counter(), time.process_time()
    kept = kept_texts(listed, texts, known)
    held = kept_labels(kept.rows, labels, model.version)
    read = read_texts(kept.to_read, clear.slice(given.texts), known, {}, REGIONS)
    scored = label_texts(read, model)
    again = {
        "n": listed.num_rows, "n_held": held.num_rows, "n_read": read.num_rows,
        "n_scored": scored.num_rows, "seconds": time.perf_counter() - began,
        "cpu_seconds": time.process_time() - cpu, "peak_mb": _peak_mb(),
    }  # fmt: skip
    return found | {"again": again}


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _listed(n: int) -> pa.Table:
    return pa.table({
        "text_id": [f"messages:s:{k}" for k in range(n)],
        "source_entity": ["messages"] * n,
        "customer_id": [f"c{k % 5_000}" for k in range(n)],
        "is_from_customer": [True] * n,
        "text_token": [f"t{k}" for k in range(n)],
        "written_at": pa.array([None] * n, pa.timestamp("us")),
    })  # fmt: skip


def _letters(n: int, rng: np.random.Generator) -> Iterator[str]:
    for number in range(n):
        language = "zh" if number % 2 else "en"
        intents = list(phrases.BY_LANGUAGE[language].values())
        options = intents[rng.integers(len(intents))]
        sentence = options.test[rng.integers(len(options.test))]
        said = sentence.format(p="tent" if language == "en" else "帐篷", o=rng.integers(1e5, 1e6))
        greeting = phrases.GREETINGS[language][rng.integers(5)]
        end = f" Call 07700 9{rng.integers(10_000, 99_999)}." if number % 10 == 0 else ""
        yield f"{greeting} {said}{end} {number}"


TRIALS = {
    "apart": apart, "banking": banking, "reviews": reviews, "planted": planted,
    "languages": languages, "throughput": throughput,
}  # fmt: skip

if __name__ == "__main__":
    sys.exit(main())
