"""Shared by all tests."""

from __future__ import annotations

import os
import signal

from hypothesis import HealthCheck, settings

# The machine may be busy: no deadline per example. FUZZ=1000 looks longer.
settings.register_profile(
    "labelq",
    deadline=None,
    max_examples=int(os.environ.get("FUZZ", "25")),
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("labelq")

# Started in the background, a shell ignores SIGINT for us and for every process that we start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
