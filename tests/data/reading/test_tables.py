import re

import pytest

from nucleoscope.data.reading.tables import Row, read_table
from nucleoscope.errors import DataError


@pytest.fixture
def table(tmp_path):
    return tmp_path / "train.csv"


def read(table, content, groups_column=None):
    table.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_table(table, groups_column)


def test_rows_carry_their_line(table):
    rows = read(table, "Filename,Label\n1.png,0\n\n 2.png , 1\n3.png\n")
    assert rows == [Row(2, "1.png", "0", ""), Row(4, "2.png", "1", ""), Row(5, "3.png", "", "")]


@pytest.mark.parametrize(
    "content",
    ["\ufeffFilename,Label\r\n1.png,7\r\n", "label,patient,FILENAME\n7,A,1.png\n", '"Filename","Label"\n"1.png","7"'],
)
def test_tables_may_be_written_in_several_ways(table, content):
    assert read(table, content) == [Row(2, "1.png", "7", "")]


def test_a_group_column_is_read(table):
    assert read(table, "Filename,Label,patient\n1.png,0,A\n", "patient") == [Row(2, "1.png", "0", "A")]


ERRORS = {
    "": '{table} is empty; expected a header line "Filename,Label" and a row a crop',
    "\n\n": '{table} is empty; expected a header line "Filename,Label" and a row a crop',
    "Filename,Label\n": "{table} has a header but no rows; expected one for each crop",
    "id,Label\n1.png,0\n": (
        '{table} has the columns id, Label; expected "Filename" and "Label": name them so in the first line'
    ),
    "Filename;Label\n1.png;0\n": (
        '{table} has the columns Filename;Label; expected "Filename" and "Label": name them so in the first line'
    ),
    "Filename,Label\n1.png,0\n,1\n": "{table}, line 3: no file name; expected one in every row",
    "Filename,Label\n1.png,0\n2.png,0\n1.png,1\n1.png,0\n2.png,1\n": (
        "{table} has 2 names more than once (1.png, 2.png); expected every crop once: remove the doubled rows"
    ),
    'Filename,Label\n"1.png,0\n2.png,0\n': (
        "{table}, line 3: not valid CSV (unexpected end of data): correct the line"
    ),
    b"Filename,Label\nB\xfccher.png,0\n": '{table} is not UTF-8 text: save it as "CSV UTF-8"',
    "Filename,Label\n1.png,0\n".encode("utf-16"): '{table} is not UTF-8 text: save it as "CSV UTF-8"',
}


@pytest.mark.parametrize("content", ERRORS)
def test_what_cannot_be_read_is_said(table, content):
    with pytest.raises(DataError, match=f"^{re.escape(ERRORS[content].format(table=table))}$"):
        read(table, content)


def test_a_missing_group_column_is_said(table):
    message = (
        f'{table} has the columns Filename, Label; expected "patient" among them, from which the groups are to be read'
    )
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        read(table, "Filename,Label\n1.png,0\n", "patient")


def test_a_missing_group_is_said(table):
    message = f'{table}, line 3: no "patient"; expected a group in every row'
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        read(table, "Filename,Label,patient\n1.png,0,A\n2.png,0\n", "patient")


def test_a_folder_is_no_table(tmp_path):
    with pytest.raises(DataError, match=f"^{re.escape(str(tmp_path))} is a folder; expected a CSV file$"):
        read_table(tmp_path)


def test_a_missing_table_is_said(table):
    message = f"{table} cannot be read (No such file or directory): check the path"
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        read_table(table)
