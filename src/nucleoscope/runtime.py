"""Where and how tensors are computed: threads, device, number type."""

import ctypes
import functools
import os
import platform
import random
from contextlib import AbstractContextManager

import numpy as np
import torch

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # numbers of mallopt's parameters in malloc.h of glibc


def cores() -> int:
    """How many cores this process may use: its affinity, which honours SLURM and containers, not the machine's."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1)


def use_threads(count: int | None = None) -> None:
    """Compute with so many threads, with torch and with every engine; all cores of this process if `count` is None."""
    torch.set_num_threads(count or cores())


def threads() -> int:
    """How many threads this process computes with: what engines take when they are opened."""
    return torch.get_num_threads()


@functools.cache
def keep_freed_memory() -> None:
    """Let the C library keep what a training step frees for the next one, where it is glibc.

    By default it gives activations of some megabytes back to the system and asks for them again in each step, which
    costs up to a fifth of a step in page faults (docs/benchmarks.md). Blocks above 32 MiB, its limit, still go back at
    once. See mallopt(3).
    """
    if platform.libc_ver()[0] == "glibc":
        library = ctypes.CDLL(None)
        library.mallopt(_MMAP_THRESHOLD, 32 * 2**20)
        library.mallopt(_TRIM_THRESHOLD, 2**31 - 1)


def default_device() -> torch.device:
    """A GPU if there is one, otherwise the CPU."""
    if torch.cuda.is_available():
        return torch.device("cuda")
    if torch.backends.mps.is_available():
        return torch.device("mps")
    return torch.device("cpu")


def computes_bfloat16(device: torch.device) -> bool:
    """Whether the device has arithmetic units for bfloat16, so that it is faster than float32 there."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    if device.type == "cpu":
        found = torch.cpu.get_capabilities()
        return bool(found.get("avx512_bf16") or found.get("amx_bf16"))
    return False


def mixed_precision(device: torch.device) -> AbstractContextManager[object]:
    """A context in which matrix products run in bfloat16 where the device is made for it."""
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=computes_bfloat16(device))


def seed_everything(seed: int) -> None:
    """Seed the global generators of Python, NumPy and torch."""
    random.seed(seed)
    np.random.seed(seed % 2**32)  # noqa: NPY002 - libraries that we call draw from the global generator
    torch.manual_seed(seed)
