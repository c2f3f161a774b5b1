"""The errors that a user can cause, each a single line that says what to do.

A message names what was found and where, what was expected, and the remedy. The command line prints it and
ends with exit code 2; from Python it is an exception to catch.
"""


class NucleoscopeError(Exception):
    """Base of everything that bad input can raise here."""


class DataError(NucleoscopeError):
    """Crops, labels or pictures that cannot be used."""


class ConfigError(NucleoscopeError):
    """An option or a setting that does not exist or does not fit."""


class WeightsError(NucleoscopeError):
    """Pretrained weights that cannot be had or do not fit the network."""


class RunFolderError(NucleoscopeError):
    """A run folder or a bundle that is in the way, incomplete or not ours."""


class EngineError(NucleoscopeError):
    """An engine that is not installed, not in the bundle, or does not agree with PyTorch."""
