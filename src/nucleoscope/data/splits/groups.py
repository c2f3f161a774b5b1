"""Groups that the user names, such as patients or slides, joined with the tiles that shared pixels reveal."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components


def join_groups(tile: NDArray[np.int64], groups: Sequence[str]) -> NDArray[np.int64]:
    """The smallest units that keep every group and every tile in one piece.

    Two groups that share a tile are one unit: their crops hold the same pixels, whatever the column says.

    Args:
        tile: (N,) the tile of each crop.
        groups: N names of what each crop was cut from.

    Returns:
        (N,) the unit of each crop: 0, 1, ... in the order of their first crops.
    """
    _, group = np.unique(np.asarray(groups), return_inverse=True)
    count = int(tile.max(initial=-1)) + 1
    nodes = count + int(group.max(initial=-1)) + 1  # tiles first, then groups
    links = coo_array((np.ones(len(tile)), (tile, count + group)), shape=(nodes, nodes))
    unit = connected_components(links, directed=False)[1][tile]
    _, first, number = np.unique(unit, return_index=True, return_inverse=True)
    rank: NDArray[np.int64] = np.argsort(np.argsort(first))[number].astype(np.int64)
    return rank
