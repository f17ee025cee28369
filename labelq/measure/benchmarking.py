"""How sure it is that a coefficient reaches a class of a benchmark scale (Gwet 2014, chapter 6).

The probability of each class is that of a normal distribution around the value with its
standard error, cut off at -1 and 1. Classes are added up from the best one down; the class to
name is the first whose cumulative probability reaches 95 %. The words of these scales are
conventions of their authors, never labelq's verdict.
"""

from __future__ import annotations

from labelq.measure.results import Agreement, Benchmark

ENOUGH = 0.95

SCALES: dict[str, tuple[tuple[str, float], ...]] = {
    "landis-koch": (
        ("almost perfect", 0.8),
        ("substantial", 0.6),
        ("moderate", 0.4),
        ("fair", 0.2),
        ("slight", 0.0),
        ("poor", -1.0),
    ),
    "fleiss": (("excellent", 0.75), ("intermediate to good", 0.4), ("poor", -1.0)),
    "cicchetti-sparrow": (("excellent", 0.75), ("good", 0.6), ("fair", 0.4), ("poor", -1.0)),
    "altman": (
        ("very good", 0.8),
        ("good", 0.6),
        ("moderate", 0.4),
        ("fair", 0.2),
        ("poor", -1.0),
    ),
}
"""Classes from the best down, with the lower end of each; the best ends at 1."""


def memberships(value: float, error: float, scale: str) -> tuple[float, ...]:
    """Cumulative probabilities of the classes of ``scale``, from the best down.

    ``error`` is the standard error of ``value`` (> 0).
    """
    from scipy.special import ndtr

    whole = ndtr((value + 1) / error) - ndtr((value - 1) / error)
    reached = [ndtr((value - low) / error) for _, low in SCALES[scale]]
    beyond = ndtr((value - 1) / error)
    return tuple(float(min(1.0, (r - beyond) / whole)) for r in reached)


def benchmark(row: Agreement, scale: str) -> Benchmark:
    """The classes of ``scale`` for one coefficient; without a standard error the row's reason."""
    classes = SCALES[scale]
    if row.value is None or not row.error:
        reason = row.reason or "too_little_variation"
        return Benchmark(row, scale, tuple(name for name, _ in classes), (), None, reason)
    cumulative = memberships(row.value, row.error, scale)
    named = next(name for (name, _), p in zip(classes, cumulative, strict=True) if p >= ENOUGH)
    return Benchmark(row, scale, tuple(name for name, _ in classes), cumulative, named, None)
