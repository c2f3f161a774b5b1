"""From offsets between crops to tiles with coordinates, and on to all pairs of crops over each other."""

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import breadth_first_order, connected_components, minimum_spanning_tree
from scipy.spatial import cKDTree

Integers = NDArray[np.int64]


def place(count: int, links: Integers, strength: Integers) -> tuple[Integers, Integers, Integers]:
    """Join linked crops to tiles and give each crop its place.

    Coordinates follow the maximum spanning forest of the links. A link outside the forest that disagrees with
    them closes a cycle of which it is the weakest part, so that of contradicting links the weaker one loses.

    Args:
        count: N, the number of crops.
        links: (M, 4) rows of first crop, second crop (first < second), dx, dy.
        strength: (M,) larger for links to trust more.

    Returns:
        tile, x and y, each (N,): tiles numbered in the order of their first crops; the top-left of a crop in
        its tile in pixels, x right and y down, the smallest of each tile 0.
    """
    forest = _spanning_forest(count, links, strength)
    tile, heads = _connected(count, forest)
    position = _positions(_parents(count, forest, heads), forest)
    corner = np.full((len(heads), 2), np.iinfo(np.int64).max)
    np.minimum.at(corner, tile, position)
    x, y = (position - corner[tile]).T
    return tile, x, y


def over_each_other(tile: Integers, x: Integers, y: Integers, size: tuple[int, int]) -> Integers:
    """All pairs of crops of a tile whose rectangles have a pixel in common.

    Args:
        tile: (N,) the tile of each crop.
        x: (N,) left edges in pixels.
        y: (N,) top edges in pixels.
        size: height and width of a crop in pixels.

    Returns:
        (P, 4) sorted rows of first crop, second crop (first < second), dx, dy.
    """
    height, width = size
    # Stretched so that both |dx| < width and |dy| < height mean "not farther than reach"; exact in float64.
    reach = (height - 1) * (width - 1)
    points = np.stack([x * (height - 1), y * (width - 1), tile * (reach + 1)], axis=1).astype(np.float64)
    pairs = cKDTree(points).query_pairs(reach, p=np.inf, output_type="ndarray").astype(np.int64)
    first, second = pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))].T
    return np.stack([first, second, x[second] - x[first], y[second] - y[first]], axis=1)


def _spanning_forest(count: int, links: Integers, strength: Integers) -> Integers:
    """The strongest links that join all that can be joined without a cycle: rows of `links`, (E, 4)."""
    strongest_first = np.argsort(-strength, kind="stable")
    links, strength = links[strongest_first], strength[strongest_first]
    keys, best = np.unique(links[:, 0] * count + links[:, 1], return_index=True)  # one offset for a pair
    links, strength = links[best], strength[best]
    cost = strength.max(initial=0) + 1 - strength  # never 0, which a sparse graph takes for no link
    forest = minimum_spanning_tree(_graph(count, links[:, 0], links[:, 1], cost)).tocoo()
    chosen: Integers = links[np.searchsorted(keys, forest.row.astype(np.int64) * count + forest.col)]
    return chosen


def _connected(count: int, forest: Integers) -> tuple[Integers, Integers]:
    """The tile of each crop, (N,), and the first crop of each tile, (T,), ascending."""
    label = connected_components(_graph(count, forest[:, 0], forest[:, 1]), directed=False)[1]
    heads = np.unique(label, return_index=True)[1]
    rank = np.argsort(np.argsort(heads))
    return rank[label].astype(np.int64), np.sort(heads).astype(np.int64)


def _parents(count: int, forest: Integers, heads: Integers) -> Integers:
    """The next crop on the way to the first crop of the tile, (N + 1,); the last entry, N, is above them all.

    One search from that common root instead of one for each tile keeps the cost linear with many tiles.
    """
    above = np.full(len(heads), count)
    rows, columns = np.append(forest[:, 0], above), np.append(forest[:, 1], heads)
    graph = _graph(count + 1, rows, columns)
    parent: Integers = breadth_first_order(graph, count, directed=False)[1].astype(np.int64)
    parent[count] = count
    return parent


def _positions(parent: Integers, forest: Integers) -> Integers:
    """Offset of each crop from the first crop of its tile, (N, 2): the sum of offsets on the way to it."""
    root = len(parent) - 1
    first, second, offset = forest[:, 0], forest[:, 1], forest[:, 2:]
    position = np.zeros((root + 1, 2), np.int64)  # of each crop from its parent, for now
    down = parent[second] == first
    position[second[down]] = offset[down]
    position[first[~down]] = -offset[~down]
    while (parent != root).any():  # every round looks twice as far up as the one before
        position += position[parent]
        parent = parent[parent]
    return position[:root]


def _graph(count: int, rows: Integers, columns: Integers, cost: Integers | None = None) -> csr_array:
    values = np.ones(len(rows), np.int64) if cost is None else cost
    return csr_array((values, (rows, columns)), shape=(count, count))
