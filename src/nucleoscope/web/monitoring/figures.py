"""`Figures`: what is counted while the server runs, as Prometheus reads it."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
_CROPS = (1, 2, 4, 8, 16, 32, 64)


class Figures:
    """Counts of one app; two apps in one process do not share them."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "nucleoscope_requests", "Requests answered.", ["method", "route", "status"], registry=self._registry
        )
        self._seconds = Histogram(
            "nucleoscope_request_seconds",
            "From the first byte of a request to the last of its answer.",
            ["route"],
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._batch = Histogram(
            "nucleoscope_batch_crops", "Crops computed together.", ["model"], buckets=_CROPS, registry=self._registry
        )
        self._under_way = Gauge("nucleoscope_requests_under_way", "Requests not answered yet.", registry=self._registry)

    def begin(self) -> None:
        """A request has come."""
        self._under_way.inc()

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """A request was answered."""
        self._under_way.dec()
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def batch(self, model: str, crops: int) -> None:
        """A batch was computed."""
        self._batch.labels(model).observe(crops)

    def text(self) -> bytes:
        """All of it."""
        return generate_latest(self._registry)
