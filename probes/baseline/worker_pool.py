"""Jobs side by side: as many at once as there are hands, begun in the order they were given."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from types import TracebackType
from typing import Any, Self, TypeVar

from threadpoolctl import threadpool_limits

from probes.parallelism import worker_count

T = TypeVar("T")


class Workbench:
    """Where the fits of one study are done; use as a context manager.

    One bench for all of them, not one for each comparison: no hand rests while another finishes a
    model's last fold, and no more models are held at once than there are hands.
    """

    def __init__(self) -> None:
        self._most = worker_count()
        # A limit on threads holds for the thread that sets it, so each hand sets its own.
        self._pool = ThreadPoolExecutor(self._most, initializer=threadpool_limits, initargs=(1,))
        self._begun: set[Future[Any]] = set()

    def begin(self, job: Callable[[], T]) -> Future[T]:
        """Hand over a job; it is begun once the earlier ones leave a hand free."""
        running = self._pool.submit(job)
        self._begun.add(running)
        return running

    def wait_for_a_free_hand(self) -> None:
        """Return once fewer jobs are left than there are hands."""
        while len(self._begun) >= self._most:
            _, self._begun = wait(self._begun, return_when=FIRST_COMPLETED)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._pool.shutdown(cancel_futures=True)
