"""Slides that OpenSlide reads: what Aperio's scanners write, a tiled TIFF of no vendor, and DICOM."""

import io

import numpy as np
import openslide
import pytest
import tifffile
from PIL import Image

from nucleoscope.errors import DataError
from nucleoscope.slides.image import open_image
from nucleoscope.slides.image.whole_slide import WholeSlideReader

TILE = 64


def write_tiff(path, picture, description=None, **options):
    with tifffile.TiffWriter(path, shaped=False) as writer:
        for level in range(3):
            writer.write(
                np.ascontiguousarray(picture[:: 2**level, :: 2**level]),
                tile=(TILE, TILE),
                photometric="rgb",
                compression="jpeg",
                compressionargs={"level": 95},
                description=description,
                subfiletype=int(level > 0),
                metadata=None,
                **options,
            )
    return path


def aperio(path, picture, mpp="0.2520"):
    return write_tiff(path, picture, f"Aperio Image Library v12.0.0\r\n253x201 (64x64)|AppMag = 40|MPP = {mpp}")


def test_an_aperio_slide_is_read_in_regions(tmp_path, picture):
    path = aperio(tmp_path / "slide.svs", picture)
    with open_image(path) as image, tifffile.TiffFile(path) as file:
        assert (image.kind, image.size, image.mpp) == ("aperio slide", (253, 201), 0.252)
        assert image.mpp_origin == "the file"
        pixels = image.read(0, 0, *image.size)
        # Two decoders of JPEG differ in rounding and in how they enlarge the colours.
        assert np.abs(pixels.astype(int) - file.pages[0].asarray()).mean() < 2
        for x, y, width, height in ((0, 0, 1, 1), (63, 60, 5, 9), (30, 90, 150, 111), (252, 200, 1, 1)):
            assert np.array_equal(image.read(x, y, width, height), pixels[y : y + height, x : x + width])
        smallest = file.pages[2].asarray()
        assert image.thumbnail(64).shape == smallest.shape == (51, 64, 3)
        assert np.abs(image.thumbnail(64).astype(int) - smallest).mean() < 8


def test_an_aperio_slide_without_resolution(tmp_path, picture):
    path = aperio(tmp_path / "slide.svs", picture, mpp="unknown")
    with pytest.raises(DataError) as error:
        open_image(path)
    assert str(error.value) == (
        f"{path} does not say how large its pixels are; expected um/pixel: give it with --mpp, such as --mpp 0.25 for "
        "a 40x scan"
    )


def test_openslide_and_tifffile_agree_on_a_tiled_tiff(tmp_path, picture):
    path = write_tiff(tmp_path / "slide.tif", picture, resolution=(20000, 20000), resolutionunit="CENTIMETER")
    through_openslide = WholeSlideReader(path)
    with open_image(path) as image:
        assert through_openslide.kind == "generic-tiff slide"
        assert image.kind == "TIFF"
        assert through_openslide.resolution.mpp == image.mpp == 0.5
        assert through_openslide.size == image.size
        one, other = (reader.read(0, 0, 253, 201).astype(int) for reader in (through_openslide, image))
        assert np.abs(one - other).mean() < 2
    through_openslide.close()


def test_a_cut_slide_is_one_clear_line(tmp_path, picture):
    path = aperio(tmp_path / "slide.svs", picture)
    with tifffile.TiffFile(path) as file:
        last_tile = file.pages[0].dataoffsets[-1]
    path.write_bytes(path.read_bytes()[:last_tile])
    with pytest.raises(DataError) as error:
        open_image(path)
    assert str(error.value) == (
        f"{path} is no slide that OpenSlide knows, or parts of it are missing: copy all of it again"
    )


def test_damage_inside_a_slide_says_where(tmp_path, picture):
    path = aperio(tmp_path / "slide.svs", picture)
    with tifffile.TiffFile(path) as file:
        start, length = file.pages[0].dataoffsets[5], file.pages[0].databytecounts[5]
    content = bytearray(path.read_bytes())
    content[start : start + length] = bytes(length)
    path.write_bytes(bytes(content))
    with open_image(path) as image:
        assert image.read(0, 0, 60, 60).shape == (60, 60, 3)
        with pytest.raises(DataError) as error:
            image.read(60, 60, 30, 30)
    assert str(error.value).startswith(f"{path} cannot be read at x 60, y 60 (")
    assert str(error.value).endswith("): copy it again")
    assert "\n" not in str(error.value)


def test_transparent_parts_of_a_slide_are_white(tmp_path, picture, monkeypatch):
    reader = WholeSlideReader(aperio(tmp_path / "slide.svs", picture))
    # Beyond the border there is nothing, as where an MRXS was not scanned: test_scanner_formats.py.
    region = reader.read(250, 198, 10, 10)
    assert (region[3:, 3:] == 255).all()
    assert not (region[:3, :3] == 255).all()
    reader.close()


def write_dicom(path, picture, mpp, series):
    pydicom = pytest.importorskip("pydicom")
    height, width = picture.shape[:2]
    padded = np.pad(picture, ((0, -height % TILE), (0, -width % TILE), (0, 0)), constant_values=255)
    frames = []
    for y in range(0, height, TILE):
        for x in range(0, width, TILE):
            stream = io.BytesIO()
            Image.fromarray(padded[y : y + TILE, x : x + TILE]).save(stream, "JPEG", quality=95)
            frames.append(stream.getvalue())
    spacing, path_of_light, group = pydicom.Dataset(), pydicom.Dataset(), pydicom.Dataset()
    spacing.PixelSpacing = [mpp / 1000, mpp / 1000]
    group.PixelMeasuresSequence = [spacing]
    path_of_light.OpticalPathIdentifier = "1"
    data = pydicom.Dataset()
    data.file_meta = pydicom.dataset.FileMetaDataset()
    data.file_meta.TransferSyntaxUID = pydicom.uid.JPEGBaseline8Bit
    data.SOPClassUID = data.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.77.1.6"
    data.SOPInstanceUID = data.file_meta.MediaStorageSOPInstanceUID = pydicom.uid.generate_uid()
    data.SeriesInstanceUID = series
    data.StudyInstanceUID, data.FrameOfReferenceUID = "1.2.3", "1.2.4"
    data.Modality, data.ImageType = "SM", ["ORIGINAL", "PRIMARY", "VOLUME", "NONE"]
    data.SamplesPerPixel, data.PhotometricInterpretation, data.PlanarConfiguration = 3, "YBR_FULL_422", 0
    data.Rows = data.Columns = TILE
    data.BitsAllocated, data.BitsStored, data.HighBit, data.PixelRepresentation = 8, 8, 7, 0
    data.NumberOfFrames, data.TotalPixelMatrixColumns, data.TotalPixelMatrixRows = len(frames), width, height
    data.DimensionOrganizationType, data.NumberOfOpticalPaths, data.TotalPixelMatrixFocalPlanes = "TILED_FULL", 1, 1
    data.SharedFunctionalGroupsSequence, data.OpticalPathSequence = [group], [path_of_light]
    data.PixelData = pydicom.encaps.encapsulate(frames)
    data["PixelData"].VR = "OB"
    data.save_as(path, enforce_file_format=True)


def test_a_folder_of_dicom_files_is_one_slide(tmp_path, picture):
    write_dicom(tmp_path / "level1", picture[::2, ::2], 0.5, "1.2.5")
    write_dicom(tmp_path / "level0", picture, 0.25, "1.2.5")
    (tmp_path / "notes.txt").write_text("not a part of it")
    for path in (tmp_path, tmp_path / "level1"):
        with open_image(path) as image:
            assert (image.kind, image.size, image.mpp) == ("dicom slide", (253, 201), 0.25)
            assert np.abs(image.read(0, 0, 253, 201).astype(int) - picture).mean() < 4


def test_a_folder_of_two_dicom_slides_is_refused(tmp_path, picture):
    write_dicom(tmp_path / "a.dcm", picture, 0.25, "1.2.5")
    write_dicom(tmp_path / "b.dcm", picture, 0.25, "1.2.6")
    with pytest.raises(DataError) as error:
        open_image(tmp_path)
    assert str(error.value) == (
        f"{tmp_path} has 2 DICOM slides; expected one: name a file of the one you mean, such as a.dcm"
    )


def test_dicom_that_is_no_slide_is_left_out(tmp_path, picture):
    write_dicom(tmp_path / "a.dcm", picture, 0.25, "1.2.5")
    (tmp_path / "report.dcm").write_bytes(bytes(128) + b"DICM" + bytes(64))
    with open_image(tmp_path) as image:
        assert image.size == (253, 201)
    assert openslide.OpenSlide.detect_format(tmp_path / "report.dcm") is None
