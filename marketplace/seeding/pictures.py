"""The demo's photos: our own drawings, turned into pictures in the sizes of any other photo."""

import os
import tempfile
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import resvg_py

from marketplace import ports
from marketplace.catalogue import photos
from marketplace.catalogue.models import Photo
from marketplace.core.clock import now
from marketplace.core.db import new_public_id
from marketplace.settings import ROOT

DRAWINGS = ROOT / "static" / "img" / "drawings"
WIDTH = 960


@dataclass(frozen=True)
class Drawing:
    """A drawing as a picture in every size: files by (longest side, extension)."""

    name: str
    width: int
    height: int
    files: dict[tuple[int, str], bytes]


def draw(name: str) -> Drawing:
    """One drawing of `static/img/drawings`, in the sizes of any photo."""
    picture = bytes(resvg_py.svg_to_bytes(svg_path=str(DRAWINGS / f"{name}.svg"), width=WIDTH))
    with tempfile.TemporaryDirectory(prefix="drawing-") as folder:
        Path(folder, "in").write_bytes(picture)
        # ours, so no need of the bounded process that strangers' files get
        known = photos._decode_and_write("PNG", Path(folder))
        files = {
            (size, extension): Path(folder, f"{size}.{extension}").read_bytes()
            for size in photos.SIZES
            for extension in photos.TYPES
        }
    return Drawing(name, known["width"], known["height"], files)


def draw_all(names: Iterable[str]) -> dict[str, Drawing]:
    """Each of `names` drawn once, on every core."""
    with ProcessPoolExecutor(max_workers=os.cpu_count()) as pool:
        return {drawing.name: drawing for drawing in pool.map(draw, sorted(set(names)), chunksize=4)}


def store(drawing: Drawing) -> Photo:
    """A photo of its own made of `drawing`: its files kept under a new key, so that removing it harms no other."""
    key = new_public_id()
    for (size, extension), data in drawing.files.items():
        ports.current("files").put(f"photos/{key}-{size}.{extension}", data)
    return Photo(
        state="ready",
        key=key,
        position=0,
        width=drawing.width,
        height=drawing.height,
        stored_bytes=sum(map(len, drawing.files.values())),
        created_at=now(),
    )
