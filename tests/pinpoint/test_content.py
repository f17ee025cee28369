"""The search for clusters: its statistics, its nulls, and what it must not claim."""

from __future__ import annotations

import random

import numpy as np
import pytest
from scipy import sparse
from scipy.stats import hypergeom

from labelq.errors import SettingsError
from labelq.labels.model import Units
from labelq.pinpoint.content.confused import excess, excess_draws
from labelq.pinpoint.content.evidence import Evidence, Null, tail_p
from labelq.pinpoint.content.opposed import opposed
from labelq.pinpoint.content.parting import parted
from labelq.pinpoint.content.scan import Scan, strength
from labelq.pinpoint.content.terms import LENGTH, field_terms, most_set_apart
from labelq.pinpoint.content.vectors import Content
from tests.pinpoint.planted import FILLER, KINDS, pinpointed, rows
from tests.rounds import make_round


@pytest.mark.parametrize(
    ("k", "n", "d", "of"), [(8, 20, 12, 100), (5, 6, 30, 200), (22, 40, 30, 80)]
)
def test_strength_is_about_the_log_of_the_exact_tail(k, n, d, of):
    mean = d * n / of
    variance = mean * (1 - n / of) * (of - d) / (of - 1)
    value = float(strength(*(np.array([x], float) for x in (k, mean, variance)))[0])
    exact = -np.log(hypergeom.sf(k - 1, of, n, d))
    assert 0.6 * exact <= value <= 1.3 * exact + 0.5


def test_expected_counts_are_those_of_the_strata():
    members = sparse.csr_array(np.array([[1], [1], [0], [0], [1], [0]], np.float32))
    flags = sparse.csr_array(np.array([[1], [0], [0], [1], [1], [0]], np.float32))
    expected, variance = Scan(members, flags, np.array([0, 0, 0, 0, 1, 1])).moments()
    assert expected[0, 0] == pytest.approx(2 * 2 / 4 + 1 * 1 / 2)
    assert variance[0, 0] == pytest.approx(2 / 4 * 2 / 4 * 2 * 2 / 3 + 1 / 4)


def test_permuted_rounds_keep_every_stratum():
    dice = np.random.default_rng(3)
    stratum = np.repeat([0, 1], [30, 30])
    flags = np.zeros((60, 1), np.float32)
    flags[:12] = 1  # all in the first stratum
    second = (stratum == 1).astype(np.float32)[:, None]  # can never hold a flag
    scan = Scan(sparse.csr_array(second), sparse.csr_array(flags), stratum)
    assert not scan.maxima(scan.moments(), 50, int(dice.integers(9))).any()


def test_rates_of_labels_explain_a_table_made_of_rates():
    rate = np.array([9.0, 6.0, 3.0, 2.0, 1.0])
    table = np.outer(rate, rate)
    np.fill_diagonal(table, 0)
    assert excess(table).max() < 1e-6
    table[3, 4] = table[4, 3] = 12
    assert np.unravel_index(excess(table).argmax(), table.shape) in ((3, 4), (4, 3))
    assert excess(table).max() > np.quantile(excess_draws(table, 200, 1).max(axis=(1, 2)), 0.95)


def test_opposite_rules_are_told_from_haste():
    camps = np.repeat([0, 1, 2, 3], 5), np.repeat([0, 0, 1, 1], 5)
    haste = np.repeat([0, 1, 2, 3], [14, 2, 2, 2]), np.tile([0, 1, 1, 1], 5)
    for (rater, way), small in ((camps, True), (haste, False)):
        value = opposed(rater, way, 400, 1)
        assert (tail_p(value[1:], value[:1])[0] < 0.01) == small


def test_tails_go_beyond_the_sample_and_stay_ordered():
    null = np.random.default_rng(1).exponential(size=500)
    p = tail_p(null, np.array([0.1, 1.0, 3.0, 9.0, 15.0]))
    assert (np.diff(p) < 0).all()
    assert p[3] == pytest.approx(np.exp(-9), rel=1.5)


def test_evidence_beyond_every_number_is_certain_and_no_warning():
    asked = np.ones((1, 4), np.bool_)
    null = Null(np.random.default_rng(1).exponential(size=(1, 4, 50)), asked)
    content, together = null.p_values(Evidence(np.full((1, 4), 1e9), asked))
    assert (content[0], together[0]) == (0.0, 0.0)


def test_fields_are_terms_where_values_recur():
    n = 60
    units = Units(
        tuple(f"{i:02}" for i in range(n)),
        tuple("word " * (1 + i) for i in range(n)),
        {
            "source": tuple("ab"[i % 2] for i in range(n)),
            "id": tuple(f"x{i}" for i in range(n)),
            "day": tuple(f"2026-03-{1 + i % 28:02}" for i in range(n)),
        },
    )
    terms = field_terms(units)
    assert {name for name, _ in terms.names} == {"source", "day", LENGTH}
    assert ("day", "2026-03-09 to 2026-03-18") in terms.names
    inside = np.arange(0, 40, 2)
    assert most_set_apart(terms, inside)[0][:3] == ("source", "a", 1.0)


def slips(seed, *, hurried=0.0, hard=None, n=25):
    """A round in which nothing but slips is wrong; ``hurried`` of one rater's answers are drawn
    at random, units labeled ``hard`` slip six times as often.
    """
    dice = random.Random(seed)
    labels, made = ["Account", "Billing", "Refund", "Shipping"], []
    for kind, (truth, words) in KINDS.items():
        for i in range(n):
            said = " ".join(dice.sample(words.split(), 4) + dice.sample(FILLER, 6))
            for rater in dice.sample("abcde", 3):
                rate = 0.24 if truth == hard else 0.04
                wrong = dice.random() < (hurried if rater == "a" and hurried else rate)
                label = dice.choice([x for x in labels if x != truth]) if wrong else truth
                made.append((f"{kind}{i:02}", rater, label, said))
    return make_round(made)


@pytest.mark.parametrize("how", [{}, {"hurried": 0.4}, {"hard": "Billing"}])
def test_what_has_no_reason_gets_no_cluster(how):
    claimed = [
        any(not c.remainder for c in pinpointed(slips(seed, **how)).clusters) for seed in range(4)
    ]
    assert sum(claimed) <= 1


def test_a_third_label_joins_where_it_is_in_play():
    dice = random.Random(2)
    rule = dict(
        zip("abcdef", ["Billing", "Billing", "Refund", "Refund", "Account", "Account"], strict=True)
    )
    made = []
    for kind, (truth, words) in KINDS.items():
        for i in range(30):
            said = " ".join(dice.sample(words.split(), 4) + dice.sample(FILLER, 6))
            for rater in dice.sample("abcdef", 3):
                label = rule[rater] if kind == "voucher" else truth
                made.append((f"{kind}{i:02}", rater, label, said))
    first = pinpointed(make_round(made)).clusters[0]
    assert set(first.labels) == {"Account", "Billing", "Refund"}
    assert len(first.units) >= 25


def test_two_contents_of_one_pair_are_parted():
    dice = random.Random(4)
    words = [KINDS["voucher"][1].split(), KINDS["late"][1].split()]
    texts = tuple(" ".join(dice.sample(words[i % 2], 4)) for i in range(40)) + tuple(
        " ".join(dice.sample(FILLER, 6)) for _ in range(60)
    )
    content = Content.of(Units(tuple(f"{i:03}" for i in range(100)), texts))
    found = sorted(tuple(part.tolist()) for part in parted(content, np.arange(40)))
    assert found == [tuple(range(0, 40, 2)), tuple(range(1, 40, 2))]
    alike = parted(content, np.arange(0, 40, 2))
    assert len(alike) == 1


def test_an_embedder_finds_what_words_do_not():
    made, kinds = rows(habit=None)
    dice = random.Random(1)
    # Every text in words of its own; only the embedder knows what they mean.
    meaning: dict[str, int] = {}
    said = {unit: f"w{i} v{dice.random():.6f}" for i, unit in enumerate(kinds)}
    meaning = {said[unit]: sorted(KINDS).index(kind) for unit, kind in kinds.items()}
    round_ = make_round([(u, r, label, said[u]) for u, r, label, _ in made],
                        fields={"kind": kinds})  # fmt: skip

    def embedder(texts):
        noise = np.random.default_rng(0).normal(0, 0.2, (len(texts), len(KINDS)))
        return np.eye(len(KINDS))[[meaning[text] for text in texts]] + noise

    content = Content.of(round_.units, embedder)
    near = (content.vectors @ content.vectors.T).toarray()
    codes = np.array([meaning[text] for text in round_.units.text])
    same = codes[:, None] == codes
    assert near[same].mean() > near[~same].mean() + 0.5


@pytest.mark.parametrize("wrong", [lambda t: np.zeros(3), lambda t: np.full((len(t), 2), np.nan)])
def test_an_embedder_that_gives_no_matrix_is_refused(wrong):
    made, _ = rows(n=3)
    with pytest.raises(SettingsError, match="one row of finite numbers"):
        Content.of(make_round(made).units, wrong)
