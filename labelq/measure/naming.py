"""From what people call a coefficient to the metrics that it may mean: one way for all commands."""

from __future__ import annotations

from collections.abc import Callable
from difflib import get_close_matches

from labelq.errors import SettingsError
from labelq.measure.metric import Metric, spelling
from labelq.measure.registry import METRICS, metric

PROGRAMS: dict[str, tuple[str, ...]] = {
    "sklearn": ("cohen_kappa",),
    "scikitlearn": ("cohen_kappa",),
    "cohenkappascore": ("cohen_kappa",),
    "statsmodels": ("cohen_kappa", "fleiss_kappa", "brennan_prediger"),
    "irrcac": (
        "krippendorff_alpha",
        "fleiss_kappa",
        "conger_kappa",
        "gwet_ac1",
        "brennan_prediger",
    ),
    "nltk": ("krippendorff_alpha", "light_kappa", "raw_agreement"),
    "pingouin": ("icc_1", "icc_2", "icc_3"),
}
"""Programs and their functions, as :func:`spelling` has them → the metrics they compute."""


def metrics_called(name: str) -> list[Metric]:
    """The metrics that ``name`` may mean: one for a full name, an alias or a clear short form.

    Raises:
        SettingsError: none is called like that; with the nearest ones.
    """
    try:
        return [metric(name)]
    except KeyError:
        pass
    wanted = spelling(name)
    ways: tuple[Callable[[Metric], bool], ...] = (
        lambda m: wanted in m.name.split("_"),
        lambda m: any(known.startswith(wanted) for known in m.names),
        lambda m: wanted == "".join(word[0] for word in m.name.split("_")),
        lambda m: any(wanted in known for known in m.names),
    )
    for fits in ways:
        found = [m for m in METRICS if wanted and fits(m)]
        shortest = min(found, key=lambda m: len(m.name), default=None)
        if shortest and all(m.name.startswith(shortest.name) for m in found):
            return [shortest]
        if found:
            return found
    said = f"there is no metric {name[:80]!r}"
    if wanted in PROGRAMS:
        raise SettingsError(f"{said}: it is a program; it computes {', '.join(PROGRAMS[wanted])}")
    near = _near(wanted)
    hint = f"; did you mean {', '.join(near)}?" if near else "."
    raise SettingsError(f"{said}{hint} Known: {', '.join(m.name for m in METRICS)}")


def metric_called(name: str) -> Metric:
    """The one metric that ``name`` means.

    Raises:
        SettingsError: none is called like that, or several may be meant.
    """
    found = metrics_called(name)
    if len(found) > 1:
        names = ", ".join(m.name for m in found)
        raise SettingsError(f"{name[:80]} can be any of {names}: name one")
    return found[0]


def _near(wanted: str) -> list[str]:
    """Names of metrics that are spelled nearly like ``wanted``, or have such a word in them."""
    every = [known for m in METRICS for known in m.names]
    words = sorted({word for m in METRICS for word in m.name.split("_")})
    near = get_close_matches(wanted, every, 1, 0.85)
    word = get_close_matches(wanted, words, 1, 0.6)
    if word and not near:
        return [m.name for m in METRICS if word[0] in m.name.split("_")]
    near = near or get_close_matches(wanted, every, 3, 0.5)
    return list(dict.fromkeys(metric(known).name for known in near))
