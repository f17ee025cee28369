"""A number worked through by hand, and what other formulas under its name say."""
