"""The guideline draft as a project's instructions: Markdown → HTML that Label Studio keeps."""

from __future__ import annotations

import re

__all__ = ["instructions"]

# Label Studio's own style takes bullets, numbers and the space between paragraphs away.
_STYLE = (
    "<style>.labelq-guideline p,.labelq-guideline ul,.labelq-guideline ol,"
    ".labelq-guideline table,.labelq-guideline pre{margin:0 0 .8em}"
    ".labelq-guideline h1,.labelq-guideline h2,.labelq-guideline h3{margin:1em 0 .4em;"
    "line-height:1.3}.labelq-guideline ul{list-style:disc;padding-left:1.5em}"
    ".labelq-guideline ol{list-style:decimal;padding-left:1.5em}"
    ".labelq-guideline th,.labelq-guideline td{padding:.2em .6em;text-align:left}"
    ".labelq-guideline blockquote{padding-left:1em}</style>"
)
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)


def instructions(markdown: str) -> str:
    r"""The guideline as HTML. Tags in its text stay text: nothing of it runs or loads.

    >>> instructions("<!-- labelq: rule -->\n<script>x</script> *money*")[-59:]
    '<p>&lt;script&gt;x&lt;/script&gt; <em>money</em></p>\n</div>'
    """
    from markdown_it import MarkdownIt

    reader = MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")
    html: str = reader.render(_COMMENT.sub("", markdown))
    return f'{_STYLE}<div class="labelq-guideline">{html}</div>'
