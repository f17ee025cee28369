"""The story in one function: a round in, an :class:`Audit` out.

Can I trust this round, what is wrong, what do we do. No input or output happens here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from labelq.labels.model import Round
from labelq.measure.results import Agreement, Consensus, CrossCheck, Verdict
from labelq.pinpoint.findings import Cluster, EdgeCase, Influence, LabelPair, RaterReport
from labelq.remedy.acts import Draft, Entry, Task

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Gate:
    """One ``--fail-under`` rule and how it went: ``lower`` is compared with ``at_least``."""

    question: str
    metric: str
    at_least: float
    lower: float | None
    passed: bool
    reason: str | None


@dataclass(frozen=True, slots=True)
class Audit:
    """Everything an audit found, as data. Rows are ranked: the first matters most."""

    round: Round
    agreements: tuple[Agreement, ...]
    verdicts: tuple[Verdict, ...]
    consensus: Mapping[str, Consensus]
    label_pairs: tuple[LabelPair, ...]
    clusters: tuple[Cluster, ...]
    edge_cases: tuple[EdgeCase, ...]
    raters: tuple[RaterReport, ...]
    influences: tuple[Influence, ...]
    queue: tuple[Entry, ...]
    tasks: tuple[Task, ...]
    draft: Draft
    cross_check: CrossCheck
    gates: tuple[Gate, ...] = ()
    confidence: float = 0.95
    resamples: int = 2000
    seed: int = 0
    options: Mapping[str, str] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        """Whether every gate passed (true without gates)."""
        return all(gate.passed for gate in self.gates)

    def to_frame(self) -> pd.DataFrame:
        """The coefficients as a table: one row per :class:`Agreement`."""
        import dataclasses

        import pandas as pd

        return pd.DataFrame([dataclasses.asdict(row) for row in self.agreements])


Progress = Callable[[str, float], None]
"""Called with a step's name and the share done (0 to 1)."""
