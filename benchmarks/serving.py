"""Many clients at once against a real server, beside the bare engine: crops a second, and how long an answer takes.

    python benchmarks/serving.py runs/bench/random-1 --clients 32 --seconds 60 --crops 1,8

The server is a process of its own on this machine, and so are the clients: they share its cores. On a machine
with other work the seconds of the processor that a crop takes are the figure to go by: they depend little on it.
"""

import argparse
import asyncio
import io
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import urlopen

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from nucleoscope.data.synthetic import cut_crops, make_fields
from nucleoscope.models.bundle import Bundle
from nucleoscope.prediction.engines.choice import choose_engine
from nucleoscope.web.served import load_served

SAMPLE = 512  # crops
HEAD = (
    b"POST /predict HTTP/1.1\r\nHost: %s\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: %d\r\n\r\n"
)


@dataclass(frozen=True)
class Load:
    """What clients saw.

    Attributes:
        crops: in a request.
        seconds: of each answer.
        failures: answers other than 200.
        took: seconds of all.
        processor: seconds of the processor that the server took, all threads together.
        batch: crops that were computed together, on average.
    """

    crops: int
    seconds: NDArray[np.float64]
    failures: int
    took: float
    processor: float
    batch: float

    def row(self, bare: float, bare_processor: float) -> str:
        speed = len(self.seconds) * self.crops / self.took
        each = self.processor / (len(self.seconds) * self.crops)
        p50, p95 = (1000 * float(np.percentile(self.seconds, share)) for share in (50, 95))
        return (
            f"| {self.crops} | {len(self.seconds):,} | {self.failures} | {p50:.0f} ms | {p95:.0f} ms | {speed:.0f} | "
            f"{speed / bare:.0%} | {self.batch:.0f} | {1000 * each:.2f} ms | {bare_processor / each:.0%} |"
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
    name, bare, bare_processor = bare_speed(bundle, images, given.engine)
    print(
        f"{served.usual} with {name}, no server: {bare:.0f} crops/s in batches of 64, "
        f"{1000 * bare_processor:.2f} ms of the processor a crop\n"
    )
    print(
        "| crops a request | requests | failed | p50 | p95 | crops/s | of bare | batch | processor a crop | of bare |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|")
    with server(given.run, given.engine) as (address, process):
        for crops in (int(text) for text in given.crops.split(",")):
            found = asyncio.run(load(address, process, images, crops, given.clients, given.seconds))
            print(found.row(bare, bare_processor), flush=True)


def tissue(bundle: Bundle) -> NDArray[np.uint8]:
    """Crops of synthetic tissue of the bundle's size."""
    height, width = bundle.config.specification.size
    side = max(height, width)
    crops = cut_crops(make_fields(4, seed=1, size=8 * side), size=side).images
    return np.resize(crops[:, :height, :width], (SAMPLE, height, width, 3))


def bare_speed(bundle: Bundle, images: NDArray[np.uint8], engine: str) -> tuple[str, float, float]:
    """Name of the engine, crops a second in batches of 64 (best of five passes), processor seconds a crop."""
    runner = choose_engine(bundle, engine, images, 10**9)
    best = least = float("inf")
    for _ in range(5):
        started, began = time.perf_counter(), time.process_time()
        for start in range(0, len(images), 64):
            runner.logits(images[start : start + 64], bundle.config.views)
        best, least = min(best, time.perf_counter() - started), min(least, time.process_time() - began)
    return runner.name, len(images) / best, least / len(images)


@contextmanager
def server(run: Path, engine: str) -> Iterator[tuple[str, int]]:
    """The address of a server in a process of its own, and the number of the process."""
    command = [sys.executable, "-m", "nucleoscope", "serve", str(run), "--port", "0", "--engine", engine]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        address = next(found[0] for line in process.stdout if (found := re.search(r"http://\S+(?=;)", line)))
        yield address, process.pid
    finally:
        process.terminate()
        process.wait(60)


def processor_seconds(process: int) -> float:
    """Seconds of the processor that a process has taken so far."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def batches(address: str) -> tuple[float, float]:
    """Crops that were computed so far, and in how many batches."""
    with urlopen(f"{address}/metrics", timeout=60) as answer:
        text = answer.read().decode()
    return tuple(
        sum(float(value) for value in re.findall(rf"^nucleoscope_batch_crops_{what}{{.*}} (.+)$", text, re.MULTILINE))
        for what in ("sum", "count")
    )


async def load(address: str, process: int, images: NDArray[np.uint8], crops: int, clients: int, seconds: float) -> Load:
    """Clients that ask again as soon as they are answered, each over one connection that stays open."""
    parts = [part(png(image)) for image in images]
    place = urlsplit(address)
    taken: list[float] = []
    failures = 0
    before = batches(address)
    began, started = processor_seconds(process), time.perf_counter()

    async def client(number: int) -> None:
        nonlocal failures
        chance = np.random.default_rng(number)
        reader, writer = await asyncio.open_connection(place.hostname, place.port)
        while time.perf_counter() - started < seconds:
            body = b"".join(parts[i] for i in chance.integers(0, len(parts), crops)) + b"--b--\r\n"
            asked = time.perf_counter()
            writer.write(HEAD % (place.netloc.encode(), len(body)) + body)
            failures += await answered(reader) != 200
            taken.append(time.perf_counter() - asked)
        writer.close()

    await asyncio.gather(*(client(number) for number in range(clients)))
    took = time.perf_counter() - started
    computed, times = (after - former for after, former in zip(batches(address), before, strict=True))
    return Load(crops, np.array(taken), failures, took, processor_seconds(process) - began, computed / times)


def part(content: bytes) -> bytes:
    """A file of a multipart body; made before, so that clients take little of the machine that they share."""
    return b'--b\r\nContent-Disposition: form-data; name="files"; filename="a.png"\r\n\r\n' + content + b"\r\n"


async def answered(reader: asyncio.StreamReader) -> int:
    """The status of an answer that has been read to its end."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    await reader.readexactly(int(re.search(r"content-length: (\d+)", head)[1]))
    return int(head.split()[1])


def png(image: NDArray[np.uint8]) -> bytes:
    """A crop as PNG."""
    stream = io.BytesIO()
    Image.fromarray(image).save(stream, "PNG")
    return stream.getvalue()


if __name__ == "__main__":
    main()
