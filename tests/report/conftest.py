"""A made-up round with hostile texts, and a hand-made audit of it."""

from __future__ import annotations

import numpy as np
import pytest

from labelq.auditing import Audit
from labelq.labels.model import (
    Aside,
    Intake,
    Question,
    Rater,
    Ratings,
    Round,
    Selection,
    Units,
)
from labelq.measure.raters.drift import Change
from labelq.measure.raters.estimates import Estimate
from labelq.measure.results import Agreement, Ceiling, ConfusionRow, Consensus, CrossCheck, Verdict
from labelq.pinpoint.findings import Agenda, Camp, Cause, Cluster, EdgeCase, Influence, LabelPair
from labelq.pinpoint.rater_findings import (
    Flag,
    LabelUse,
    RaterReport,
    RaterStatistics,
    ThresholdUse,
)
from labelq.remedy.acts import Draft, Entry, ProposedRule, Reason
from labelq.remember.gates import Gate
from tests.hostile import CORPUS, IN_THE_HAND_MADE_AUDIT

HOSTILE = list(CORPUS.values())[:IN_THE_HAND_MADE_AUDIT]
PLAIN = [
    "I was charged twice for order 8841, please send one payment back.",
    "The parcel says delivered but nothing is here, can I get my money back or a new one?",
    "How do I cancel my plan before the trial ends? I don't want to be billed.",
    "Where is my parcel? The tracking has not moved since Monday.",
    "Cancel it please. And the money for this month, do I get it back?",
    "My password reset mail never arrives.",
    "I returned the shoes two weeks ago and the refund is still missing.",
    "Can somebody call me about the invoice?",
]
TEXTS = [text for pair in zip(PLAIN, HOSTILE, strict=False) for text in pair] + HOSTILE[8:] + PLAIN
LABELS = ("Cancel", "Delivery", "Refund", "<b>Other</b> | $x$ \u202e", "عربي")
NAMES = ("Alma Brandt", "Bo <i>Chen</i>", "Chidi Okafor", "Dalia Haddad", "Emil Nowak")


def agreement(question, metric="krippendorff_alpha", **changes):
    fields = {
        "question": question,
        "metric": metric,
        "level": "nominal",
        "weights": None,
        "distance": "nominal",
        "label": None,
        "raters": None,
        "value": 0.6214,
        "lower": 0.5512,
        "upper": 0.6893,
        "confidence": 0.95,
        "interval_method": "bootstrap over units",
        "observed": 0.2931,
        "expected": 0.7742,
        "n_units": 212,
        "n_ratings": 640,
        "n_raters": 5,
        "convention": "expected disagreement from the pooled labels; missing answers dropped",
        "reason": None,
    }
    return Agreement(**(fields | changes))


def ratings(values, n_units, seed):
    rng = np.random.default_rng(seed)
    units = np.repeat(np.arange(n_units, dtype=np.int32), 3)
    raters = np.concatenate([np.sort(rng.permutation(5)[:3]) for _ in range(n_units)])
    n = len(units)
    return Ratings(
        units,
        raters.astype(np.int32),
        rng.integers(0, len(values), n).astype(np.int32),
        values,
        np.full(n, 12.5, np.float32),
        np.full(n, "NaT", "datetime64[s]"),
        np.zeros(n, bool),
        np.zeros(n, bool),
    )


def make_round(**changes):
    n = len(TEXTS)
    raters = tuple(
        Rater(f"secret{i}@mail.example", name, "ABCDE"[i]) for i, name in enumerate(NAMES)
    )
    topics = (frozenset(), frozenset({"billing"}), frozenset({"billing", "<u>app</u>"}))
    fields = {
        "name": "support <triage> \u202e1",
        "questions": (
            Question("category", "nominal", "Choices, single", LABELS, "config", "Choices"),
            Question("urgency", "ordinal", "Rating", (1.0, 2.0, 3.0, 4.0, 5.0), "config", "Rating"),
            Question(
                "topics",
                "set",
                "Choices, multiple",
                ("<u>app</u>", "billing"),
                "observed",
                "Choices",
            ),
        ),
        "units": Units(tuple(f"1{i:03}" for i in range(n)), tuple(TEXTS), {"source": (None,) * n}),
        "raters": raters,
        "ratings": {
            "category": ratings(LABELS, n, 1),
            "urgency": ratings((1.0, 2.0, 3.0, 4.0, 5.0), n, 2),
            "topics": ratings(topics, n, 3),
        },
        "intake": Intake(
            312,
            968,
            2710,
            14,
            41,
            (
                Aside(
                    "unknown_label",
                    412,
                    "category",
                    "Refunds<script>: 3 annotators, 2 March 2026 to 4 March 2026",
                ),
                Aside("skipped", 7),
                Aside("draft", 3),
                Aside("gold", 20),
                Aside("repeat", 12),
                Aside("some_new_reason", 2, "topics"),
                Aside("tag_not_measured", 31, "comment", "TextArea"),
            ),
            ("The text is taken from the field “<body>”.",),
        ),
        "selection": Selection("2024-03-01", None, (("channel", "<mail>"),), ("edited",)),
    }
    return Round(**(fields | changes))


def make_audit(**changes):
    pairs = [
        agreement(
            "category",
            "cohen_kappa",
            raters=(f"secret{i}@mail.example", f"secret{j}@mail.example"),
            value=0.3 + 0.1 * i + 0.05 * j,
            distance=None,
            n_units=40 + i,
        )
        for i in range(5)
        for j in range(i)
    ]
    category, topics = (
        agreement("category"),
        agreement("topics", distance="masi", level="set", value=0.71, lower=0.64, upper=0.78),
    )
    urgency = agreement(
        "urgency", level="ordinal", distance="ordinal", value=0.8512, lower=0.8134, upper=0.8841
    )
    rare = agreement("category", label="عربي", value=0.31, lower=0.1, upper=0.5)
    clusters = (
        Cluster(
            "category-1",
            "category",
            ("Refund", "Cancel"),
            (8, 4, 12, 2, 6),
            ("money", "back", "month", "<b>"),
            0.31,
            0.74,
            Cause(
                "gap",
                (Camp(0, "Refund", 9, 11), Camp(1, "Cancel", 8, 9), Camp(2, "Refund", 10, 10)),
                even=0.4,
            ),
            None,
            (1,),
            (8,),
        ),
        Cluster(
            "category-2",
            "category",
            ("Delivery", "<b>Other</b> | $x$ \u202e"),
            (1, 3, 5),
            ("parcel", "delivered"),
            0.18,
            0.69,
            Cause("rater", (), 3, 0.86),
            "Delivery",
        ),
        Cluster(
            "topics-1",
            "topics",
            ("billing", "<u>app</u>"),
            (7, 9),
            ("<script>",),
            0.12,
            None,
            Cause("ambiguous", even=0.64),
            "billing",
        ),
        Cluster(
            "category-3",
            "category",
            ("Refund", "عربي"),
            (0, 10),
            (),
            0.08,
            0.64,
            Cause("slip"),
            "Refund",
            remainder=True,
        ),
        Cluster(
            "category-4",
            "category",
            ("Refund", "Delivery"),
            (11,),
            ("call",),
            0.01,
            0.63,
            Cause("too_little"),
            None,
        ),
    )
    reports = tuple(
        RaterReport(
            i,
            q,
            120 + i,
            98,
            80,
            0.88 - 0.05 * i,
            0.8 - 0.05 * i,
            0.94 - 0.05 * i,
            0.63 + 0.01 * i,
            {"Refund": (0.3, 0.2)},
            0.02,
            9,
            10,
            (Flag("differs", 0.31, 0.12, 25, 80, 0.0004), Flag("fast", 0.13, 1.0, 112, 120, 0.0001))
            if i == 3 and q == "category"
            else (Flag("habit", 0.8, 0.04, 12, 15, 0.003, "Cancel", "Refund"),)
            if i == 1 and q == "category"
            else (),
            RaterStatistics(
                Estimate(0.8, 0.7, 0.88, 98),
                Estimate(0.61, 0.5, 0.72, 98),
                Estimate(reason="needs_ordered_labels"),
                Estimate(0.75, 0.3, 0.95, 4),
                Estimate(reason="no_same_text"),
                Estimate(n=4, reason="too_few_pairs"),
                Estimate(21.0 if i != 3 else 2.8, 2.0, 25.0, 120),
                Estimate(1.0 if i != 3 else 0.13, 0.1, 1.4, 98),
                2,
            ),
            (LabelUse("<b>Other</b> | $x$ \u202e", 0.3, 0.2, Estimate(0.1, 0.02, 0.18, 98)),),
            (
                ThresholdUse(
                    "<i>4</i>", "5", Estimate(-0.12, None, None, 98, "too_little_variation")
                ),
            ),
            Change(
                61,
                98,
                "2026-03-02T10:00:00",
                Estimate(0.9, 0.8, 0.95, 60),
                Estimate(0.6, 0.5, 0.7, 38),
                -0.25,
                0.0004,
            )
            if i == 2
            else None,
            None,
            {"differs": "nothing", "self": "too_few_pairs", "shift": "needs_ordered_labels"},
            (
                ConfusionRow(
                    i, q, "gold", "<script>", 20.0, {"Refund": Estimate(0.9, 0.7, 0.97, 20)}, None
                ),
            ),
        )
        for q in ("category", "urgency")
        for i in range(5)
    )
    rule = ProposedRule(
        "category-1",
        "category",
        "Refund <h1>",
        ("Refund", "Cancel"),
        ("money", "back"),
        None,
        (8, 4),
        1,
        2,
        5,
        0.31,
        "**When a customer cancels and asks for money** <script>alert(9)</script>\n\nUNDECIDED",
    )
    diff = (
        "--- support_triage.md\n+++ guideline_draft.md\n@@ -10,3 +10,9 @@\n ## Refund <b>\n \n"
        " The customer wants money back.\n+### Proposed: money back after cancelling\n+\n"
        "+Applies when *money*, *back* and *cancel* meet. <script>alert(1)</script>\n"
        "+Consensus: UNDECIDED.\n-old line\n"
    )
    original = "## Refund <b>\n\nThe customer wants money back.\nold line\n"
    text = (
        "## Refund <b>\n\nThe customer wants money back.\r\n"
        "### Proposed: money back after cancelling\n\n"
        "Applies when *money*, *back* and *cancel* meet. <script>alert(1)</script>\n"
        "Consensus: UNDECIDED.\n"
    )
    fields = {
        "round": make_round(),
        "agreements": (
            category,
            agreement("category", "raw_agreement", value=0.7069, distance=None),
            agreement("category", "gwet_ac1", value=0.66, distance=None),
            agreement("category", label="Refund", value=0.58),
            rare,
            *pairs,
            urgency,
            agreement(
                "urgency",
                "cohen_kappa_mean",
                weights="quadratic",
                distance=None,
                value=None,
                lower=None,
                upper=None,
                reason="no_variation",
            ),
            topics,
            agreement(
                "topics",
                distance="jaccard",
                value=0.73,
                reason="brand_new_reason",
                lower=None,
                upper=None,
            ),
        ),
        "verdicts": (
            Verdict(
                "category",
                "cannot_tell",
                agreement("category", lower=0.5912, upper=0.6893),
                0.8,
                0.667,
                312,
                212,
                104,
                "Refund",
                131,
                True,
                140,
                (rare,),
            ),
            Verdict(
                "urgency", "reliable", urgency, 0.8, 0.667, 312, 312, 230, "3", 101, False, None
            ),
            Verdict(
                "topics",
                "unreliable",
                agreement("topics"),
                0.8,
                0.667,
                312,
                209,
                89,
                "billing",
                120,
                False,
                None,
            ),
        ),
        "consensus": {
            "category": Consensus(
                "category",
                "dawid_skene",
                np.arange(2, dtype=np.int32),
                LABELS,
                np.full((2, 5), 0.2),
                ("Refund", "Cancel"),
                {0: 0.9},
                12,
            ),
        }
        | {
            name: Consensus(
                name, "majority", np.zeros(0, np.int32), (), np.zeros((0, 0)), (), {}, 0
            )
            for name in ("urgency", "topics")
        },
        "label_pairs": (
            LabelPair("category", ("Refund", "Cancel"), 41, 30.5, 8.1, 3.77, 0.42, 0.78),
            LabelPair(
                "category", ("Delivery", "<b>Other</b> | $x$ \u202e"), 18, 14, 9, 1.56, 0.2, 0.7
            ),
            LabelPair("category", ("Refund", "عربي"), 9, 6, 12, 0.5, 0.08, 0.64),
            LabelPair("topics", ("billing", "<u>app</u>"), 22, 20, 9, None, 1.0, None),
        ),
        "clusters": clusters,
        "edge_cases": (
            EdgeCase("category", 8, "even_split", (("Refund", 2), ("Cancel", 2))),
            EdgeCase("category", 1, "same_text", (("<b>", 3),), (3, 5)),
            EdgeCase("topics", 3, "against_gold", (("billing", 3),)),
            EdgeCase("category", 7, "consistent_split", (("Refund", 1), ("Cancel", 2))),
        ),
        "raters": reports,
        "influences": (
            Influence("category", "unit", 0, 0.01, 0.62, 0.61, 1.0, 1, 3, 0.7),
            Influence("category", "rater", 0, 0.4, 0.71, None, 1.0, 1, 1, 0.96),
            Influence("category", "label_pair", ("Refund", "Cancel"), 0.4, 0.7, None, 1.0, 1, 2),
            Influence("category", "cluster", "category-1", 0.31, 0.72, None, 1.0, 1, 2, 0.93),
            Influence("category", "cluster", "category-2", 0.1, None, None, 2.0, 1, 2, 1.0),
        ),
        "label_schemes": (),
        "agendas": (
            Agenda("category", ("category-1", "category-2"), 0.41, 0.45, 0.2, 0.62, 0.78),
            Agenda("urgency", (), 0.0, 0.0, 0.9, 0.5, None),
        ),
        "queue": tuple(
            Entry(
                i,
                0.6 - 0.02 * i,
                (
                    Reason("disputed", "category"),
                    Reason("gap", "category", "category-1"),
                    Reason("disputed", "topics"),
                ),
                "another_person" if i % 2 else "second_look",
                "queued" if i % 2 else "held_back",
                doubt=0.4,
                gain=0.3 - 0.01 * i,
                per_hour=6 - 0.2 * i,
                seconds=180.0,
                people=(0, 1) if i % 3 else (),
            )
            for i in range(len(TEXTS))
        ),
        "tasks": ({"data": {"text": TEXTS[1]}, "meta": {"labelq": {"unit": "1001"}}},),
        "draft": Draft("support_triage.md", original, text, diff, (rule,)),
        "cross_check": CrossCheck(63, 2.2e-16, {"krippendorff": 30, "statsmodels": 33}),
        "gates": (
            Gate("category", "krippendorff_alpha", 0.6, 0.5512, False, None),
            Gate("urgency", "gwet_ac2", 0.7, None, False, "no_overlap"),
            Gate("urgency", "krippendorff_alpha", 0.8, 0.8134, True, None),
        ),
        "options": {"text_field": "<body>"},
    }
    return Audit(**(fields | changes))


@pytest.fixture(scope="session")
def audit():
    return make_audit()


def make_ceiling(**changes):
    none = Estimate(reason="no_gold")
    fields = {
        "question": "topics",
        "score": "accuracy",
        "against_one": Estimate(0.849, 0.81, 0.88, 200),
        "against_consensus": Estimate(0.95, 0.93, 0.97, 200),
        "label_noise": Estimate(0.05, 0.03, 0.07, 200),
        "commonest": "3",
        "baseline_one": 0.24,
        "baseline_consensus": 0.3,
        "gold_one": none,
        "gold_consensus": none,
        "uneven": False,
        "n_units": 200,
        "n_ratings": 600,
        "n_sampled": 200,
        "confidence": 0.95,
        "convention": "how",
    }
    return Ceiling(**(fields | changes))


@pytest.fixture
def ceiling():
    """Makes a ceiling of `topics`, with changes."""
    return make_ceiling
