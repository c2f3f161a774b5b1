"""From links between crops to tiles with coordinates, and on to all pairs of crops over each other."""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import breadth_first_order, connected_components, minimum_spanning_tree
from scipy.spatial import cKDTree

from nucleoscope.data.overlap.links import Integers
from nucleoscope.data.overlap.symmetries import COMPOSED, INVERSE, moved


@dataclass(frozen=True)
class Places:
    """Where each crop lies in its tile.

    Attributes:
        tile: (N,) the tile of each crop, numbered in the order of their first crops.
        corner: (N, 2) the top-left of a crop in its tile as x, y in pixels, x right and y down; the smallest
            of each tile is 0.
        turn: (N,) the symmetry (see `symmetries`) that makes a crop lie as its tile; 0 for the first crop.
    """

    tile: Integers
    corner: Integers
    turn: Integers

    def between(self, first: Integers, second: Integers) -> Integers:
        """How second crops lie to first ones of their tiles, as seen from the first: (K, 5) links."""
        back = INVERSE[self.turn[first]]
        offset = moved(self.corner[second] - self.corner[first], back)
        return np.column_stack([first, second, offset, COMPOSED[back, self.turn[second]]])


def place(count: int, links: Integers, strength: Integers) -> Places:
    """Join linked crops to tiles and give each crop its place.

    Coordinates follow the maximum spanning forest of the links. A link outside the forest that disagrees with
    them closes a cycle of which it is the weakest part, so that of contradicting links the weaker one loses.

    Args:
        count: N, the number of crops.
        links: (M, 5) rows of first crop, second crop, dx, dy, turn (see `LinkKeys`).
        strength: (M,) larger for links to trust more.
    """
    forest = _spanning_forest(count, links, strength)
    tile, heads = _connected(count, forest)
    position, turn = _positions(_parents(count, forest, heads), forest)
    corner = np.full((len(heads), 2), np.iinfo(np.int64).max)
    np.minimum.at(corner, tile, position)
    return Places(tile, position - corner[tile], turn)


def linked(count: int, links: Integers) -> Integers:
    """A number for each crop, (N,), the same for crops that are linked, directly or through others."""
    label: Integers = connected_components(_graph(count, links[:, 0], links[:, 1]), directed=False)[1]
    return label.astype(np.int64)


def over_each_other(places: Places, size: tuple[int, int]) -> Integers:
    """All pairs of crops of a tile whose rectangles have a pixel in common.

    Args:
        places: where the crops lie.
        size: height and width of a crop in pixels.

    Returns:
        (P, 2) sorted rows of first crop, second crop (first < second).
    """
    height, width = size
    # Stretched so that both |dx| < width and |dy| < height mean "not farther than reach"; exact in float64.
    reach = (height - 1) * (width - 1)
    points = np.column_stack([places.corner * (height - 1, width - 1), places.tile * (reach + 1)]).astype(np.float64)
    pairs = cKDTree(points).query_pairs(reach, p=np.inf, output_type="ndarray")
    order = np.argsort(pairs[:, 0] * len(points) + pairs[:, 1])
    sorted_pairs: Integers = pairs[order].astype(np.int64, copy=False)
    return sorted_pairs


def _spanning_forest(count: int, links: Integers, strength: Integers) -> Integers:
    """The strongest links that join all that can be joined without a cycle: rows of `links`, (E, 5)."""
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
    label = linked(count, forest)
    heads = np.unique(label, return_index=True)[1]
    rank = np.argsort(np.argsort(heads))
    return rank[label], np.sort(heads).astype(np.int64)


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


def _positions(parent: Integers, forest: Integers) -> tuple[Integers, Integers]:
    """Offset (N, 2) and turn (N,) of each crop from the first crop of its tile: all steps on the way to it."""
    root = len(parent) - 1
    first, second, offset, turn = forest[:, 0], forest[:, 1], forest[:, 2:4], forest[:, 4]
    position, turns = np.zeros((root + 1, 2), np.int64), np.zeros(root + 1, np.int64)  # from the parent, for now
    down = parent[second] == first
    position[second[down]], turns[second[down]] = offset[down], turn[down]
    back = INVERSE[turn[~down]]
    position[first[~down]], turns[first[~down]] = -moved(offset[~down], back), back
    while (parent != root).any():  # every round looks twice as far up as the one before
        position = position[parent] + moved(position, turns[parent])
        turns = COMPOSED[turns[parent], turns]
        parent = parent[parent]
    return position[:root], turns[:root]


def _graph(count: int, rows: Integers, columns: Integers, cost: Integers | None = None) -> csr_array:
    values = np.ones(len(rows), np.int64) if cost is None else cost
    return csr_array((values, (rows, columns)), shape=(count, count))
