"""`WebSettings`: where the server listens and what it takes."""

import ipaddress
from dataclasses import dataclass

from nucleoscope.errors import ConfigError
from nucleoscope.prediction.engines.catalogue import AUTO

LEAST_TOKEN = 16
"""Characters of a token that cannot be guessed by trying."""


@dataclass(frozen=True)
class Limits:
    """What a request may hold; more is refused with 413.

    Attributes:
        body: bytes of a request.
        files: files in a request, and in a zip.
        crop_pixels: of one crop.
        field_pixels: of one field.
        unpacked: bytes of all files of a zip together.
        nuclei: that a file says are in a field.
    """

    body: int = 96 * 2**20
    files: int = 500
    crop_pixels: int = 2**20
    field_pixels: int = 64 * 10**6
    unpacked: int = 256 * 2**20
    nuclei: int = 50_000


@dataclass(frozen=True)
class WebSettings:
    """How the server is reached.

    Attributes:
        host: address that it listens at.
        port: of it.
        engine: name of what computes, or "auto".
        token: that a client must know; None asks for none, which is for this machine alone.
        limits: of what is sent.
    """

    host: str = "127.0.0.1"
    port: int = 8000
    token: str | None = None
    engine: str = AUTO
    limits: Limits = Limits()

    def __post_init__(self) -> None:
        """Refuse to let other machines in without a token.

        Raises:
            ConfigError: no token where one is needed, or a short one.
        """
        if self.token is None and not is_this_machine(self.host):
            raise ConfigError(
                f"--host {self.host} lets other machines in; expected a token that they must know: set "
                f"NUCLEOSCOPE_TOKEN to {LEAST_TOKEN} characters or more, such as those of `openssl rand -hex 16`"
            )
        if self.token is not None and not (len(self.token) >= LEAST_TOKEN and self.token.isascii()):
            raise ConfigError(
                f"the token has {len(self.token)} characters; expected {LEAST_TOKEN} or more, all ASCII: take those "
                "of `openssl rand -hex 16`"
            )


def is_this_machine(host: str) -> bool:
    """Whether an address is reached from this machine only."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
