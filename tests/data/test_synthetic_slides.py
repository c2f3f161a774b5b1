import numpy as np
import pytest
import tifffile

from nucleoscope.data.synthetic.slides import CELL, write_slide
from nucleoscope.errors import ConfigError

SIZE = (1800, 1300)


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    return write_slide(tmp_path_factory.mktemp("slides") / "slide.ome.tif", SIZE, seed=4, fields=2)


@pytest.fixture(scope="module")
def levels(written):
    with tifffile.TiffFile(written.path) as file:
        assert len(file.series) == 1
        return [level.asarray() for level in file.series[0].levels]


def test_it_is_a_tiled_pyramid_that_knows_its_resolution(written, levels):
    assert [level.shape for level in levels] == [(1300, 1800, 3), (650, 900, 3)]
    with tifffile.TiffFile(written.path) as file:
        assert file.pages[0].is_tiled
        assert 'PhysicalSizeX="0.25"' in file.ome_metadata
    assert written.size == SIZE
    assert written.mpp == 0.25


def test_a_level_is_the_one_above_shrunk(levels):
    halves = levels[0].reshape(650, 2, 900, 2, 3).mean(axis=(1, 3))
    assert np.abs(levels[1] - halves).mean() < 4  # both went through JPEG


def test_its_nuclei_are_where_it_says(written, levels):
    assert len(written.centres) == len(written.labels) > 200
    assert (written.centres >= 0).all()
    assert (written.centres <= SIZE).all()
    x, y = np.minimum(written.centres, np.array(SIZE) - 1).astype(int).T
    assert np.median(levels[0][y, x, 0]) < np.median(levels[0][..., 0]) - 40
    # Turned about, the same positions hit no more nuclei than any others.
    assert np.median(levels[0][::-1][y, x, 0]) > np.median(levels[0][y, x, 0]) + 20


def test_there_is_glass_around_it_without_nuclei(written, levels):
    assert written.glass.any()
    for row, column in np.argwhere(written.glass):
        cell = levels[0][row * CELL : (row + 1) * CELL, column * CELL : (column + 1) * CELL]
        # JPEG may ring one block into it.
        assert cell[16:-16, 16:-16].min() > 200
    rows, columns = (written.centres[:, ::-1] // CELL).astype(int).T
    assert not written.glass[np.minimum(rows, 2), np.minimum(columns, 3)].any()


def test_the_same_seed_gives_the_same_slide(written, levels, tmp_path):
    again = write_slide(tmp_path / "slide.tif", SIZE, seed=4, fields=2)
    assert np.array_equal(again.centres, written.centres)
    with tifffile.TiffFile(again.path) as file:
        assert np.array_equal(file.series[0].levels[0].asarray(), levels[0])
    assert [path.name for path in tmp_path.iterdir()] == ["slide.tif"]


@pytest.mark.parametrize("size", [(0, 100), (20001, 100)])
def test_other_sizes_are_refused(tmp_path, size):
    with pytest.raises(ConfigError) as error:
        write_slide(tmp_path / "slide.tif", size)
    assert str(error.value) == (
        f"a synthetic slide of {size[0]}x{size[1]} pixels was asked for; expected 1 to 20,000 on each side"
    )
    assert list(tmp_path.iterdir()) == []
