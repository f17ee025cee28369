"""Numbers about each rater, by rater code: estimates with intervals, and tests. No names."""
