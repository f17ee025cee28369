"""A 200 MB Label Studio export into a round, beside ``json.load`` alone: time and peak memory.

    make bench            # or: python benchmarks/reading.py

Each reader runs in a fresh process, in turn, so that a slow machine slows both. The time is
that of the call, the first in its process; start-up and exit of Python are not in it.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
CHILD = """
import time
{imports}
start = time.perf_counter()
kept = {call}
print(time.perf_counter() - start)
print(next(line for line in open("/proc/self/status") if line.startswith("VmHWM")).split()[1])
"""
OURS = ("import labelq.reading, labelq.label_studio.exports", "labelq.read(r'{path}')")
PEER = ("import json", "json.load(open(r'{path}', encoding='utf-8'))")


def measured(reader: tuple[str, str], path: Path) -> tuple[float, float]:
    """Wall seconds of the call and peak MiB of its process."""
    code = CHILD.format(imports=reader[0], call=reader[1].format(path=path))
    found = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    taken, peak = found.stdout.split()
    return float(taken), float(peak) / 1024


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "export.json"
        subprocess.run(
            [sys.executable, str(HERE / "make_export.py"), str(path), "46000"], check=True
        )
        size = path.stat().st_size / 1e6
        ours, peer = [], []
        for _ in range(5):
            ours.append(measured(OURS, path))
            peer.append(measured(PEER, path))
        ratio = sorted(a[0] / b[0] for a, b in zip(ours, peer, strict=True))[2]
        print(
            f"{size:.0f} MB export into the round: {sorted(ours)[2][0]:.2f} s,"
            f" {max(a[1] for a in ours):.0f} MiB; json.load alone {sorted(peer)[2][0]:.2f} s,"
            f" {max(b[1] for b in peer):.0f} MiB; {ratio:.2f} of the time (median of 5 pairs;"
            " wanted: less than a third, under 600 MB)"
        )
