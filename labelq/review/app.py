"""The routes of the meeting: each a page that can be bookmarked, or a step that leads to one."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from importlib.resources import files
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from labelq.errors import LabelqError, OutputError
from labelq.remedy.agenda import AgendaItem
from labelq.remedy.decision_file import read_decisions
from labelq.report.templating import environment
from labelq.review import pages, shows
from labelq.review.answers import Form, decision_of
from labelq.review.desk import Desk, mark_of
from labelq.review.guard import Guard, Keys
from labelq.review.meeting import PHASES, Done, Phase
from labelq.review.minutes import keep_minutes
from labelq.review.refusals import ConflictError, NotKeptError, NotOnAgendaError
from labelq.review.wording import spent

LONGEST_NOTE = 20_000

_TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8"}


class Room:
    """The handlers, around one desk."""

    def __init__(self, desk: Desk, keys: Keys) -> None:
        self.desk, self.keys = desk, keys
        self.static = _static()
        self.templates = environment("labelq.review", "labelq.report")

    # --- pages --------------------------------------------------------------------------------

    def agenda(self, _request: Request) -> Response:
        """What to talk about."""
        return self._page("agenda.html.j2", pages.agenda(self.desk))

    def cluster(self, request: Request) -> Response:
        """One cluster."""
        item = self._item(request)
        self.desk.look_at(item)
        said = request.query_params.get("said", "")
        return self._page("cluster.html.j2", pages.cluster(self.desk, item, said=said))

    def after(self, _request: Request) -> Response:
        """What was decided, and what to run next."""
        return self._page("after.html.j2", pages.after(self.desk))

    def static_file(self, request: Request) -> Response:
        """One of labelq's own few files; nothing else has an address."""
        found = self.static.get(request.path_params["name"])
        if found is None:
            return self.missing(request, NotOnAgendaError())
        content, kind = found
        return Response(content, headers={"content-type": kind})

    def here(self, _request: Request) -> Response:
        """That the meeting is here, which one it is, and the token of its forms."""
        return PlainTextResponse(f"{self.desk.mark} {self.keys.form}")

    # --- steps --------------------------------------------------------------------------------

    def decide(self, request: Request) -> Response:
        """Write the decision in the form down."""
        item = self._item(request)
        if request.method != "POST":  # a reload, or the address typed
            return RedirectResponse(self._at(item.cluster), 303)
        fields = _fields(request)
        form = Form.of(fields)
        try:
            with self.desk.store.lock:
                made = self.desk.decisions()
                decision = decision_of(
                    form,
                    self.desk.fresh(item, made),
                    self.desk.decided(item, made),
                    pages.proposal(self.desk, item),
                )
                new = self.desk.decide(item, decision, fields.get("base", ""))
                self._minutes()
        except NotKeptError as error:
            found = pages.cluster(self.desk, item, error=str(error))
            return self._page("cluster.html.j2", found)
        except ConflictError as conflict:
            found = pages.cluster(
                self.desk, item, form=form, error=str(conflict), theirs=conflict.theirs
            )
            return self._page("cluster.html.j2", found, 409)
        except LabelqError as error:
            found = pages.cluster(self.desk, item, form=form, error=str(error))
            # What stood there when this was begun: a second try must see what came between.
            found["base"] = fields.get("base", "")
            return self._page("cluster.html.j2", found, 422)
        said = "decided" if new else "same"
        return RedirectResponse(f"{self._at(item.cluster)}?said={said}", 303)

    def draft(self, request: Request) -> Response:
        """Keep what stands in the form and is not decided yet."""
        item, fields = self._item(request), _fields(request)
        draft = {**Form.of(fields).fields, "base": fields.get("base", "")}
        self.desk.store.change(lambda m: m.with_draft(item.cluster, draft))
        return Response(status_code=204)

    def preview(self, request: Request) -> Response:
        """What the decision in the form would do: a part of the page."""
        item = self._item(request)
        found = pages.live(self.desk, item, Form.of(_fields(request)))
        return self._page("_live.html.j2", {"live": found, "swapped": True})

    def undo(self, _request: Request) -> Response:
        """Take the last decision back."""
        with self.desk.store.lock:
            done = self.desk.undo()
            if done is not None and not done.was:
                self._back_in_the_form(done)
            self._minutes()
        if done is None:
            at = self.desk.meeting().at
            return RedirectResponse(f"{self._at(at)}?said=nothing", 303)
        return RedirectResponse(f"{self._at(done.cluster)}?said=undone", 303)

    def hands(self, request: Request) -> Response:
        """Keep a show of hands: a part of the page, or without a script the page."""
        item, fields = self._item(request), _fields(request)
        phase: Phase = PHASES[request.path_params["phase"] == "after"]
        problem = ""
        try:
            counts = shows.hands_of(self.desk, item, fields)
            with self.desk.store.lock:
                kept = self.desk.meeting().talk(item.cluster).hands(phase)
                new = shows.hands_mark(
                    self.desk.meeting()
                    .with_hands(item.cluster, phase, counts)
                    .talk(item.cluster)
                    .hands(phase)
                )
                if shows.hands_mark(kept) not in (fields.get("base", ""), new):
                    problem = "These hands were counted in another tab too: reload to see them."
                else:
                    self.desk.store.change(lambda m: m.with_hands(item.cluster, phase, counts))
                    self._minutes()
        except LabelqError as error:
            problem = str(error)
        found = shows.hands_form(self.desk, item, phase, self.desk.meeting(), problem)
        if "hx-request" not in request.headers:
            if problem:
                return self._problem(problem)
            return RedirectResponse(f"{self._at(item.cluster)}?said=kept#votes", 303)
        base = fields.get("base", "") if problem else found.base
        return self._page("_hands_kept.html.j2", {"hands": found, "base": base})

    def words(self, request: Request) -> Response:
        """Keep the minority's opinion and a note."""
        item, fields = self._item(request), _fields(request)
        minority, note = (
            fields.get(name, "").replace("\r\n", "\n").strip() for name in ("minority", "note")
        )
        if len(minority) > LONGEST_NOTE or len(note) > LONGEST_NOTE:
            raise OutputError(f"a note is at most {LONGEST_NOTE:,} characters: nothing was kept")
        base = fields.get("minority_base", ""), fields.get("note_base", "")
        base = base[0].replace("\r\n", "\n"), base[1].replace("\r\n", "\n")
        with self.desk.store.lock:
            after = self.desk.store.change(
                lambda m: m.with_words(item.cluster, minority, note, base)
            )
            self._minutes()
        talk = after.talk(item.cluster)
        if "hx-request" not in request.headers:
            return RedirectResponse(f"{self._at(item.cluster)}?said=kept#votes", 303)
        found = {
            "minority": talk.minority,
            "note": talk.note,
            "first": False,
            "merged": (talk.minority, talk.note) != (minority, note),
        }
        return self._page("_words_kept.html.j2", found)

    def tick(self, request: Request) -> Response:
        """Somebody is still looking at this: the time so far."""
        item = self._item(request)
        talk = self.desk.look_at(item).talk(item.cluster)
        return PlainTextResponse(spent(talk.seconds, item.minutes))

    def _back_in_the_form(self, done: Done) -> None:
        """What was taken back is typed again, unless more was typed since."""
        taken = read_decisions(done.now).decisions[0]
        item = next((one for one in self.desk.items if one.cluster == done.cluster), None)
        if item is None:
            return
        typed = self.desk.meeting().talk(done.cluster).draft
        if typed.get("base") != mark_of(taken):
            typed = Form.showing(taken, self.desk.fresh(item, self.desk.decisions())).fields
        self.desk.store.change(lambda m: m.with_draft(done.cluster, {**typed, "base": ""}))

    # --- what they share ----------------------------------------------------------------------

    def _item(self, request: Request) -> AgendaItem:
        return self.desk.item(request.path_params["cluster"])

    def _at(self, cluster: str) -> str:
        """The path of a cluster; of one that is no longer on the agenda the agenda."""
        known = any(one.cluster == cluster for one in self.desk.items)
        return f"/cluster/{self.desk.address(cluster)}" if known else "/"

    def _minutes(self) -> None:
        try:
            keep_minutes(self.desk)
        except LabelqError as error:
            raise NotKeptError(f"written down, but not in the minutes: {error}") from None

    def _page(self, template: str, context: Mapping[str, Any], status: int = 200) -> Response:
        shown = {
            "token": self.keys.form,
            "mark": self.desk.mark,
            "round": self.desk.earlier.name,
            "v": self.static_mark,
        }
        return HTMLResponse(
            self.templates.get_template(template).render({**shown, **context}), status
        )

    @property
    def static_mark(self) -> str:
        """Part of the addresses of labelq's own files."""
        return hashlib.sha256(b"".join(c for c, _ in self.static.values())).hexdigest()[:8]

    def _problem(self, said: str, status: int = 422) -> Response:
        return self._page("problem.html.j2", {"page": "problem", "problem": said}, status)

    def refused(self, _request: Request, error: Exception) -> Response:
        """What cannot be done, in one line."""
        if isinstance(error, ConflictError):
            return self._problem(f"Nothing was taken back: {error}.", 409)
        return self._problem(str(error))

    def broken(self, _request: Request, _error: Exception) -> Response:
        """A mistake of labelq's own."""
        return self._problem(
            "Something is wrong inside labelq: the terminal says where the details are. What was"
            " decided before is written down.",
            500,
        )

    def missing(self, _request: Request, _error: Exception) -> Response:
        """An address that leads nowhere."""
        return self._problem("There is no such page in this meeting.", 404)


def meeting_app(desk: Desk, keys: Keys) -> ASGIApp:
    """The web application of a meeting, behind its guard."""
    room = Room(desk, keys)
    one = "/cluster/{cluster}"
    handlers: dict[Any, Callable[[Request, Exception], Response]] = {
        LabelqError: room.refused,
        NotOnAgendaError: room.missing,
        404: room.missing,
        Exception: room.broken,
    }
    app = Starlette(
        routes=[
            Route("/", room.agenda),
            Route("/after", room.after),
            Route("/undo", room.undo, methods=["POST"]),
            Route("/static/{name}", room.static_file),
            Route(one, room.cluster),
            Route("/here", room.here),
            Route(one + "/decide", room.decide, methods=["GET", "POST"]),
            Route(one + "/draft", room.draft, methods=["POST"]),
            Route(one + "/preview", room.preview, methods=["POST"]),
            Route(one + "/hands/{phase:str}", room.hands, methods=["POST"]),
            Route(one + "/words", room.words, methods=["POST"]),
            Route(one + "/tick", room.tick, methods=["POST"]),
        ],
        exception_handlers=handlers,
    )
    return Guard(app, keys)


def _fields(request: Request) -> Mapping[str, str]:
    found: Mapping[str, str] = request.scope["labelq.fields"]
    return found


def _static() -> dict[str, tuple[bytes, str]]:
    """The files that pages load, read once: no address leads to any other file."""
    own = files("labelq.review") / "static"
    styles = files("labelq.report") / "templates"
    found = {
        "report.css": b"\n".join(
            (styles / name).read_bytes() for name in ("_sections.css", "_style.css")
        ),
    }
    for name in ("meeting.css", "meeting.js", "htmx.min.js"):
        found[name] = (own / name).read_bytes()
    return {name: (content, _TYPES[name[name.rindex(".") :]]) for name, content in found.items()}
