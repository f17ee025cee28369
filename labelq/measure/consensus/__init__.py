"""What a unit's label most probably is, and how sure that is."""
