"""x"""

CONTENT = {"intercept": (0.0, 0.0, 0.0)} | dict.fromkeys(
    [
        "size",
        "votes",
        "disputed",
        "single",
        "even",
        "third",
        "own_rule",
        "own_rule_sum",
        "lone_camp",
        "camps",
        "camp_share",
        "resolved",
        "apart",
        "leaves_pattern",
        "careless",
        "flat",
        "hurried",
    ],
    (0.0, 0.0, 0.0),
)
WITHIN = {"intercept": (0.0, 0.0, 0.0)} | dict.fromkeys(
    [
        "votes",
        "two_votes",
        "single",
        "even",
        "minority",
        "third",
        "deviates",
        "lift",
        "flat",
        "toss",
        "hurried",
        "tempo",
        "known",
        "cluster_rater",
        "cluster_ambiguous",
        "cluster_gap",
        "own_rule",
        "odd_rater",
    ],
    (0.0, 0.0, 0.0),
)
ELSEWHERE = {"intercept": (0.0, 0.0, 0.0)} | dict.fromkeys(
    [
        "votes",
        "two_votes",
        "single",
        "even",
        "minority",
        "third",
        "deviates",
        "lift",
        "flat",
        "toss",
        "hurried",
        "tempo",
        "known",
    ],
    (0.0, 0.0, 0.0),
)
LEFT = {"intercept": (0.0, 0.0, 0.0)} | dict.fromkeys(
    ["rater", "ambiguous", "gap", "rater_size", "ambiguous_size", "gap_size"], (0.0, 0.0, 0.0)
)
LEADING_RIGHT = (0.97, 0.95, 0.55, 0.55)
