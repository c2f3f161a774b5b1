"""One training step of mobilenet_v2 with two threads, alone and beside a busy process, by how OpenMP waits.

python benchmarks/spinning.py
"""

import os
import subprocess
import sys
import time

WAYS = {
    "sleeps at once": {"OMP_WAIT_POLICY": "PASSIVE", "GOMP_SPINCOUNT": "0"},
    "spins shortly (ours)": {},
    "spins": {"OMP_WAIT_POLICY": "ACTIVE", "GOMP_SPINCOUNT": "1000000"},
}
STEP = """
from nucleoscope import runtime
import statistics, time, torch
from nucleoscope.config import Training
from nucleoscope.models.pretrained import build_pretrained
from nucleoscope.training.optimizer import build_optimizer
runtime.use_threads(2)
model = build_pretrained("mobilenet_v2", 4, (100, 100), None)[0].to(memory_format=torch.channels_last).train()
optimizer, pictures = build_optimizer(model, Training()), torch.rand(32, 3, 100, 100)
def step():
    started = time.perf_counter()
    with runtime.mixed_precision(torch.device("cpu")):
        loss = model(pictures).float().square().mean()
    optimizer.zero_grad(); loss.backward(); optimizer.step()
    return time.perf_counter() - started
[step() for _ in range(3)]
print(statistics.median(step() for _ in range(15)))
"""
BURN = "while True: pass"


def milliseconds(way: dict[str, str]) -> float:
    environment = os.environ | way
    found = subprocess.run([sys.executable, "-c", STEP], env=environment, capture_output=True, text=True, check=True)
    return float(found.stdout) * 1e3


def main() -> None:
    print("| while it waits, OpenMP | alone, ms | beside a busy process, ms |\n|---|---|---|")
    for name, way in WAYS.items():
        alone = milliseconds(way)
        burner = subprocess.Popen([sys.executable, "-c", BURN])
        try:
            time.sleep(0.5)
            beside = milliseconds(way)
        finally:
            burner.kill()
            burner.wait()
        print(f"| {name} | {alone:.0f} | {beside:.0f} |")


if __name__ == "__main__":
    main()
