"""Which change of the label scheme raises agreement, and which label attracts everything."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

import numpy as np

from labelq.measure.label_pull import LabelPull
from labelq.measure.label_scheme import LabelScheme, SchemeChange
from labelq.pinpoint.flags import holm

FEWEST_DRAWN = 3
"""A label attracts everything when it draws most of the other labels, and at least so many."""

_NAMES = (
    # English
    "other|others|none|none of the above|none of these|misc|miscellaneous|unknown|unclear"
    "|unsure|not sure|not applicable|n/a|na|else|something else|undefined|uncategorized"
    "|uncategorised|no label"
    # German, Dutch, Danish, Norwegian, Swedish, Finnish
    "|andere|anderes|andres|sonstige|sonstiges|keine|keines|keiner|unklar|unbekannt|übrige"
    "|overig|overige|geen|anders|onbekend|onduidelijk|weet ik niet|andet|andre|ingen|ukendt"
    "|annet|ukjent|annat|övrigt|inget|okänd|okänt|oklart|muu|muut|tuntematon"
    # French, Italian, Spanish, Portuguese, Romanian
    "|autre|autres|aucun|aucune|divers|inconnu|altro|altri|altre|nessuno|nessuna|varie"
    "|sconosciuto|otro|otra|otros|otras|ninguno|ninguna|varios|desconocido|outro|outra|outros"
    "|outras|nenhum|nenhuma|diversos|desconhecido|altele|altul|niciunul|necunoscut"
    # Polish, Czech, Slovak, Hungarian, Turkish, Greek, Russian, Ukrainian
    "|inne|inny|żadne|żaden|nieznane|jiné|ostatní|žádné|neznámé|iné|ostatné|žiadne|egyéb"
    "|egyik sem|ismeretlen|diğer|hiçbiri|bilinmiyor|άλλο|άλλα|κανένα|другое|прочее|иное"
    "|ничего|неизвестно|інше|нічого|невідомо"
    # Arabic, Hebrew, Persian, Hindi, Bengali
    "|أخرى|اخرى|آخر|غير ذلك|لا شيء|אחר|אחרים|שונות|دیگر|سایر|هیچکدام|अन्य|कोई नहीं|অন্যান্য"
    # Chinese, Japanese, Korean, Vietnamese, Indonesian, Thai
    "|其他|其它|无|無|未知|その他|なし|不明|기타|없음|khác|không có|lainnya|lain-lain"
    "|อื่นๆ|อื่น ๆ"
)
CATCH_ALL = frozenset(_NAMES.split("|"))
"""Names of labels that say what something is not, in some languages; compared without case."""


@dataclass(frozen=True, slots=True)
class CatchAll:
    """A label that takes in what no other label does.

    ``by_name``: it is called so (*other*, *none* …). ``by_votes``: it is confused with most of
    the other labels more than its frequency explains, and more than labels are on the average
    (the lower end of its ratio is above 1, Holm over the question's labels).
    """

    pull: LabelPull
    by_name: bool
    by_votes: bool


@dataclass(frozen=True, slots=True)
class SchemeFindings:
    """What the label scheme of one question does to agreement.

    ``raising`` are the merges, cuts and halves that raise alpha beyond noise: the difference is
    positive with p (Holm over all of them that were tried) below 1 - confidence. Divisions
    that were chosen as the best of several are never among them. ``catch_alls`` are labels
    that take in everything.
    """

    scheme: LabelScheme
    raising: tuple[SchemeChange, ...] = ()
    catch_alls: tuple[CatchAll, ...] = ()

    @property
    def question(self) -> str:
        """The name of the question."""
        return self.scheme.question


def scheme_findings(scheme: LabelScheme, *, confidence: float = 0.95) -> SchemeFindings:
    """What stands out in ``scheme``."""
    level = 1 - confidence
    tried = [c for c in scheme.changes if c.kind != "bins" and c.p_value is not None]
    found: list[SchemeChange] = []
    if tried:
        p_value = holm(np.array([change.p_value for change in tried], np.float64))
        found = [
            change
            for change, p in zip(tried, p_value.tolist(), strict=True)
            if p < level and (change.difference or 0) > 0
        ]
    ratios = [pull for pull in scheme.pulls if pull.p_value is not None]
    above: set[str] = set()
    if ratios:
        p_value = holm(np.array([pull.p_value for pull in ratios], np.float64))
        above = {
            pull.label
            for pull, p in zip(ratios, p_value.tolist(), strict=True)
            if p < level and (pull.ratio or 0) > 1
        }
    catch_alls = []
    for pull in scheme.pulls:
        most = len(pull.drawn) >= FEWEST_DRAWN and 2 * len(pull.drawn) > pull.of
        by_name, by_votes = is_catch_all(pull.label), most and pull.label in above
        if by_name or by_votes:
            catch_alls.append(CatchAll(pull, by_name, by_votes))
    return SchemeFindings(scheme, tuple(found), tuple(catch_alls))


def is_catch_all(label: str) -> bool:
    """Whether a label is called *other*, *none* or the like.

    >>> is_catch_all("Other"), is_catch_all("SONSTIGES"), is_catch_all("Other (please say)")
    (True, True, True)
    >>> is_catch_all("Mother"), is_catch_all("none_of_the_above")
    (False, True)
    """
    plain = unicodedata.normalize("NFKC", label).casefold().replace("_", " ")
    plain = " ".join(plain.partition("(")[0].split()).strip(" .:-/…")
    return plain in CATCH_ALL
