"""Hydra's process-wide state, put aside while Rectify composes: an application that uses Hydra itself keeps its own."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from threading import RLock

from hydra.core.config_store import ConfigStore
from hydra.core.global_hydra import GlobalHydra
from hydra.core.plugins import Plugins
from hydra.core.utils import JobRuntime, setup_globals
from hydra.version import VersionBase
from omegaconf.basecontainer import BaseContainer

OF_HYDRA = ("hydra", "_dummy_empty_config_.yaml")
"""Entries of the store of configurations that Hydra itself brings."""

_lock = RLock()


@contextmanager
def hydra_apart() -> Iterator[None]:
    """Hydra as it is when nobody has used it, in the block; afterwards all is as it was, and nothing was logged.

    Put aside are whether Hydra is initialised and with what, the entries of the store of configurations, the name of
    the job, the version that Hydra goes by, and OmegaConf's resolvers: in the block there are Hydra's own besides, so
    values are resolved there. One thread is in the block at a time.
    """
    with _lock:
        Plugins.instance()  # which put entries of their own into the store: into the one that stays
        store, runtime, base = ConfigStore.instance(), JobRuntime.instance(), VersionBase.instance()
        initialised, entries, job, version = GlobalHydra.instance(), store.repo, runtime.conf, base.getbase()
        resolvers, log = BaseContainer._resolvers, logging.getLogger("hydra")
        level = log.level
        try:
            log.setLevel(logging.WARNING)
            GlobalHydra.set_instance(type.__call__(GlobalHydra))
            store.repo = {name: entries[name] for name in OF_HYDRA if name in entries}
            runtime.conf = job.copy()
            BaseContainer._resolvers = dict(resolvers)
            setup_globals()
            yield
        finally:
            GlobalHydra.set_instance(initialised)
            store.repo, runtime.conf = entries, job
            BaseContainer._resolvers = resolvers
            base.version_base = version
            log.setLevel(level)
