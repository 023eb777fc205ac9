"""Executing many runs through Dask: on this machine's cores, or on a cluster that somebody else started."""

from __future__ import annotations

import logging
import os
import pickle
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import monotonic
from typing import Any, Literal

import dask
from distributed import Client, KilledWorker, LocalCluster, as_completed
from distributed.protocol.pickle import dumps

from sim.core.errors import ConfigError, UserError
from sim.core.kernel import source_digest
from sim.study.task import FAILED, Outcome

Executor = Literal["local", "dask"]

CONNECT_SECONDS = 5
"""How long a scheduler may take to answer."""
REFRESH_SECONDS = 5.0
"""How often the cluster is asked for its size."""
AHEAD = 2
"""Runs handed out per worker thread: the one it does, and the next."""
KILLED = "the process that ran it died each time (killed, or out of memory)"

Arguments = tuple[Any, ...]


@dataclass(frozen=True)
class Where:
    """Where runs are executed: ``local`` with so many *workers* (None: one a core), or a scheduler's *address*."""

    executor: Executor = "local"
    address: str | None = None
    workers: int | None = None

    def __post_init__(self) -> None:
        if self.executor == "dask" and not self.address:
            raise ConfigError(["executor.address: is missing; give the scheduler's, as tcp://HOST:8786"])
        if self.executor == "local" and self.address:
            raise ConfigError([f"executor.address: {self.address!r} needs executor=dask"])
        if self.executor == "dask" and self.workers is not None:
            raise ConfigError(["executor.workers: is for executor=local; a cluster brings its own"])


@contextmanager
def connected(where: Where) -> Iterator[Client]:
    """A client of a cluster. Raises ``UserError`` when no scheduler answers or its workers have other sources."""
    logging.getLogger("distributed").setLevel(logging.CRITICAL)  # a killed worker is reported with its run
    if where.executor == "dask":
        yield from _remote(str(where.address))
        return
    settings = {
        "distributed.scheduler.allowed-failures": 1,
        "distributed.worker.multiprocessing-method": "spawn",  # a fork after OpenMP's first use hangs
        "distributed.comm.timeouts.connect": "60s",  # processes start slowly on a busy machine
    }
    with (
        dask.config.set(settings),
        LocalCluster(
            n_workers=where.workers or os.cpu_count() or 1, threads_per_worker=1, processes=True,
            dashboard_address=None, preload="sim.study.worker", silence_logs=logging.CRITICAL, host="127.0.0.1",
        ) as cluster,
        Client(cluster) as client,
    ):  # fmt: skip
        yield client


def _remote(address: str) -> Iterator[Client]:
    try:
        client = Client(address, timeout=CONNECT_SECONDS)
    except (OSError, ValueError) as error:
        words = " ".join(str(error).split())[:160]
        raise UserError(
            f"executor.address: no scheduler answers at {address!r} ({words}). Start one with: dask scheduler"
        ) from None
    with client:
        try:
            sources = client.run(source_digest)
        except Exception as error:  # whatever goes wrong on a worker comes back as it was there
            raise UserError(f"executor.address: workers at {address!r} cannot import Rectify: {error}") from None
        others = sorted(worker for worker, digest in sources.items() if digest != source_digest())
        if others:
            raise UserError(f"executor.address: these workers have other sources of Rectify: {', '.join(others)}")
        yield client


class _Window:
    """How many runs may be handed out at once."""

    def __init__(self, client: Client) -> None:
        self.client, self.asked, self.size = client, -REFRESH_SECONDS, 1

    def __call__(self) -> int:
        if monotonic() - self.asked > REFRESH_SECONDS:
            self.asked = monotonic()
            self.size = max(1, AHEAD * sum(self.client.nthreads().values()))
        return self.size


def execute[Key, Done](
    client: Client,
    function: Callable[..., Done],
    keys: Iterable[Key],
    arguments_of: Callable[[Key], Arguments],
    split: Callable[[Key], Iterable[Key]],
) -> Iterator[tuple[Key, Done | Outcome]]:
    """Do ``function(*arguments_of(key))`` for all *keys*; yield each with what came of it, in any order.

    That is what the function gives, or a failed outcome. A run that kills its process fails alone: runs that were with
    it are done again, suspects at the end, *split* and one by one. Raises ``UserError`` when the scheduler goes away.
    """
    suspects: list[Key] = []
    for key, done in _in_window(client, function, iter(keys), arguments_of, _Window(client)):
        if done is None:
            suspects.extend(split(key))
        else:
            yield key, done
    for key, done in _in_window(client, function, iter(suspects), arguments_of, lambda: 1):
        yield key, done or Outcome(FAILED, KILLED)


def _call(function: bytes, arguments: bytes) -> Any:
    return pickle.loads(function)(*pickle.loads(arguments))


def _in_window[Key, Done](
    client: Client,
    function: Callable[..., Done],
    keys: Iterator[Key],
    arguments_of: Callable[[Key], Arguments],
    window: Callable[[], int],
) -> Iterator[tuple[Key, Done | Outcome | None]]:
    """As :func:`execute`, with None for runs whose workers died; at most ``window()`` runs are handed out at once."""
    key_of: dict[Any, Key] = {}
    completed = as_completed()
    packed = dumps(function)

    def hand_out() -> None:
        while len(key_of) < window():
            try:
                key = next(keys)
            except StopIteration:
                return
            # As bytes: a configuration has thousands of entries, and Dask would look at each of them.
            future = client.submit(_call, packed, pickle.dumps(arguments_of(key)), pure=False)
            key_of[future] = key
            completed.add(future)

    hand_out()
    for future in completed:
        key = key_of.pop(future)
        hand_out()
        if future.status == "finished":
            yield key, future.result()
        elif future.status in ("cancelled", "lost"):
            raise UserError("executor: the scheduler went away. Finished runs are kept: the same command goes on")
        elif isinstance(error := future.exception(), KilledWorker):
            yield key, None
        else:
            yield key, Outcome(FAILED, f"{type(error).__name__}: {' '.join(str(error).split())}"[:500])
