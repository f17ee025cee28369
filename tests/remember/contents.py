"""Rounds of tasks with known contents, each split as often as the test wants."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from labelq.labels.model import Round
from labelq.pinpoint.findings import Cause, Cluster
from labelq.remember.earlier import Earlier
from labelq.remember.splits import Splits, votes_of
from tests.rounds import make_round

LABELS = ("a", "b")


def drawn(
    rates: Sequence[float], n: int, seed: int, *, name: str = "r", labels: Sequence[str] = LABELS
) -> Round:
    """``n`` tasks for each content, three raters; each task is split with its content's rate."""
    rng = np.random.default_rng(seed)
    rows: list[tuple[Any, ...]] = []
    for content, rate in enumerate(rates):
        words = [f"topic{content}{letter}" for letter in "abcdef"]
        for i in range(n):
            text = " ".join([*rng.choice(words, 4, replace=False), f"own{seed}x{content}x{i}"])
            answers = [labels[content % 2]] * 3
            if rng.random() < rate:
                answers[rng.integers(3)] = labels[1 - content % 2]
            unit = f"{seed}-{content:03}-{i:03}"
            rows += [(unit, f"rater{r}", answer, text) for r, answer in enumerate(answers)]
    return make_round(rows, labels=labels, name=name)


def content_of(round_: Round, unit: int) -> int:
    """The content that a unit was drawn with."""
    return int(round_.units.ids[unit].split("-")[1])


def clusters_of(round_: Round, contents: Sequence[int]) -> tuple[Cluster, ...]:
    """The disputed tasks of some contents as clusters, their other tasks as lookalikes."""
    votes = votes_of(round_, "value", LABELS)
    assert votes is not None
    splits = Splits.of(votes, LABELS)
    found = []
    for i, content in enumerate(contents):
        own = [u for u in splits.units.tolist() if content_of(round_, u) == content]
        disputed = [u for u in own if splits.share[np.searchsorted(splits.units, u)] > 0]
        alike = tuple(u for u in own if u not in disputed)
        words = tuple(f"topic{content}{letter}" for letter in "ab")
        found.append(
            Cluster(
                id=f"value-{i + 1}",
                question="value",
                labels=LABELS,
                units=tuple(disputed),
                words=words,
                share=0.1,
                settled=None,
                cause=Cause("gap"),
                consensus=None,
                lookalikes=alike,
            )
        )
    return tuple(found)


def worst(round_: Round, n_contents: int, most: int) -> list[int]:
    """The contents with most disputed tasks."""
    votes = votes_of(round_, "value", LABELS)
    assert votes is not None
    splits = Splits.of(votes, LABELS)
    contents = np.array([content_of(round_, u) for u in splits.units])
    n = np.bincount(contents, splits.share > 0, minlength=n_contents)
    return np.argsort(-n, kind="stable")[:most].tolist()


def remembered(round_: Round, contents: Sequence[int], document: Any = None) -> Earlier:
    """An audit that found these contents as clusters."""
    return Earlier(round_, clusters_of(round_, contents), document or {}, {})


def rate_of(round_: Round, content: int) -> float:
    """The share of a content's tasks that are disputed."""
    votes = votes_of(round_, "value", LABELS)
    assert votes is not None
    splits = Splits.of(votes, LABELS)
    own = [content_of(round_, u) == content for u in splits.units]
    return float((splits.share[own] > 0).mean())
