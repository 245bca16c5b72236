"""Files in a folder of the instance."""

import os
import re
import tempfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

KEY = re.compile(r"[a-z0-9]+(/[a-z0-9][a-z0-9._-]*)+")


class LocalFiles:
    """FileStore on a folder. A key is a relative path of generated parts, never what a user typed."""

    def __init__(self, root: Path):
        self.root = root

    def _path(self, key: str) -> Path:
        if not KEY.fullmatch(key) or ".." in key:
            raise ValueError(f"not a file key: {key!r}")
        return self.root / key

    def put(self, key: str, data: bytes) -> None:
        path = self._path(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".part-")
        try:
            with os.fdopen(handle, "wb") as part:
                part.write(data)
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise

    def open(self, key: str) -> BinaryIO:
        return self._path(key).open("rb")

    def exists(self, key: str) -> bool:
        return self._path(key).is_file()

    def size(self, key: str) -> int:
        return self._path(key).stat().st_size

    def delete(self, key: str) -> None:
        self._path(key).unlink(missing_ok=True)

    def older(self, folder: str, before: datetime) -> Iterator[str]:
        for path in sorted((self.root / folder).glob("*")):
            if path.is_file() and path.stat().st_mtime < before.timestamp() and KEY.fullmatch(f"{folder}/{path.name}"):
                yield f"{folder}/{path.name}"
