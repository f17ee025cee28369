"""A meeting in progress, as data: what was voted, said and decided, and how long it took.

Pure: every step takes a meeting and gives another. It is kept as ``meeting.json`` beside the
guideline; decisions themselves stand in ``decisions.yaml``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from labelq.measure.hands import HandsAgreement, hands_agreement
from labelq.remedy.ballots import Ballot

Phase = Literal["before", "after"]
PHASES: tuple[Phase, ...] = ("before", "after")

Hands = Mapping[str, Mapping[str, int]]
"""Task id → label → how many hands; the empty id is one show of hands for all the examples."""

ALL_TOGETHER = ""
CANNOT_TELL = ""
"""The label of a vote that says that it cannot be told."""

MOST_UNDONE = 100
"""So many decisions can be undone, the latest first."""


@dataclass(frozen=True)
class Talk:
    """What happened on one cluster: shows of hands ``before`` and ``after`` the discussion, the
    ``minority``'s opinion and a ``note`` in the chair's words, ``seconds`` spent. ``draft`` is
    what stands in the form of the decision and is not decided yet, field by field.
    """

    before: dict[str, dict[str, int]] = field(default_factory=dict)
    after: dict[str, dict[str, int]] = field(default_factory=dict)
    minority: str = ""
    note: str = ""
    seconds: float = 0.0
    draft: dict[str, str] = field(default_factory=dict)

    def hands(self, phase: Phase) -> dict[str, dict[str, int]]:
        """The show of hands of a phase."""
        return self.before if phase == "before" else self.after


@dataclass(frozen=True)
class Done:
    """A decision that was made here: about which cluster, its id, and the entry in the file as
    it ``was`` (empty: none) and as it is ``now``, both as a small file of decisions.
    """

    cluster: str
    id: str
    was: str
    now: str


@dataclass(frozen=True)
class Meeting:
    """The meeting about one round. ``at`` is the cluster looked at last, ``who`` decides.

    ``minutes`` is how long it shall take, ``port`` where it was held last (0: nobody said).
    """

    at: str = ""
    who: list[str] = field(default_factory=list)
    talks: dict[str, Talk] = field(default_factory=dict)
    ballots: list[Ballot] = field(default_factory=list)
    done: list[Done] = field(default_factory=list)
    minutes: float = 0.0
    port: int = 0

    def talk(self, cluster: str) -> Talk:
        """What happened on a cluster so far."""
        return self.talks.get(cluster, Talk())

    def with_talk(self, cluster: str, talk: Talk) -> Meeting:
        """The meeting with this talk about the cluster."""
        return replace(self, talks={**self.talks, cluster: talk})

    def with_hands(self, cluster: str, phase: Phase, hands: Hands) -> Meeting:
        """With a show of hands; counts of nought are left out."""
        kept: dict[str, dict[str, int]] = {}
        for task, counts in hands.items():
            if said := {label: n for label, n in counts.items() if n > 0}:
                kept[task] = said
        talk = self.talk(cluster)
        after = phase == "after"
        return self.with_talk(
            cluster, replace(talk, after=kept) if after else replace(talk, before=kept)
        )

    def with_words(self, cluster: str, minority: str, note: str, base: tuple[str, str]) -> Meeting:
        """With the minority's opinion and a note. ``base`` is what the writer began from: what
        somebody else wrote since is kept, above.
        """
        talk = self.talk(cluster)
        return self.with_talk(
            cluster,
            replace(
                talk,
                minority=_both(talk.minority, minority, base[0]),
                note=_both(talk.note, note, base[1]),
            ),
        )

    def with_draft(self, cluster: str, draft: Mapping[str, str]) -> Meeting:
        """With what stands in the form of a decision; empty: nothing that is not decided."""
        return self.with_talk(cluster, replace(self.talk(cluster), draft=dict(draft)))

    def with_seconds(self, cluster: str, seconds: float) -> Meeting:
        """With more time spent on a cluster."""
        talk = self.talk(cluster)
        return self.with_talk(cluster, replace(talk, seconds=talk.seconds + seconds))

    def with_ballots(self, ballots: Iterable[Ballot]) -> Meeting:
        """With the blind votes as they are now: of each person on each example the last."""
        kept = {(one.cluster, one.task, one.voter): one for one in ballots}
        return replace(self, ballots=list(kept.values()))

    def with_decision(self, done: Done, who: Iterable[str]) -> Meeting:
        """With a decision that was just made: nothing typed about it is left open."""
        after = self.with_draft(done.cluster, {})
        return replace(after, done=[*self.done, done][-MOST_UNDONE:], who=list(who))

    def blind(self, cluster: str) -> dict[str, dict[str, int]]:
        """The blind votes on a cluster's examples: task id → label → how many."""
        found: dict[str, Counter[str]] = {}
        for one in self.ballots:
            if one.cluster == cluster:
                label = CANNOT_TELL if one.label is None else one.label
                found.setdefault(one.task, Counter())[label] += 1
        return {task: dict(counts) for task, counts in found.items()}

    def votes(self, cluster: str, phase: Phase) -> dict[str, dict[str, int]]:
        """What counts as the votes of a phase: hands, or else before discussion the blind ones."""
        hands = self.talk(cluster).hands(phase)
        return self.blind(cluster) if phase == "before" and not hands else hands

    def counted(self, cluster: str, phase: Phase) -> list[dict[str, int]]:
        """The votes that count: those on single examples go before one show of hands for all."""
        votes = self.votes(cluster, phase)
        single = [counts for task, counts in votes.items() if task != ALL_TOGETHER]
        return single or list(votes.values())

    def tally(self, cluster: str, phase: Phase) -> dict[str, int]:
        """How many of the votes that count each label got, over all examples."""
        total: Counter[str] = Counter()
        for counts in self.counted(cluster, phase):
            total.update(counts)
        return dict(total)

    def majority(self, cluster: str) -> tuple[str, int, int] | None:
        """The label that more than half of those who could tell voted for, with how many did of
        how many: after discussion, or else before. None where there is none.
        """
        phase: Phase = "after" if self.votes(cluster, "after") else "before"
        told = {k: n for k, n in self.tally(cluster, phase).items() if k != CANNOT_TELL}
        label = max(told, key=lambda one: told[one], default="")
        n = sum(told.values())
        return (label, told[label], n) if told and 2 * told[label] > n else None

    def agreement(self, cluster: str, phase: Phase) -> HandsAgreement | None:
        """How far people agreed on a cluster, before or after discussion; None: nobody voted.

        "Cannot tell" is no label.
        """
        rows = self.counted(cluster, phase)
        told = [{k: n for k, n in row.items() if k != CANNOT_TELL} for row in rows]
        return hands_agreement(told) if any(told) else None


def _both(theirs: str, mine: str, base: str) -> str:
    """What I wrote, and what somebody else wrote since I began from ``base``."""
    mine, theirs = mine.strip(), theirs.strip()
    if theirs in (base.strip(), mine, "") or theirs in mine:
        return mine
    return theirs if mine in (base.strip(), "") else f"{theirs}\n{mine}"
