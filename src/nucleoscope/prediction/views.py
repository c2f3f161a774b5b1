"""Views of a crop: its flips and quarter turns. A nucleus has no upright position, so each shows the same class."""

from collections.abc import Iterator

from torch import Tensor

ALL_VIEWS = 8


def make_views(pictures: Tensor, number: int) -> Iterator[Tensor]:
    """The pictures themselves, or all ways of flipping and turning them that keep their shape.

    Args:
        pictures: (B, 3, H, W).
        number: 1 or 8; of pictures that are not square, 8 gives the four that are flips.

    Yields:
        (B, 3, H, W) tensors, the pictures as they are first.
    """
    yield pictures
    if number == 1:
        return
    square = pictures.shape[2] == pictures.shape[3]
    for turned in (pictures, pictures.transpose(2, 3)) if square else (pictures,):
        if turned is not pictures:
            yield turned
        for sides in ((2,), (3,), (2, 3)):
            yield turned.flip(sides)
