"""Forward and backward of mobilenet_v2's strided depthwise layers: plain bfloat16 against ours, side by side.

python benchmarks/strided_depthwise.py
"""

import statistics
import time

from nucleoscope import runtime  # before torch: it sets the environment of OpenMP

import torch  # isort: skip
from torch import nn  # isort: skip

from nucleoscope.models.strided_depthwise import replace_strided_depthwise  # isort: skip

LAYERS = ((96, 50), (144, 25), (192, 13), (576, 7))  # channels, side of the input, for crops of 100 pixels
BATCH, RUNS = 32, 9


def seconds(layer: nn.Module, features: torch.Tensor) -> float:
    started = time.perf_counter()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        result = layer(features)
    result.float().sum().backward()
    return time.perf_counter() - started


def main() -> None:
    runtime.use_threads(1)
    print("| channels | input | plain, ms | ours, ms | ratio |\n|---|---|---|---|---|")
    for channels, side in LAYERS:
        plain, ours = (
            nn.Conv2d(channels, channels, 3, 2, 1, groups=channels).to(memory_format=torch.channels_last)
            for _ in range(2)
        )
        replace_strided_depthwise(ours)
        features = torch.randn(BATCH, channels, side, side).bfloat16().to(memory_format=torch.channels_last)
        features.requires_grad_()
        pairs = [(seconds(plain, features), seconds(ours, features)) for _ in range(RUNS)]
        a, b = (statistics.median(times) for times in zip(*pairs, strict=True))
        print(f"| {channels} | {side}x{side} | {a * 1e3:.1f} | {b * 1e3:.1f} | {a / b:.1f} |")


if __name__ == "__main__":
    main()
