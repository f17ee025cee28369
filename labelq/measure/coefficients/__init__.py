"""Formulas: what each coefficient is, as sums over units."""
