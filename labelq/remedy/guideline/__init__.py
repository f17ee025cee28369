"""The guideline draft: the authors' text, byte for byte, with rules proposed or decided in it.

headings       where things stand in a Markdown document
sections       which heading is whose label's
front_matter   the version of a guideline, and where it is recorded
marks          the rules that labelq put into a document, found again
wording        how a guideline says things, and links to tasks
rules          a proposed rule: when it applies, examples, evidence
decided        a decided rule, and what a decision does to headings
editing        edits → a new text and its diff
first          a guideline to begin with
pointing       lines that point to a decided rule, the authors' own version
work           a draft in the making: places, edits, changes
drafting       the story: guideline, clusters and decisions in, a draft out
change_log     what changed, why, who decided, what is open: one page
"""

from labelq.remedy.guideline.drafting import draft_guideline
from labelq.remedy.guideline.marks import for_annotators, n_undecided
from labelq.remedy.guideline.wording import TaskLinks

__all__ = ["TaskLinks", "draft_guideline", "for_annotators", "n_undecided"]
