"""Write ``report.png``, the README's picture: the first screen of the sample audit.

    python docs/picture.py

Needs the development tools and a Chromium (Debian: ``apt install chromium``).
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

HERE = Path(__file__).parent
ROOT = HERE.parent

SIZE = (1200, 900)
"""Width and height in CSS pixels; every one becomes two by two."""

COLORS = 48
QUIET = ("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking")


def main() -> None:
    """Audit the sample round, open its report, write what a reader sees first."""
    browser = shutil.which("chromium") or shutil.which("chromium-browser")
    if browser is None:
        sys.exit("No chromium on the PATH: install it first (Debian: apt install chromium).")
    with tempfile.TemporaryDirectory() as folder:
        audit, shot = Path(folder, "sample"), Path(folder, "report.png")
        sample = ROOT / "sample_data" / "support_triage" / "round_1.json"
        guideline = ROOT / "guidelines" / "support_triage.md"
        command = [sys.executable, "-m", "labelq", "audit", sample]
        options = ["--guideline", guideline.relative_to(ROOT), "--out", audit]
        subprocess.run([*command, *options], check=True, cwd=ROOT, stdout=subprocess.DEVNULL)  # noqa: S603
        photograph(browser, audit / "report.html", shot)
        # Few colours and no dithering: text stays sharp and the file small.
        picture = Image.open(shot).convert("RGB")
        picture.quantize(COLORS, dither=Image.Dither.NONE).save(HERE / "report.png", optimize=True)


def photograph(browser: str, page: Path, target: Path) -> None:
    """Save the first screen of ``page`` as PNG."""
    width, height = SIZE
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser, args=[*QUIET])
        tab = chromium.new_page(
            viewport={"width": width, "height": height}, device_scale_factor=2, color_scheme="light"
        )
        tab.goto(page.resolve().as_uri())
        tab.screenshot(path=target)
        chromium.close()


if __name__ == "__main__":
    main()
