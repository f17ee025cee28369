"""The round as data: units, raters, ratings; coded arrays; statistics."""
