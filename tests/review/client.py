"""Starlette's test client, which would rather have a later httpx than the SDK allows."""

import warnings

with warnings.catch_warnings():
    warnings.filterwarnings("ignore", "Using `httpx` with")
    from starlette.testclient import TestClient

__all__ = ["TestClient"]
