import os
import re
import zipfile

import pytest

from nucleoscope.data.reading.sources import MAX_FILE_BYTES, SourceFile, SubfolderSource, open_source, pictures
from nucleoscope.errors import DataError

from .tiny_pictures import pack, write_picture


def names(path):
    with open_source(path) as source:
        return [file.name for file in pictures(source)]


def write_zip(path, contents):
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in contents:
            archive.writestr(name, content)
    return path


@pytest.fixture
def folder(tmp_path):
    for name in ("b/10.png", "b/2.PNG", "1.jpeg", "a/deep/er/3.tif"):
        write_picture(tmp_path / "pictures" / name)
    return tmp_path / "pictures"


def test_a_folder_and_its_zip_hold_the_same_in_natural_order(folder):
    expected = ["1.jpeg", "a/deep/er/3.tif", "b/2.PNG", "b/10.png"]
    assert names(folder) == expected
    assert names(pack(folder)) == expected
    with open_source(folder) as unpacked, open_source(pack(folder)) as packed:
        assert unpacked.folders == packed.folders == ("a", "a/deep", "a/deep/er", "b")
        for file in unpacked.files:
            assert unpacked.read(file.name) == packed.read(file.name) == (folder / file.name).read_bytes()


def test_a_single_picture_is_a_source(folder):
    assert names(folder / "b" / "10.png") == ["10.png"]


def test_a_subfolder_is_a_source_of_its_own(folder):
    with open_source(pack(folder)) as source:
        inner = SubfolderSource(source, "b")
        assert [file.name for file in inner.files] == ["2.PNG", "10.png"]
        assert inner.read("10.png") == (folder / "b" / "10.png").read_bytes()
        assert SubfolderSource(source, "a").folders == ("deep", "deep/er")


def test_what_is_no_picture_or_hidden_is_left_out(folder):
    for name in (".DS_Store", "Thumbs.db", "notes.txt", "__MACOSX/b/._2.png", ".cache/4.png", "b/._10.png"):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    expected = ["1.jpeg", "a/deep/er/3.tif", "b/2.PNG", "b/10.png"]
    assert names(folder) == names(pack(folder)) == expected


def test_natural_order_has_no_limit_on_digits(tmp_path):
    long = "9" * 5000 + ".png"
    archive = write_zip(tmp_path / "a.zip", [(long, b""), ("010.png", b""), ("10.png", b""), ("9.png", b"")])
    assert names(archive) == ["9.png", "010.png", "10.png", long]


def test_links_to_folders_are_followed_but_not_in_circles(folder):
    elsewhere = write_picture(folder.parent / "elsewhere" / "5.png").parent
    (folder / "linked").symlink_to(elsewhere)
    (folder / "b" / "up").symlink_to(folder)
    assert names(folder) == ["1.jpeg", "a/deep/er/3.tif", "b/2.PNG", "b/10.png", "linked/5.png"]


def test_a_windows_zip_has_backslashes(tmp_path):
    assert names(write_zip(tmp_path / "a.zip", [("train\\1.png", b"")])) == ["train/1.png"]


@pytest.mark.parametrize("name", ["../1.png", "a/../../1.png", "/tmp/1.png", "C:\\1.png", "..\\1.png"])
def test_a_name_that_leaves_the_zip_is_refused(tmp_path, name):
    archive = write_zip(tmp_path / "a.zip", [(name, b"")])
    message = (
        f"{archive} holds the name {name}, which points outside of the zip; expected names below its top: pack it "
        "again without .. and absolute paths"
    )
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        names(archive)


def test_a_name_twice_in_a_zip_is_refused(tmp_path):
    with pytest.warns(UserWarning, match="Duplicate name"):
        archive = write_zip(tmp_path / "a.zip", [("1.png", b"a"), ("1.png", b"b")])
    message = f"{archive} holds 1.png twice; expected every name once: pack it again"
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        names(archive)


def test_an_encrypted_zip_is_refused(tmp_path):
    archive = write_zip(tmp_path / "a.zip", [("1.png", b"")])
    content = bytearray(archive.read_bytes())
    content[content.index(b"PK\x01\x02") + 8] |= 1
    archive.write_bytes(content)
    message = f"{archive} is encrypted (1.png): pack it again without a password"
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        names(archive)


def test_a_truncated_zip_is_named(folder):
    archive = pack(folder)
    archive.write_bytes(archive.read_bytes()[:-50])
    message = f"{archive} is a damaged zip (File is not a zip file): download or pack it again"
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        names(archive)


def test_a_damaged_file_in_a_zip_is_named(tmp_path):
    archive = write_zip(tmp_path / "a.zip", [("b/1.png", b"content of the picture")])
    archive.write_bytes(archive.read_bytes().replace(b"content", b"CONTENT", 1))
    message = (
        f"{archive}/b/1.png cannot be read from the zip (Bad CRC-32 for file 'b/1.png'): download or pack the zip again"
    )
    with open_source(archive) as source, pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        source.read("b/1.png")


def test_a_missing_source_is_named(tmp_path):
    message = f"{tmp_path}/none does not exist; expected a folder, a zip or a picture: check the path"
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        names(tmp_path / "none")


def test_another_file_is_refused(tmp_path):
    path = tmp_path / "crops.tar"
    path.write_bytes(b"tar")
    message = f"{path} is not a folder, a zip or a picture; expected one of these"
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        names(path)


def test_a_huge_picture_is_refused_before_it_is_read(tmp_path):
    path = tmp_path / "slide.tif"
    path.touch()
    os.truncate(path, 3 * MAX_FILE_BYTES)
    message = f"{path} has 192 MiB; expected a crop of at most 64 MiB: cut crops around single nuclei first"
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        names(tmp_path)


def test_a_broken_link_is_named(tmp_path):
    (tmp_path / "1.png").symlink_to(tmp_path / "gone.png")
    message = f"{tmp_path}/1.png cannot be read (No such file or directory): repair or remove it"
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        names(tmp_path)


def test_a_picture_that_goes_away_is_named(folder):
    with open_source(folder) as source:
        (folder / "1.jpeg").unlink()
        message = f"{folder}/1.jpeg cannot be read (No such file or directory): check it"
        with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
            source.read("1.jpeg")


def test_a_stamp_changes_with_the_content(folder):
    archive = pack(folder)
    stamps = []
    for path in (folder, archive):
        with open_source(path) as source:
            stamps.append({file.name: file for file in source.files}["1.jpeg"])
    os.utime(folder / "1.jpeg", ns=(1, 1))
    with open_source(folder) as source:
        assert source.files[0] == SourceFile("1.jpeg", stamps[0].size, 1) != stamps[0]
    write_picture(folder / "1.jpeg", 7)
    with open_source(pack(folder)) as source:
        assert source.files[0].stamp != stamps[1].stamp
