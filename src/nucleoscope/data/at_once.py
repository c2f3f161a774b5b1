"""How many pictures to take at once, so that wide ones need no more memory than small ones."""

_PIXELS = 5_120_000  # 512 pictures of 100x100 pixels, 59 MiB as float32


def pictures_at_once(most: int, height: int, width: int) -> int:
    """So many pictures of this size, `most` or fewer, and at least one, that their copies are small."""
    return max(1, min(most, _PIXELS // (height * width)))
