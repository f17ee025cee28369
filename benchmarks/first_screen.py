"""The report of 20,000 tasks in headless Chromium: its size, and how long until it is seen.

    python benchmarks/first_screen.py [REPORT.html]

Without a report it makes the one that the browser tests look at: 20,000 tasks, three answers
each by 60 annotators, 24 labels. Five cold starts of a page, each in a context of its own.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.browser import chromium, rounds
from tests.browser.conftest import ARGUMENTS

TIMES = """() => new Promise((told) => new PerformanceObserver((list) => {
  const paint = list.getEntries().find((e) => e.name === "first-contentful-paint");
  if (paint) told([paint.startTime, performance.getEntriesByType("navigation")[0].loadEventEnd]);
}).observe({type: "paint", buffered: true}))"""


def measure(page_file: Path) -> None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=chromium.find(), args=list(ARGUMENTS))
        seen = []
        for _ in range(5):
            page = browser.new_page(viewport={"width": 1200, "height": 900})
            page.goto(page_file.as_uri())
            seen.append(page.evaluate(TIMES))
            nodes = page.evaluate("document.querySelectorAll('*').length")
            page.close()
        browser.close()
    paint, load = (statistics.median(column) / 1000 for column in zip(*seen, strict=True))
    print(
        f"{page_file.stat().st_size / 1e6:.2f} MB, {nodes:,} elements: first contentful paint"
        f" {paint:.2f} s, loaded {load:.2f} s (median of 5; wanted: under 5 MB, under 1 s)"
    )


if __name__ == "__main__":
    if chromium.find() is None:
        sys.exit(chromium.MISSING)
    if len(sys.argv) > 1:
        measure(Path(sys.argv[1]).resolve())
    else:
        with tempfile.TemporaryDirectory() as folder:
            rounds.large(Path(folder) / "large", Path)
            measure(Path(folder) / "large/report.html")
