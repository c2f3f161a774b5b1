import pytest

from nucleoscope.config import Training
from nucleoscope.errors import ConfigError


def test_settings_survive_the_way_to_json_and_back():
    settings = Training(epochs=3, learning_rate=0.01)
    assert Training.from_mapping(settings.to_mapping(), "file") == settings


def test_an_unknown_key_fails_with_the_nearest_known_name():
    with pytest.raises(ConfigError) as error:
        Training.from_mapping({"learning_rat": 0.1}, "run.json")
    assert str(error.value) == 'run.json: unknown setting "learning_rat" of Training; did you mean "learning_rate"?'


def test_a_key_like_no_other_fails_with_all_known_names():
    with pytest.raises(ConfigError, match=r'unknown setting "zzz" of Training; known are epochs, batch_size, '):
        Training.from_mapping({"zzz": 1}, "run.json")


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("epochs", 0, "1 or more"),
        ("batch_size", 1, "2 or more"),
        ("learning_rate", 0.0, "more than 0"),
        ("label_smoothing", 1.0, "from 0 to below 1"),
        ("augmentation", 3.0, "from 0 to 2"),
        ("class_balance", 1.5, "from 0 to 1"),
        ("frozen", -0.1, "from 0 to 1"),
    ],
)
def test_values_outside_their_range_fail(name, value, expected):
    with pytest.raises(ConfigError) as error:
        Training(**{name: value})
    assert str(error.value) == f"{name} is {value}; expected {expected}"
