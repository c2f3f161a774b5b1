"""When two resolutions are the same."""

_SAME = 0.02  # relative difference of mpp below which nothing is resampled


def same_resolution(mpp: float, other: float) -> bool:
    """Whether two resolutions, in micrometres per pixel, are so close that nothing has to be resampled.

    >>> same_resolution(0.25, 0.2520), same_resolution(0.25, 0.5)
    (True, False)
    """
    return abs(mpp / other - 1.0) < _SAME
