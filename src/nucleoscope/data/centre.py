"""Where the crop lies in a picture that shows more of the tissue around the same nucleus."""


def centre_start(outer: int, inner: int) -> int:
    """Where the centre begins along one side, in pixels; TorchScript can read this.

    The nucleus lies at half of a side, rounded down, whatever the side (`mirror.corners_around`): both may be odd.
    """
    return outer // 2 - inner // 2


def crop_in(length: int, surroundings: int) -> slice:
    """Where the crop lies along a side of a picture that shows so many times its width."""
    crop = length // surroundings
    start = centre_start(length, crop)
    return slice(start, start + crop)
