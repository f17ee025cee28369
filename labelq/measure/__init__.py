"""Numbers about the whole: coefficients, distances, intervals, consensus."""
