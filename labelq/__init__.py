"""labelq: label quality and annotator agreement for Label Studio.

The rooms, in the order in which data flows through them::

    label_studio  translation to and from Label Studio
    labels        the round as data
    measure       numbers about the whole, with intervals
    pinpoint      which units, raters, label pairs, clusters; and why
    remedy        the queue and the guideline draft
    report        words, pictures and layout
    review        the guideline review meeting, in the browser

From Python::

    round_ = labelq.read("export.json", label_config="label_config.xml")
    found = labelq.audit(round_, guideline=("guideline.md", text))
    found.verdicts, found.to_frame()
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from labelq.auditing import Audit, audit
    from labelq.errors import LabelqError
    from labelq.labels.model import Question, Ranking, Rater, Ratings, Round, Selection
    from labelq.measure.agreement import agreement, alpha_with
    from labelq.measure.consensus.estimation import consensus
    from labelq.measure.label_scheme import LabelScheme, label_scheme
    from labelq.measure.results import Agreement, Consensus, Verdict
    from labelq.reading import read

__version__ = "0.1.0"

__all__ = [
    "Agreement",
    "Audit",
    "Consensus",
    "LabelScheme",
    "LabelqError",
    "Question",
    "Ranking",
    "Rater",
    "Ratings",
    "Round",
    "Selection",
    "Verdict",
    "__version__",
    "agreement",
    "alpha_with",
    "audit",
    "consensus",
    "label_scheme",
    "read",
]

_HOME = {
    "Agreement": "labelq.measure.results",
    "Audit": "labelq.auditing",
    "Consensus": "labelq.measure.results",
    "LabelScheme": "labelq.measure.label_scheme",
    "LabelqError": "labelq.errors",
    "Question": "labelq.labels.model",
    "Ranking": "labelq.labels.model",
    "Rater": "labelq.labels.model",
    "Ratings": "labelq.labels.model",
    "Round": "labelq.labels.model",
    "Selection": "labelq.labels.model",
    "Verdict": "labelq.measure.results",
    "agreement": "labelq.measure.agreement",
    "alpha_with": "labelq.measure.agreement",
    "audit": "labelq.auditing",
    "consensus": "labelq.measure.consensus.estimation",
    "label_scheme": "labelq.measure.label_scheme",
    "read": "labelq.reading",
}


def __getattr__(name: str) -> Any:
    """A public name, imported when first used: ``import labelq`` costs nothing."""
    if name not in _HOME:
        raise AttributeError(f"module 'labelq' has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
