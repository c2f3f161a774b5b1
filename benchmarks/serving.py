"""Many clients at once against a real server, beside the bare engine: crops a second, and how long an answer takes.

    python benchmarks/serving.py runs/bench/random-1 --clients 32 --seconds 60 --crops 1,8

The server is a process of its own on this machine, and so are the clients: they share its cores.
"""

import argparse
import asyncio
import io
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from nucleoscope.data.synthetic import cut_crops, make_fields
from nucleoscope.models.bundle import Bundle
from nucleoscope.prediction.engines.choice import choose_engine
from nucleoscope.web.served import load_served

SAMPLE = 512  # crops


@dataclass(frozen=True)
class Load:
    """What clients saw.

    Attributes:
        crops: in a request.
        seconds: of each answer.
        failures: answers other than 200.
        took: seconds of all.
    """

    crops: int
    seconds: NDArray[np.float64]
    failures: int
    took: float

    def row(self, bare: float) -> str:
        speed = len(self.seconds) * self.crops / self.took
        p50, p95 = (1000 * float(np.percentile(self.seconds, share)) for share in (50, 95))
        return (
            f"| {self.crops} | {len(self.seconds):,} | {self.failures} | {p50:.0f} ms | {p95:.0f} ms | {speed:.0f} | "
            f"{speed / bare:.0%} |"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--crops", default="1,8", help="crops in a request, separated by commas")
    parser.add_argument("--engine", default="auto")
    given = parser.parse_args()
    served = load_served(given.run)
    bundle = served.bundles[served.usual]
    images = tissue(bundle)
    name, bare = bare_speed(bundle, images, given.engine)
    print(f"{served.usual} with {name}: {bare:.0f} crops/s in batches of 64, no server\n")
    print("| crops a request | requests | failed | p50 | p95 | crops/s | of the bare engine |")
    print("|---|---|---|---|---|---|---|")
    with server(given.run, given.engine) as address:
        for crops in (int(text) for text in given.crops.split(",")):
            print(asyncio.run(load(address, images, crops, given.clients, given.seconds)).row(bare), flush=True)


def tissue(bundle: Bundle) -> NDArray[np.uint8]:
    """Crops of synthetic tissue of the bundle's size."""
    height, width = bundle.config.specification.size
    side = max(height, width)
    crops = cut_crops(make_fields(4, seed=1, size=8 * side), size=side).images
    return np.resize(crops[:, :height, :width], (SAMPLE, height, width, 3))


def bare_speed(bundle: Bundle, images: NDArray[np.uint8], engine: str) -> tuple[str, float]:
    """Name of the engine, and crops a second in batches of 64, the best of five passes."""
    runner = choose_engine(bundle, engine, images, 10**9)
    best = float("inf")
    for _ in range(5):
        started = time.perf_counter()
        for start in range(0, len(images), 64):
            runner.logits(images[start : start + 64], bundle.config.views)
        best = min(best, time.perf_counter() - started)
    return runner.name, len(images) / best


@contextmanager
def server(run: Path, engine: str) -> Iterator[str]:
    """The address of a server in a process of its own."""
    command = [sys.executable, "-m", "nucleoscope", "serve", str(run), "--port", "0", "--engine", engine]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        address = next(found[0] for line in process.stdout if (found := re.search(r"http://\S+(?=;)", line)))
        yield address
    finally:
        process.terminate()
        process.wait(60)


async def load(address: str, images: NDArray[np.uint8], crops: int, clients: int, seconds: float) -> Load:
    """Clients that ask again as soon as they are answered."""
    files = [("a.png", png(image), "image/png") for image in images]
    taken: list[float] = []
    failures = 0
    started = time.perf_counter()

    async def client(number: int) -> None:
        nonlocal failures
        chance = np.random.default_rng(number)
        async with httpx.AsyncClient(base_url=address, timeout=60) as session:
            while time.perf_counter() - started < seconds:
                chosen = [("files", files[i]) for i in chance.integers(0, len(files), crops)]
                asked = time.perf_counter()
                answer = await session.post("/predict", files=chosen)
                taken.append(time.perf_counter() - asked)
                failures += answer.status_code != 200

    await asyncio.gather(*(client(number) for number in range(clients)))
    return Load(crops, np.array(taken), failures, time.perf_counter() - started)


def png(image: NDArray[np.uint8]) -> bytes:
    """A crop as PNG."""
    stream = io.BytesIO()
    Image.fromarray(image).save(stream, "PNG")
    return stream.getvalue()


if __name__ == "__main__":
    main()
