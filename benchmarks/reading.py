"""A 200 MB Label Studio export into a round, beside ``json.load`` alone: time and peak memory.

    make bench            # or: python benchmarks/reading.py

Each reader runs in a process of its own, in turn, so that a slow machine slows both.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).parent
OURS = "import labelq; labelq.read(r'{path}')"
PEER = "import json; json.load(open(r'{path}', encoding='utf-8'))"


def measured(code: str) -> tuple[float, float]:
    """Wall seconds and peak MiB of a process that runs ``code``."""
    start = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-c", code])
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"failed: {code}")
    return time.perf_counter() - start, usage.ru_maxrss / 1024


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "export.json"
        subprocess.run(
            [sys.executable, str(HERE / "make_export.py"), str(path), "46000"], check=True
        )
        size = path.stat().st_size / 1e6
        ours, peer = [], []
        for _ in range(5):
            ours.append(measured(OURS.format(path=path)))
            peer.append(measured(PEER.format(path=path)))
        ratio = sorted(a[0] / b[0] for a, b in zip(ours, peer, strict=True))[2]
        print(
            f"{size:.0f} MB export into the round: {sorted(ours)[2][0]:.2f} s,"
            f" {max(a[1] for a in ours):.0f} MiB; json.load alone {sorted(peer)[2][0]:.2f} s,"
            f" {max(b[1] for b in peer):.0f} MiB; {ratio:.2f} of the time (median of 5 pairs;"
            " wanted: less than a third, under 600 MB)"
        )
