"""Guidelines as people keep them, Markdown, Word or HTML, as Markdown."""

from __future__ import annotations

import re
from pathlib import Path

from labelq.errors import GuidelineError
from labelq.files import one_line, read_bytes, read_text

__all__ = ["html_to_markdown", "read_document"]


def read_document(path: Path) -> str:
    """A guideline as Markdown: text as it is, byte for byte; Word and HTML converted.

    Raises:
        GuidelineError: it cannot be read, or is no such document.
    """
    suffix = path.suffix.lower()
    if suffix == ".docx":
        return html_to_markdown(_docx_html(path))
    if suffix in (".html", ".htm"):
        return html_to_markdown(read_bytes(path, GuidelineError))
    if suffix in (".md", ".markdown", ".txt", ""):
        return read_text(path, GuidelineError)
    raise GuidelineError(
        f"{path}: a guideline is a .md, .txt, .docx or .html file; export it as one of these"
    )


def _docx_html(path: Path) -> str:
    import io

    import mammoth

    content = io.BytesIO(read_bytes(path, GuidelineError))
    try:
        html: str = mammoth.convert_to_html(
            content, convert_image=mammoth.images.img_element(lambda _: {})
        ).value
    except Exception as cause:  # noqa: BLE001  # a broken zip makes it raise anything
        raise GuidelineError(
            f"{path}: is not a Word document ({one_line(cause)}); save it again as .docx"
        ) from None
    return html


def html_to_markdown(html: str | bytes) -> str:
    """HTML as Markdown: headings, lists, tables and text, nothing that is hidden."""
    from bs4 import BeautifulSoup
    from markdownify import MarkdownConverter

    page = BeautifulSoup(html, "html.parser")
    for element in page(["script", "style", "head", "title", "img", "svg"]):
        element.decompose()
    text: str = MarkdownConverter(heading_style="ATX", bullets="-").convert_soup(page)
    lines = re.sub(r"\n{3,}", "\n\n", "\n".join(line.rstrip() for line in text.splitlines()))
    return lines.strip() + "\n"
