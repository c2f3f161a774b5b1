import pytest

import nucleoscope


@pytest.mark.parametrize("name", nucleoscope.__all__)
def test_every_public_name_is_there(name):
    assert getattr(nucleoscope, name).__name__ == name


def test_another_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match=r"^module 'nucleoscope' has no attribute 'nonsense'$"):
        nucleoscope.nonsense  # noqa: B018  # the look-up is what is tested
