"""Shared by all tests."""

from __future__ import annotations

import os
import signal

from hypothesis import HealthCheck, settings

# The machine may be busy: no deadline per example. The same examples each time, so that what
# passed here passes elsewhere; FUZZ=1000 looks at so many others.
settings.register_profile(
    "labelq",
    deadline=None,
    max_examples=int(os.environ.get("FUZZ", "25")),
    derandomize="FUZZ" not in os.environ,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("labelq")

# Started in the background, a shell ignores SIGINT for us and for every process that we start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
