"""Which patient a field is of: from a CSV, or from the barcode that TCGA gives its files."""

import re
from collections.abc import Mapping
from pathlib import Path

from nucleoscope.data.reading.columns import read_columns
from nucleoscope.data.reading.crop_table import FIELD, PATIENT
from nucleoscope.data.reading.wording import listed
from nucleoscope.errors import DataError

# Project, site and participant: https://docs.gdc.cancer.gov/Encyclopedia/pages/TCGA_Barcode/
_BARCODE = re.compile(r"TCGA-[A-Z0-9]{2}-[A-Z0-9]{4}(?![A-Z0-9])")


def read_patients(path: Path, fields: tuple[str, ...]) -> Mapping[str, str]:
    """Read a CSV with the columns `field` and `patient`.

    Args:
        path: of the file.
        fields: all that there are; each must be in it.

    Raises:
        DataError: it cannot be read, a name is missing, or a field is not in it or there twice.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror}): check the path") from error
    table = read_columns(path, content, (FIELD, PATIENT), (), "field")
    names = table.unique_names(FIELD)
    patients = table.filled(PATIENT, "no patient; expected one in every row")
    missing = [field for field in fields if field not in set(names)]
    if missing:
        raise DataError(f"{path} does not name the patient of {listed(missing)}; expected a row for every field")
    return dict(zip(names, patients, strict=True))


def patient_by_barcode(field: str) -> str:
    """The patient in a TCGA barcode; "" where there is none.

    >>> patient_by_barcode("TCGA-55-1594-01Z-00-DX1/TCGA-55-1594-01Z-00-DX1_001")
    'TCGA-55-1594'
    """
    found = _BARCODE.search(field)
    return found[0] if found else ""
