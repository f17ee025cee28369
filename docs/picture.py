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
"""Width and height of the window in CSS pixels; every one becomes two by two."""

COLORS = 48
QUIET = ("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking")


def main() -> None:
    """Audit the sample round, open its report, write what a reader sees first."""
    browser = shutil.which("chromium") or shutil.which("chromium-browser")
    if browser is None:
        sys.exit("No chromium on the PATH: install it first (Debian: apt install chromium).")
    with tempfile.TemporaryDirectory() as folder:
        # As somebody audits who stands beside their export: the page shows these paths.
        shot = Path(folder, "report.png")
        for name in ("round_1.json", "label_config.xml"):
            shutil.copy(ROOT / "sample_data" / "support_triage" / name, folder)
        shutil.copy(ROOT / "guidelines" / "support_triage.md", Path(folder, "guideline.md"))
        command = [sys.executable, "-m", "labelq", "audit", "round_1.json"]
        options = ["--guideline", "guideline.md", "--out", "audits/round_1"]
        subprocess.run([*command, *options], check=True, cwd=folder, stdout=subprocess.DEVNULL)  # noqa: S603
        photograph(browser, Path(folder, "audits", "round_1", "report.html"), shot)
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
        # Up to the contents list: what stands above it is the first screen.
        below = tab.locator(".contents").bounding_box()
        end = height if below is None else min(height, int(below["y"]))
        tab.screenshot(path=target, clip={"x": 0, "y": 0, "width": width, "height": end})
        chromium.close()


if __name__ == "__main__":
    main()
