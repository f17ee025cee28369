"""The Chromium of this machine for the browser tests: find it, or install it where one may.

    python tests/browser/chromium.py        # what `make test` runs

Nothing is downloaded but the distribution's own package, and only where apt-get is the machine's
way and root or passwordless sudo is there. It never fails: without Chromium the browser tests
are skipped, saying so.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
MISSING = (
    "no Chromium here, the browser tests are skipped: install it (Debian: sudo apt-get install"
    " chromium), or say where one is (CHROMIUM=/path/to/chrome make test)"
)


def find() -> str | None:
    """The path of a Chromium or Chrome: what ``CHROMIUM`` says, else the first on the path."""
    if given := os.environ.get("CHROMIUM"):
        return shutil.which(given)
    return next(filter(None, map(shutil.which, NAMES)), None)


def install() -> str | None:
    """Install Debian's package, quietly; the path of what is there then."""
    run = [] if os.geteuid() == 0 else ["sudo", "-n"]
    if shutil.which("apt-get") is None or (run and not _works([*run, "true"])):
        return None
    print("installing Chromium for the browser tests (a minute, once; BROWSER=0 leaves them out)")
    apt = [*run, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq",
           "-o", "Dpkg::Use-Pty=0", "-o", "DPkg::Lock::Timeout=120"]  # fmt: skip
    package = [*apt, "install", "-y", "--no-install-recommends", "chromium"]
    # A fresh machine has no list of packages, an old one a list of what is gone.
    if not _works(package):
        _works([*apt, "update"])
        _works(package, say_why=True)
    return find()


def _works(command: list[str], *, say_why: bool = False) -> bool:
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
    except OSError:
        return False
    if say_why and done.returncode:
        print(done.stderr.strip()[-600:])
    return done.returncode == 0


if __name__ == "__main__":
    sys.stdout.reconfigure(line_buffering=True)
    if not (find() or (None if os.environ.get("CHROMIUM") else install())):
        print(MISSING)
