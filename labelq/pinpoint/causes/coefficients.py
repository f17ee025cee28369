"""The fitted models of causes: log odds of a habit, an ambiguous content and a gap
against a slip, per feature (:mod:`labelq.pinpoint.causes.evidence` says what each is).

Written by ``python benchmarks/cause_model.py --rounds 120``, not by hand.
"""

from __future__ import annotations

from labelq.pinpoint.causes.model import Table

CONTENT: Table = {
    "intercept": (-3.3537, -6.3803, -8.1548),
    "size": (0.6066, 1.4323, 0.5401),
    "votes": (-3.896, -2.126, -2.3497),
    "disputed": (27.4652, 20.2912, 28.0763),
    "single": (-5.5832, 0.2893, -0.9629),
    "even": (1.0681, 0.3301, 1.4312),
    "third": (10.655, 0.1566, 3.9175),
    "own_rule": (4.3737, -0.7453, 12.8548),
    "own_rule_sum": (0.6776, -0.721, 0.2461),
    "lone_camp": (-0.972, -1.381, -1.1549),
    "one_of_three": (-1.0859, 0.2011, 2.1836),
    "camps": (-1.0528, 0.5266, 3.1753),
    "camp_share": (2.7205, 6.7755, 5.2432),
    "resolved": (8.9944, -0.1641, 2.0034),
    "still_disputed": (0.0326, 6.7935, 4.8726),
    "apart": (2.0806, -3.5831, -2.0517),
    "leaves_pattern": (-0.9751, -0.201, -0.142),
    "careless": (-0.318, -0.0167, 0.1664),
    "flat": (-13.3644, 2.8849, 2.7974),
    "hurried": (0.1724, -7.3729, -3.8388),
}
"""Clusters with a common content."""

WITHIN: Table = {
    "intercept": (-1.9614, -3.2227, -12.5499),
    "votes": (-0.7364, 0.8404, 2.7063),
    "two_votes": (0.4091, -1.5865, 0.5847),
    "single": (1.5994, -0.5085, 1.9616),
    "even": (1.0066, -0.5158, -0.534),
    "minority": (0.3619, 8.513, 12.2394),
    "third": (-0.09, -9.8439, -10.2965),
    "deviates": (1.552, 0.2203, 0.4389),
    "lift": (0.3806, -0.0619, -0.0688),
    "confused": (0.044, 0.3857, 0.3476),
    "flat": (-1.0656, -0.1298, -0.2914),
    "toss": (-0.1619, -0.073, 0.1355),
    "hurried": (1.1433, 0.9958, 0.6707),
    "tempo": (-0.603, -0.5687, -0.6377),
    "known": (0.0439, -0.2459, -0.454),
    "cluster_rater": (0.1177, -0.0409, 0.1501),
    "cluster_ambiguous": (0.0378, 0.3997, 0.2148),
    "cluster_gap": (0.1139, -0.0582, 0.5843),
    "own_rule": (0.7256, -0.1671, 2.388),
    "odd_rater": (1.2017, 0.0107, 0.0146),
}
"""Disagreements in clusters with a common content."""

ELSEWHERE: Table = {
    "intercept": (-6.6394, 3.1772, -1.9571),
    "votes": (0.9275, -1.4481, -0.881),
    "two_votes": (1.1011, -3.9715, -4.4103),
    "single": (1.9806, -3.1628, -2.071),
    "even": (0.4694, -0.6303, -0.9521),
    "minority": (9.3978, 3.3051, 12.614),
    "third": (2.1213, -8.1848, -7.011),
    "deviates": (2.4302, -0.0177, -0.3647),
    "lift": (0.3253, 0.084, 0.7313),
    "confused": (0.0913, 0.4072, 1.2824),
    "flat": (-1.2477, 0.7954, 0.8418),
    "toss": (-0.624, -0.1796, -0.5465),
    "hurried": (1.3677, 1.2056, 1.2037),
    "tempo": (-0.5378, -0.2648, -0.5304),
    "known": (0.2477, -0.1655, -0.0323),
}
"""All other disagreements."""

LEFT: Table = {
    "intercept": (0.1621, -0.8949, -1.1742),
    "rater": (0.5367, -0.1911, -0.1848),
    "ambiguous": (0.3098, 0.4208, 0.4525),
    "gap": (-0.1721, 0.3036, 0.8729),
    "rater_size": (0.805, -0.0817, -0.0324),
    "ambiguous_size": (-0.7241, -0.2093, -0.7791),
    "gap_size": (0.3114, 0.222, 0.7051),
}
"""What is left of a label pair."""

LEADING_RIGHT = (0.92, 0.949, 0.499, 0.49)
"""Where a slip, a habit, ambiguity or a gap splits three votes or more and one label
leads: how often it is the right one."""
