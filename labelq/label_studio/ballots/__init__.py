"""Blind votes on a meeting's examples: a small project of their own, and what is answered there."""
