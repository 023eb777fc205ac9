"""Preloaded by the workers of a local cluster: a terminal's Ctrl-C reaches them too, and is the driver's to handle."""

from __future__ import annotations

import signal


def dask_setup(worker: object) -> None:
    """Leave Ctrl-C to the driver, which writes what is done and then ends its workers."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
