"""Write a synthetic Label Studio export of any size, to time reading with.

    python benchmarks/make_export.py big.json 46000

46,000 tasks make about 208,000 annotations and 200 MB. Shaped like a real export: four or
five annotations per task, a second result (a span) on 30 % of them, a prediction, meta,
non-ASCII text, escaped quotes, and brackets inside strings.
"""

from __future__ import annotations

import argparse
import json
import random
from pathlib import Path

WORDS = (
    *("refund", "invoice", "login", "crash", "café", "naïve", "größe", "żółw", "مرحبا", "late"),
    *("日本語", "delivery", "broken", "please", "thanks", "account", "charged", "twice", "still"),
)
LABELS = ("Refund", "Billing", "Login", "Crash", "Delivery", "Praise", "Question", "Other")


def task(n: int, random_: random.Random) -> dict[str, object]:
    text = " ".join(random_.choices(WORDS, k=80)) + ' she said: "no", then }, { and [1, 2]'
    answers = 4 + (random_.random() < 0.52)
    return {
        "id": n,
        "annotations": [
            annotation(n * 10 + k, rater, n, random_)
            for k, rater in enumerate(random_.sample(range(1, 41), answers))
        ],
        "file_upload": f"{n % 97:08x}-tickets.json",
        "drafts": [],
        "predictions": [prediction(n, random_)],
        "data": {
            "text": text,
            "ticket": f"T-{n:07d}",
            "channel": random_.choice(["mail", "chat", "phone"]),
            "customer_since": random_.randint(2004, 2025),
            "thread": [{"from": "agent", "text": " ".join(random_.choices(WORDS, k=12))}],
        },
        "meta": {"batch": n // 500, "source": "export"},
        "created_at": "2026-02-01T09:00:00.000000Z",
        "updated_at": "2026-03-01T09:00:00.000000Z",
        "inner_id": n,
        "total_annotations": answers,
        "cancelled_annotations": 0,
        "total_predictions": 1,
        "comment_count": 0,
        "unresolved_comment_count": 0,
        "last_comment_updated_at": None,
        "project": 1,
        "updated_by": 1,
        "comment_authors": [],
    }


def annotation(n: int, rater: int, task_id: int, random_: random.Random) -> dict[str, object]:
    results = [result("category", "choices", [random_.choice(LABELS)], random_)]
    if random_.random() < 0.3:
        span = result("entity", "labels", ["Product"], random_)
        span["value"] = {"start": 3, "end": 11, "text": "invoice", "labels": ["Product"]}
        results.append(span)
    day, hour = random_.randint(1, 28), random_.randint(0, 23)
    created = f"2026-02-{day:02d}T{hour:02d}:{random_.randint(0, 59):02d}:12.{n % 10**6:06d}Z"
    return {
        "id": n,
        "completed_by": rater,
        "result": results,
        "was_cancelled": random_.random() < 0.02,
        "ground_truth": False,
        "created_at": created,
        "updated_at": created,
        "draft_created_at": created,
        "lead_time": round(random_.lognormvariate(2.5, 0.7), 3),
        "prediction": {},
        "result_count": len(results),
        "unique_id": f"{random_.getrandbits(128):032x}",
        "import_id": None,
        "last_action": None,
        "bulk_created": False,
        "task": task_id,
        "project": 1,
        "updated_by": rater if random_.random() < 0.97 else 1,
        "parent_prediction": None,
        "parent_annotation": None,
        "last_created_by": None,
    }


def prediction(task_id: int, random_: random.Random) -> dict[str, object]:
    return {
        "id": task_id * 3,
        "model_version": "bert-2026-01",
        "created_ago": "3 weeks",
        "result": [result("category", "choices", [random_.choice(LABELS)], random_)],
        "score": random_.random(),
        "cluster": None,
        "neighbors": None,
        "mislabeling": 0.0,
        "created_at": "2026-01-31T09:00:00.000000Z",
        "updated_at": "2026-01-31T09:00:00.000000Z",
        "task": task_id,
        "project": 1,
    }


def result(name: str, kind: str, answer: object, random_: random.Random) -> dict[str, object]:
    return {
        "id": f"{random_.getrandbits(60):010x}"[:10],
        "type": kind,
        "value": {kind: answer},
        "origin": "manual",
        "to_name": "text",
        "from_name": name,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("path", type=Path)
    parser.add_argument("tasks", type=int, nargs="?", default=46_000)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    random_ = random.Random(arguments.seed)
    with arguments.path.open("w", encoding="utf-8") as file:
        for n in range(1, arguments.tasks + 1):
            file.write("[" if n == 1 else ",")
            file.write(json.dumps(task(n, random_), ensure_ascii=False))
        file.write("]")
    print(f"{arguments.path}: {arguments.path.stat().st_size / 2**20:.0f} MiB")


if __name__ == "__main__":
    main()
