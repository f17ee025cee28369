"""The fitted models of causes: log odds of a habit, an ambiguous content and a gap against a
slip, per feature (what these are: :mod:`labelq.pinpoint.causes.evidence`).

Written by ``python benchmarks/cause_model.py --rounds 150``, not by hand.
"""

from __future__ import annotations

from labelq.pinpoint.causes.model import Table

CONTENT: Table = {
    "intercept": (-4.6511, -3.4842, -2.0977),
    "size": (0.847, 1.2841, 1.207),
    "votes": (-6.1784, -7.237, -9.3737),
    "disputed": (7.015, 15.6149, 12.1254),
    "single": (-2.1993, 1.1834, 0.7361),
    "even": (4.4937, 0.2982, -0.1639),
    "third": (9.764, -4.4848, 2.4159),
    "own_rule": (6.9457, -10.2838, 4.7382),
    "own_rule_sum": (0.3669, -0.2589, 0.2307),
    "lone_camp": (0.8652, 0.9623, 1.946),
    "one_of_three": (0.0, 0.0, 0.0),
    "camps": (-1.9148, 0.7584, 3.2989),
    "camp_share": (0.718, 4.0614, 3.9652),
    "resolved": (11.201, 4.3827, 5.0885),
    "still_disputed": (0.0, 0.0, 0.0),
    "apart": (3.3221, -3.7003, -0.5973),
    "leaves_pattern": (0.1978, 0.5156, 0.5916),
    "careless": (1.3951, 1.0455, 1.1456),
    "flat": (-10.2353, 8.7486, 0.824),
    "hurried": (1.1367, -4.3116, -4.9294),
}
"""Clusters with a common content."""

WITHIN: Table = {
    "intercept": (-4.773, 6.7157, -29.6019),
    "votes": (0.9441, -1.5733, 9.1454),
    "two_votes": (2.0871, -2.7879, 5.8484),
    "single": (1.7967, -3.1047, 4.8059),
    "even": (0.958, 0.3313, -1.7465),
    "minority": (1.062, -9.2774, 28.656),
    "third": (-0.1691, -15.495, -10.2748),
    "deviates": (1.368, 0.2172, 0.3237),
    "lift": (0.3983, -0.1651, -0.3196),
    "confused": (0.0, 0.0, 0.0),
    "flat": (0.34, 0.4239, -0.3315),
    "toss": (-0.1523, 0.2644, 0.3254),
    "hurried": (1.327, 1.341, 1.2778),
    "tempo": (-0.7178, -0.6137, -0.5725),
    "known": (-0.0998, -0.3056, -0.4139),
    "cluster_rater": (0.0902, -0.2235, 0.1335),
    "cluster_ambiguous": (0.0936, 0.5101, 0.4318),
    "cluster_gap": (0.087, 0.0193, 0.5344),
    "own_rule": (0.5954, -0.5626, 2.632),
    "odd_rater": (1.3231, -0.1822, -0.3808),
}
"""Disagreements in clusters with a common content."""

ELSEWHERE: Table = {
    "intercept": (-9.1919, 0.3141, -7.5639),
    "votes": (1.4688, -0.7109, 1.3568),
    "two_votes": (2.2166, -3.5293, -2.9028),
    "single": (3.2188, -2.1656, -0.416),
    "even": (0.863, 0.3242, -0.3169),
    "minority": (11.1441, 2.8701, 17.074),
    "third": (2.4065, -9.5599, -7.2833),
    "deviates": (2.0554, -0.2756, -0.3688),
    "lift": (0.4325, 0.0498, 0.4106),
    "confused": (0.0, 0.0, 0.0),
    "flat": (-1.1256, 2.5359, 2.2886),
    "toss": (-0.4542, 0.1807, -0.0267),
    "hurried": (1.3217, 1.4099, 1.333),
    "tempo": (-0.6942, -0.168, 0.0322),
    "known": (0.154, -0.2586, -0.1185),
}
"""All other disagreements."""

LEFT: Table = {
    "intercept": (0.3834, -0.9667, -0.5071),
    "rater": (0.7883, -0.1068, 0.0322),
    "ambiguous": (0.6258, 0.3831, 1.299),
    "gap": (-0.6751, 0.3918, 1.0702),
    "rater_size": (0.9718, -0.2971, -0.2055),
    "ambiguous_size": (-0.7647, 0.5275, -1.0808),
    "gap_size": (0.672, 0.1269, 0.5628),
}
"""What is left of a label pair."""

LEADING_RIGHT = (0.944, 0.961, 0.504, 0.498)
"""Where a slip, a habit, ambiguity or a gap splits three votes or more and one label leads,
how often it is the right one."""
