"""The demo's photos: our own drawings, turned into pictures in the sizes of any other photo."""

import os
import tempfile
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import resvg_py

from marketplace import ports
from marketplace.catalogue import photo_process, photos
from marketplace.catalogue.models import Photo
from marketplace.core.clock import now
from marketplace.core.db import new_public_id
from marketplace.settings import ROOT

DRAWINGS = ROOT / "static" / "img" / "drawings"
WIDTH = 960


@dataclass(frozen=True)
class Drawing:
    """A drawing as a picture in every size."""

    name: str
    made: photos.Made


def draw(name: str) -> Drawing:
    """One drawing of `static/img/drawings`, in the sizes of any photo."""
    picture = bytes(resvg_py.svg_to_bytes(svg_path=str(DRAWINGS / f"{name}.svg"), width=WIDTH))
    with tempfile.TemporaryDirectory(prefix="drawing-") as folder:
        Path(folder, "in").write_bytes(picture)
        # ours, so no need of the bounded process that strangers' files get
        said = photo_process.decode_and_write("PNG", Path(folder))
        return Drawing(name, photos.gathered(Path(folder), said))


def draw_all(names: Iterable[str]) -> dict[str, Drawing]:
    """Each of `names` drawn once, on every core."""
    with ProcessPoolExecutor(max_workers=os.cpu_count()) as pool:
        return {drawing.name: drawing for drawing in pool.map(draw, sorted(set(names)), chunksize=4)}


def store_condition(drawing: Drawing) -> str:
    """The key of a photo, made of `drawing`, of how a thing was when it left or came back."""
    return _kept(drawing, "pieces")


def _kept(drawing: Drawing, folder: str) -> str:
    key = new_public_id()
    for (size, extension), data in drawing.made.files.items():
        ports.current("files").put(f"{folder}/{key}-{size}.{extension}", data)
    return key


def store(drawing: Drawing) -> Photo:
    """A photo of its own made of `drawing`: its files kept under a new key, so that removing it harms no other."""
    key, made = _kept(drawing, "photos"), drawing.made
    return Photo(
        state="ready",
        key=key,
        position=0,
        width=made.width,
        height=made.height,
        colour=made.colour,
        colours=list(made.colours),
        fingerprint=made.fingerprint,
        stored_bytes=sum(map(len, made.files.values())),
        created_at=now(),
    )
