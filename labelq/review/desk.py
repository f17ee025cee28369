"""What lies on the table of a meeting: the audit, the guideline, the files; and its steps.

Everything slow (the content of tasks, the consensus, the guideline as decided so far) is worked
out once and kept. Steps may come from several browser tabs at once.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from threading import RLock
from time import monotonic

from labelq.errors import DecisionsError, GuidelineError, LabelqError, OutputError
from labelq.labels.model import label_text
from labelq.measure.results import Consensus
from labelq.pinpoint.content.vectors import Content
from labelq.pinpoint.findings import Cluster
from labelq.pinpoint.readings import Readings
from labelq.reading import (
    decided_draft,
    decisions_file,
    guideline_file,
    guideline_now,
    with_adjudicated,
)
from labelq.remedy.acts import Entry
from labelq.remedy.agenda import AgendaItem, kept_off, meeting_agenda
from labelq.remedy.ballots import Ballot
from labelq.remedy.deciding import about_cluster, same_question
from labelq.remedy.decision_file import read_decisions
from labelq.remedy.decision_removing import without_decision
from labelq.remedy.decision_writing import with_decision
from labelq.remedy.decisions import Decision, about, unknown_labels
from labelq.remedy.guideline.saying import Said, said_about
from labelq.remedy.releasing import Effect, effects, released
from labelq.remedy.scope import Scopes
from labelq.remember.earlier import Earlier
from labelq.report.text import anchors
from labelq.review.meeting import Done, Meeting
from labelq.review.refusals import ConflictError, NotKeptError, NotOnAgendaError
from labelq.review.store import Store
from labelq.settings import Settings

USUAL = 60.0
"""So many minutes a meeting takes where nobody says."""

PAUSE = 30.0
"""Seconds without a sign of life after which nobody is looking at a cluster."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What a decision would do: its ``effect`` on labels (None: it has none), the guideline as it
    is ``before`` and ``after``, and ``decision`` itself.
    """

    decision: Decision
    effect: Effect | None
    before: str
    after: str


class Desk:
    """The meeting about the audit in ``audit_dir``; ``names`` are shown or not. It takes
    ``minutes``; not given, as long as was said before, else :data:`USUAL`.

    Raises:
        LabelqError: a file of the meeting cannot be read, or could not be written.
    """

    def __init__(
        self,
        earlier: Earlier,
        audit_dir: Path,
        settings: Settings,
        *,
        minutes: float | None = None,
        names: bool = False,
        seed: int = 0,
    ) -> None:
        self.earlier, self.audit_dir, self.settings = earlier, audit_dir, settings
        self.names, self.seed = names, seed
        self.store = Store(decisions_file(earlier, audit_dir, settings), earlier.name)
        self.store.check()
        self.minutes = minutes or self.meeting().minutes or USUAL
        self.guideline = guideline_file(settings, earlier, self.store.decisions)
        self.items = meeting_agenda(earlier.clusters, earlier.agendas, minutes=self.minutes)
        self.off = kept_off(earlier.clusters, earlier.agendas)
        self._lock = RLock()
        self._consensuses: dict[str, Consensus] = {}
        self._readings: dict[str, Readings] = {}
        self._drafts: dict[tuple[str | None, tuple[str, ...]], str] = {}
        self._seen: tuple[str, float] = ("", 0.0)

    # --- what is there ------------------------------------------------------------------------

    def item(self, address: str) -> AgendaItem:
        """The item of the agenda with this address.

        Raises:
            NotOnAgendaError: there is none.
        """
        wanted = self._clusters.get(address)
        for one in self.items:
            if one.cluster == wanted:
                return one
        raise NotOnAgendaError(address)

    def address(self, cluster: str) -> str:
        """A cluster's id as part of an address: as it is, where nothing in it means more there."""
        return self._addresses[cluster]

    @cached_property
    def _addresses(self) -> dict[str, str]:
        ids = [one.cluster for one in self.items]
        odd = [one for one in ids if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_-]*", one)]
        return {one: one for one in ids} | anchors("item", odd)

    @cached_property
    def _clusters(self) -> dict[str, str]:
        return {address: cluster for cluster, address in self._addresses.items()}

    @cached_property
    def mark(self) -> str:
        """What tells this meeting from others: an open page goes on in no other one."""
        items = [(one.cluster, one.labels, tuple(map(int, one.units))) for one in self.items]
        told = repr((self.earlier.name, self.store.decisions.resolve().as_posix(), items))
        return hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()[:16]

    def cluster(self, item: AgendaItem) -> Cluster:
        """The cluster that an item is about."""
        return self.earlier.cluster(item.cluster)

    def meeting(self) -> Meeting:
        """The meeting so far, as kept."""
        return self.store.read_meeting()

    def decisions(self) -> tuple[Decision, ...]:
        """All decisions of the file as it stands, those made by hand too."""
        return self.store.read_decisions().file.decisions

    def fresh(self, item: AgendaItem, decisions: Sequence[Decision]) -> Decision:
        """An open decision about an item, with an id that nobody has."""
        taken = {one.id for one in decisions}
        return about_cluster(self.cluster(item), self.earlier.round, taken)

    def decided(self, item: AgendaItem, decisions: Sequence[Decision]) -> Decision | None:
        """The decision about an item that stands in the file."""
        return same_question(decisions, self.fresh(item, decisions))

    def labels(self, question: str) -> list[str]:
        """All labels of a question, as shown; those that decisions brought too."""
        own = [label_text(label) for label in self.earlier.round.question(question).labels]
        new = [x for d in self.decisions() if d.question == question for x in d.given]
        return list(dict.fromkeys([*own, *new]))

    def said(self, item: AgendaItem) -> tuple[Said, ...] | None:
        """What the guideline says about an item's labels today; None without a guideline.

        Raises:
            GuidelineError: it cannot be read.
        """
        _, text = guideline_now(self.earlier, self.guideline)
        if text is None:
            return None
        return said_about(text, item.labels, self.labels(item.question), self.settings.sections)

    def readings(self, item: AgendaItem) -> Readings:
        """What speaks for each label of an item."""
        with self._lock:
            if item.cluster not in self._readings:
                question = self.earlier.round.question(item.question)
                self._readings[item.cluster] = Readings(
                    self._content, question, self.earlier.round.ratings[item.question], item.labels
                )
            return self._readings[item.cluster]

    @cached_property
    def _content(self) -> Content | None:
        return Content.of(self.earlier.round.units)

    @cached_property
    def _scopes(self) -> Scopes:
        return Scopes(self.earlier.round, words=self._content)

    def warm(self) -> None:
        """Work out what takes longest, so that the first page need not wait for it."""
        for item in self.items:
            self.readings(item)
        for item in self.items[:1]:
            with suppress(LabelqError):  # which the page will say
                decided = replace(self.fresh(item, ()), outcome="label", label=item.labels[0])
                self.preview(decided)

    # --- what a decision would do -------------------------------------------------------------

    def preview(self, decision: Decision) -> Preview:
        """What a decision would do beside those of the file, without writing anything.

        Raises:
            LabelqError: it cannot be applied.
        """
        others = [one for one in self._ours(self.decisions()) if one.id != decision.id]
        with self._lock:
            name, text = guideline_now(self.earlier, self.guideline)
            before = self._draft(name, text, tuple(others))
            after = self._draft(name, text, (*others, decision))
            return Preview(decision, self._effect(others, decision), before, after)

    def work(self) -> tuple[Entry, ...]:
        """What all that is decided sets free to be looked at again, each task once.

        Raises:
            LabelqError: a file cannot be read, or a decision cannot be applied.
        """
        decided = tuple(one for one in self._ours(self.decisions()) if one.decided)
        with self._lock:
            round_ = self.earlier.round
            known, _ = with_adjudicated(round_, self.settings, self.store.decisions, decided)
            return released(round_, effects(decided, known, scopes=self._scopes))

    def _effect(self, others: Sequence[Decision], decision: Decision) -> Effect | None:
        decided = tuple(one for one in (*others, decision) if one.decided)
        known, _ = with_adjudicated(
            self.earlier.round, self.settings, self.store.decisions, decided
        )
        found = effects(decided, known, seed=self.seed, scopes=self._scopes)
        return next((one for one in found if one.decision is decision), None)

    def _draft(self, name: str, text: str | None, decisions: tuple[Decision, ...]) -> str:
        key = (text, tuple(map(_kept, decisions)))
        found = self._drafts.pop(key, None)
        if found is None:
            found = decided_draft(
                self.earlier,
                (name, text),
                decisions,
                self.settings.sections,
                scopes=self._scopes,
                consensuses=self._consensuses,
            ).text
        while len(self._drafts) > 7:  # the last few are enough: one is typed at a time
            del self._drafts[next(iter(self._drafts))]
        self._drafts[key] = found
        return found

    def _ours(self, decisions: Sequence[Decision]) -> tuple[Decision, ...]:
        return about(decisions, self.earlier.round)

    # --- steps --------------------------------------------------------------------------------

    def begin(self, port: int) -> None:
        """Keep where the meeting is held and how long it takes, so that it can go on like that.

        Raises:
            LabelqError: the meeting's file cannot be read or written.
        """
        self.store.change(lambda m: replace(m, port=port, minutes=self.minutes))

    def decide(self, item: AgendaItem, decision: Decision, base: str) -> bool:
        """Write a decision down; False where the same stands there already, and nothing is done.
        ``base`` is the :func:`mark_of` what stood there when it was begun.

        Raises:
            ConflictError: something else stands there now.
            NotKeptError: it is written, and cannot be undone.
            LabelqError: it cannot be written, or labels in it are unknown.
        """
        with self.store.lock:
            was = self.store.read_decisions()
            known = self.decided(item, was.file.decisions)
            if known is not None and _kept(replace(known, when=decision.when)) == _kept(decision):
                self.store.change(lambda m: m.with_draft(item.cluster, {}))
                return False
            if mark_of(known) != base:
                raise ConflictError(known)
            others = [one for one in was.file.decisions if one.id != decision.id]
            for one, problem in unknown_labels([*others, decision], self.earlier.round):
                if one is decision:
                    raise DecisionsError(problem)
            name = self.store.decisions.name
            self.meeting()  # read before anything is written
            self.store.write_decisions(was, with_decision(was.text, decision, name))
            done = Done(item.cluster, decision.id, _kept(known), _kept(decision))
            try:
                self.store.change(lambda m: m.with_decision(done, decision.who))
            except LabelqError as error:
                raise NotKeptError(f"written down, but u cannot take it back: {error}") from None
            return True

    def undo(self) -> Done | None:
        """Take the last decision that was made here back; None where there is none.

        Raises:
            ConflictError: it was changed since, in the file or elsewhere; nothing is undone.
            LabelqError: the file cannot be read or written.
        """
        with self.store.lock:
            meeting = self.meeting()
            if not meeting.done:
                return None
            last = meeting.done[-1]
            was = self.store.read_decisions()
            now = next((one for one in was.file.decisions if one.id == last.id), None)
            before = read_decisions(last.was).decisions if last.was else ()
            if now is None or _kept(now) != last.now or (last.was and not before):
                # It is the file's now: what was written by hand is not taken back.
                self.store.change(lambda m: replace(m, done=m.done[:-1]))
                raise ConflictError(now)
            name = self.store.decisions.name
            if before:
                text = with_decision(was.text, before[0], name)
            else:
                text = without_decision(was.text, last.id, name)
            self.store.write_decisions(was, text)
            self.store.change(lambda m: replace(m, done=m.done[:-1]))
            return last

    def look_at(self, item: AgendaItem, *, now: float | None = None) -> Meeting:
        """Somebody looks at an item: the time since the last look counts for what was looked at
        then, unless it was a pause. Several tabs do not count twice.
        """
        now = monotonic() if now is None else now
        with self.store.lock:
            seen, then = self._seen
            self._seen = (item.cluster, now)
            spent = now - then
            counts = bool(seen) and 0 < spent <= PAUSE

            def step(meeting: Meeting) -> Meeting:
                meeting = replace(meeting, at=item.cluster)
                return meeting.with_seconds(seen, spent) if counts else meeting

            try:
                return self.store.change(step)
            except OutputError:  # a full disk: looking goes on, only its time is not kept
                return step(self.meeting())

    def take_ballots(self, ballots: Sequence[Ballot]) -> None:
        """Keep the blind votes as they are now.

        Raises:
            LabelqError: the meeting's file cannot be read or written.
        """
        self.store.change(lambda m: m.with_ballots(ballots))

    # --- where it leads -----------------------------------------------------------------------

    def problem(self) -> str:
        """Why the guideline cannot be shown; empty where it can."""
        try:
            guideline_now(self.earlier, self.guideline)
        except GuidelineError as error:
            return str(error)
        return ""

    def apply_words(self) -> list[str]:
        """The command that applies what was decided, word by word."""
        words = ["labelq", "apply", self.audit_dir.as_posix()]
        try:
            usual = decisions_file(self.earlier, self.audit_dir)
        except LabelqError:
            usual = None
        if usual != self.store.decisions:
            words += ["--decisions", self.store.decisions.as_posix()]
        found = guideline_file(Settings(), self.earlier, self.store.decisions)
        if self.guideline is not None and self.guideline != found:
            words += ["--guideline", self.guideline.as_posix()]
        return words


def mark_of(decision: Decision | None) -> str:
    """What tells two states of a decision apart; empty where there is none."""
    if decision is None:
        return ""
    return hashlib.sha256(_kept(decision).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def today() -> dt.date:
    """The day of the meeting."""
    return dt.datetime.now().astimezone().date()


def _kept(decision: Decision | None) -> str:
    """A decision as a small file of its own; empty for none."""
    return "" if decision is None else with_decision("", decision)
