"""Why annotators disagree: a slip, one rater's habit, an ambiguous content, or a gap."""
