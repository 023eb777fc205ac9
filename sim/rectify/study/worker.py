"""Preloaded by a local cluster's workers: Ctrl-C reaches them too, and notes come up in each; both are the driver's."""

from __future__ import annotations

import signal
import warnings

from rectify.core.notes import Note


def dask_setup(worker: object) -> None:
    """Leave Ctrl-C to the driver, which writes what is done and then ends its workers; notes it has said already."""
    warnings.simplefilter("ignore", Note)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
