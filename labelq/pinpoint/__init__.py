"""Names: which units, raters, label pairs and clusters, and why."""
