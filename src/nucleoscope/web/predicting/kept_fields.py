"""`KeptFields`: the results of the last fields, so that they can be looked at and downloaded."""

import secrets
import shutil
from collections import OrderedDict
from pathlib import Path

MOST = 8


class KeptFields:
    """Folders of results under names that nobody can guess; the oldest goes when there are too many.

    Args:
        folder: of this server alone; removed by whoever made it.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._kept: OrderedDict[str, Path] = OrderedDict()

    def new(self) -> tuple[str, Path]:
        """A name, and an empty folder for it; `keep` it when it holds results, or `drop` it."""
        identity = secrets.token_urlsafe(16)
        folder = self._folder / secrets.token_hex(16)  # on disk by a name that was never sent
        folder.mkdir()
        return identity, folder

    def keep(self, identity: str, folder: Path) -> None:
        """Keep results."""
        self._kept[identity] = folder
        while len(self._kept) > MOST:
            self.drop(self._kept.popitem(last=False)[1])

    def drop(self, folder: Path) -> None:
        """Remove a folder."""
        shutil.rmtree(folder)

    def find(self, identity: str) -> Path | None:
        """The folder of a name, None if there is none any more."""
        return self._kept.get(identity)
