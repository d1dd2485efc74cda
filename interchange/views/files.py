"""Files that are made whole before they are sent."""

from __future__ import annotations

import tempfile
import weakref
from collections.abc import Callable
from typing import IO, Any


class HeldFile:
    """A file that is closed when it is no longer referenced: not every client reads to the end."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file = file
        self.close = weakref.finalize(self, file.close)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.file, name)


def temporary_file(write: Callable[[IO[bytes]], None]) -> HeldFile:
    """A temporary file, written and rewound; it is closed if writing fails."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the answer closes it, once it is sent
    try:
        write(file)
    except BaseException:
        file.close()
        raise
    file.seek(0)
    return HeldFile(file)
