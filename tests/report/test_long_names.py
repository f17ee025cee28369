"""Names without an end are clipped on every page: they would make it large and hide the rest."""

import io
import re
from dataclasses import fields, is_dataclass, replace

import pytest

from labelq.report.feedback import casebook, feedback_html, feedback_markdown
from labelq.report.html import private_annotators_html, report_html, rules_html
from labelq.report.markdown import report_markdown
from labelq.report.terminal import print_audit
from tests.report.conftest import NAMES

LENGTH = 100_000
ENDLESS = {
    "category": "q" * LENGTH,
    "category-1": "q" * LENGTH + "-1",  # a cluster is called after its question
    "Refund": "l" * LENGTH,
    NAMES[0]: "n" * LENGTH,
    "A": "x" * LENGTH,  # the letter of NAMES[0]
    "secret0@mail.example": "i" * LENGTH,
    "support <triage> \u202e1": "r" * LENGTH,
    "support_triage.md": "g" * LENGTH,
    "money": "w" * LENGTH,
    "1008": "u" * LENGTH,
}


def endless(found):
    """``found`` with an endless name in the place of each that is in ``ENDLESS``."""
    if isinstance(found, str):
        return ENDLESS.get(found, found)
    if is_dataclass(found):
        return replace(
            found, **{f.name: endless(getattr(found, f.name)) for f in fields(found) if f.init}
        )
    if isinstance(found, tuple | list | frozenset):
        return type(found)(map(endless, found))
    if isinstance(found, dict):
        return {endless(key): endless(value) for key, value in found.items()}
    return found


@pytest.fixture(scope="module")
def long(audit):
    return endless(audit)


def printed(found):
    out = io.StringIO()
    print_audit(found, "audits/x", file=out)
    return out.getvalue()


def named(found):
    return report_html(found, names=True)


def feedback(found):
    return feedback_html(found, casebook(found).of(0))


def feedback_text(found):
    return feedback_markdown(found, casebook(found).of(0))


@pytest.mark.parametrize(
    "render",
    [
        report_html,
        named,
        report_markdown,
        rules_html,
        private_annotators_html,
        printed,
        feedback,
        feedback_text,
    ],
)
def test_no_page_holds_a_name_without_an_end(long, render):
    page = render(long)
    assert not re.findall(r"([qlnxirgwu])\1{300}", page)
    assert re.search(r"q{40}|n{40}|r{40}", page)  # its beginning is there
    assert len(page) < 400_000
