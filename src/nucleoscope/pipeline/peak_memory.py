"""How much memory a stage took at its peak, where the system can say so for a part of a process's life: on Linux."""

import os
import re
from pathlib import Path

_RESET = Path("/proc/self/clear_refs")
_STATUS = Path("/proc/self/status")
_PEAK_ONLY = "5"  # of proc(5): forget the peak of the resident set, and nothing else


def begin_peak() -> bool:
    """Forget the peak so far; whether that is possible here."""
    if not os.access(_RESET, os.W_OK):
        return False
    _RESET.write_text(_PEAK_ONLY)
    return True


def peak_mebibytes() -> int:
    """The largest resident set of this process since `begin_peak`, in MiB; processes that it started not counted."""
    found = re.search(r"^VmHWM:\s+(\d+) kB$", _STATUS.read_text(), re.MULTILINE)
    assert found is not None, f"{_STATUS} has no VmHWM"
    return round(int(found[1]) / 1024)
