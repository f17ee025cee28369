"""The fitted models of causes: log odds of a habit, an ambiguous content and a gap
against a slip, per feature (:mod:`labelq.pinpoint.causes.evidence` says what each is).

Written by ``python benchmarks/cause_model.py --rounds 120``, not by hand.
"""

from __future__ import annotations

from labelq.pinpoint.causes.model import Table

CONTENT: Table = {
    "intercept": (-3.6566, -6.2981, -8.2491),
    "size": (0.5874, 1.4886, 0.6282),
    "votes": (-3.9471, -2.1913, -2.4515),
    "disputed": (28.5324, 19.9729, 27.6111),
    "single": (-5.4313, 0.1598, -1.0865),
    "even": (1.0323, 0.4027, 1.5644),
    "third": (10.6973, 0.2885, 4.1546),
    "own_rule": (4.364, -0.9079, 13.053),
    "own_rule_sum": (0.656, -0.7024, 0.2537),
    "lone_camp": (-0.7953, -1.4213, -1.1915),
    "one_of_three": (-0.6441, 0.0098, 1.9596),
    "camps": (-0.882, 0.3614, 2.9648),
    "camp_share": (2.9881, 6.3949, 4.8186),
    "resolved": (9.0088, -0.3041, 1.8549),
    "still_disputed": (0.2688, 6.5834, 4.694),
    "apart": (2.258, -3.5354, -2.0747),
    "leaves_pattern": (-1.1775, -0.0785, 0.057),
    "careless": (-0.4225, -0.0542, 0.1695),
    "flat": (-13.1708, 2.4752, 2.6949),
    "hurried": (0.1803, -7.077, -3.4567),
}
"""Clusters with a common content."""

WITHIN: Table = {
    "intercept": (-1.9437, -3.4189, -11.8521),
    "votes": (-0.7314, 0.8473, 2.3868),
    "two_votes": (0.3984, -1.6094, 0.3107),
    "single": (1.5897, -0.4445, 1.8136),
    "even": (1.0003, -0.5335, -0.4869),
    "minority": (0.3582, 8.9264, 11.6927),
    "third": (-0.1176, -9.7987, -10.3183),
    "deviates": (1.5589, 0.2333, 0.4835),
    "lift": (0.376, -0.07, -0.0984),
    "confused": (0.041, 0.3837, 0.3446),
    "flat": (-1.0651, -0.0936, -0.2961),
    "toss": (-0.1611, -0.0782, 0.1244),
    "hurried": (1.1468, 1.0002, 0.6734),
    "tempo": (-0.6001, -0.5761, -0.6244),
    "known": (0.0444, -0.2526, -0.4577),
    "cluster_rater": (0.1203, -0.0285, 0.1427),
    "cluster_ambiguous": (0.0443, 0.421, 0.2262),
    "cluster_gap": (0.1103, -0.074, 0.59),
    "own_rule": (0.721, -0.1643, 2.3997),
    "odd_rater": (1.1893, 0.0035, 0.0132),
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
