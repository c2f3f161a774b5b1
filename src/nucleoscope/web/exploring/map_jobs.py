"""Maps that are being computed: one after the other, beside the requests, each told how far it is."""

from collections.abc import Callable
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Event, Lock

from nucleoscope.errors import NucleoscopeError
from nucleoscope.web.exploring.embedding_map import EmbeddingMap, Method, Progress

Compute = Callable[[Progress], EmbeddingMap]


@dataclass
class MapJob:
    """A map on its way.

    Attributes:
        done: crops whose embedding is there.
        total: of so many; 0 before it has begun.
        future: the map, when it is there.
        stop: whether the server wants to end.
    """

    done: int = 0
    total: int = 0
    future: "Future[EmbeddingMap]" = field(default_factory=Future)
    stop: Event = field(default_factory=Event)

    def progress(self, done: int, total: int) -> None:
        """Note how far it is.

        Raises:
            CancelledError: it is to stop here.
        """
        self.done, self.total = done, total
        if self.stop.is_set():
            raise CancelledError

    @property
    def refused(self) -> str | None:
        """Why there is no such map, where that is known.

        Raises:
            Exception: it failed for another reason, which is a fault of this program.
        """
        failure = self.future.exception() if self.future.done() else None
        if failure is not None and not isinstance(failure, (NucleoscopeError, OSError)):
            raise failure
        return None if failure is None else str(failure)

    @property
    def found(self) -> EmbeddingMap | None:
        """The map, once it is there."""
        return self.future.result() if self.future.done() and self.future.exception() is None else None


class MapJobs:
    """All maps that were asked for, by model and method."""

    def __init__(self) -> None:
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="map")
        self._jobs: dict[tuple[str, Method], MapJob] = {}
        self._lock = Lock()

    def start(self, key: str, method: Method, compute: Compute) -> MapJob:
        """The job of a model; it is begun unless it was, and begun again where it was refused."""
        with self._lock:
            job = self._jobs.get((key, method))
            if job is None or (job.future.done() and job.future.exception() is not None):
                job = self._jobs[key, method] = MapJob()
                job.future = self._worker.submit(compute, job.progress)
            return job

    def find(self, key: str, method: Method) -> MapJob | None:
        """The job of a model, if it was begun."""
        return self._jobs.get((key, method))

    def close(self) -> None:
        """Begin no more; the one under way ends at its next step, and what it embedded is kept."""
        for job in self._jobs.values():
            job.stop.set()
        self._worker.shutdown(wait=False, cancel_futures=True)
