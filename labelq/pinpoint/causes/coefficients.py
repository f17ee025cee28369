"""The fitted models of causes: log odds of a habit, an ambiguous content and a gap against a
slip, per feature (what these are: :mod:`labelq.pinpoint.causes.evidence`).

Written by ``python benchmarks/cause_model.py --rounds 154``, not by hand.
"""

from __future__ import annotations

from labelq.pinpoint.causes.model import Table

CONTENT: Table = {
    "intercept": (-4.3211, -3.7467, 0.5252),
    "size": (0.7255, 1.1305, 0.7428),
    "votes": (-8.2022, -7.9276, -8.9613),
    "disputed": (34.9493, 14.5033, 20.0381),
    "single": (-4.2393, -0.0707, -1.7559),
    "even": (4.5649, 1.2578, 0.8273),
    "third": (11.987, -3.3496, 1.4036),
    "own_rule": (7.4819, -8.7314, 6.1259),
    "own_rule_sum": (0.3245, -0.2622, 0.2445),
    "lone_camp": (0.7991, 1.9994, 1.7025),
    "one_of_three": (-2.3991, 0.1496, 2.7153),
    "camps": (-1.573, 0.7334, 3.5326),
    "camp_share": (3.2721, 3.4791, 2.1088),
    "resolved": (9.6834, 8.3026, 4.4756),
    "still_disputed": (-3.0118, 11.6061, 3.9649),
    "apart": (3.0639, -2.5512, -0.2349),
    "leaves_pattern": (0.0681, 0.5819, 0.7506),
    "careless": (1.0854, 0.8122, 1.0184),
    "flat": (-16.3158, 4.6548, -8.9362),
    "hurried": (0.6176, -5.8191, -5.5451),
}
"""Clusters with a common content."""

WITHIN: Table = {
    "intercept": (-4.1282, 1.2293, -28.942),
    "votes": (0.9119, 0.1604, 8.8163),
    "two_votes": (1.9432, -1.9762, 4.7985),
    "single": (1.6205, -2.0306, 4.6879),
    "even": (1.1135, -0.3664, -2.1896),
    "minority": (-0.4782, -1.1107, 27.9842),
    "third": (-0.2855, -14.6249, -10.3061),
    "deviates": (1.288, 0.0, 0.288),
    "lift": (0.3581, 0.0141, -0.1353),
    "confused": (0.0607, 0.3199, 0.0857),
    "flat": (0.501, 0.5941, -0.1382),
    "toss": (-0.14, 0.1367, 0.3328),
    "hurried": (1.2826, 1.2469, 1.2003),
    "tempo": (-0.805, -0.7273, -0.8275),
    "known": (-0.1538, -0.0169, -0.5006),
    "cluster_rater": (0.0446, -0.1544, -0.0178),
    "cluster_ambiguous": (0.0659, 0.7186, 0.4815),
    "cluster_gap": (0.1282, -0.1804, 0.7163),
    "own_rule": (0.5587, -0.6596, 2.1956),
    "odd_rater": (1.4494, 0.0225, 0.0989),
}
"""Disagreements in clusters with a common content."""

ELSEWHERE: Table = {
    "intercept": (-8.7841, -1.3835, -12.8442),
    "votes": (1.4151, -0.3579, 2.2477),
    "two_votes": (2.5264, -2.8902, -3.2534),
    "single": (3.1591, -1.4415, 0.657),
    "even": (0.8386, 0.1545, -1.0915),
    "minority": (10.2397, 4.7177, 25.112),
    "third": (2.4046, -9.0181, -6.4957),
    "deviates": (2.0379, -0.2795, -0.3171),
    "lift": (0.3666, 0.0522, 0.7032),
    "confused": (0.0503, 0.2552, 1.3682),
    "flat": (-1.2292, 1.6444, 2.0824),
    "toss": (-0.4573, 0.1873, -0.4364),
    "hurried": (1.2318, 1.3346, 1.067),
    "tempo": (-0.7151, -0.1864, -0.0058),
    "known": (0.1581, -0.3406, 0.3105),
}
"""All other disagreements."""

LEFT: Table = {
    "intercept": (0.2893, -0.9974, -1.0786),
    "rater": (0.7585, -0.1201, -0.0898),
    "ambiguous": (0.2464, 0.2718, 0.6691),
    "gap": (-0.1924, 0.1968, 0.5177),
    "rater_size": (1.0372, -0.1804, 0.0528),
    "ambiguous_size": (-0.6308, 0.1962, -0.9647),
    "gap_size": (0.3051, 0.2803, 0.7844),
}
"""What is left of a label pair."""

LEADING_RIGHT = (0.944, 0.961, 0.504, 0.5)
"""Where a slip, a habit, ambiguity or a gap splits three votes or more and one label leads,
how often it is the right one."""
