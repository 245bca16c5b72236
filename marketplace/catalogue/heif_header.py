"""What a HEIC says of itself before anything is decoded: its boxes, read with our own code.

A HEIC is a tree of boxes (ISO 14496-12). The sizes of its images are properties in `meta/iprp/ipco`: `ispe` says the
size, `hvcC` holds the decoder's own header, whose size may be another one. Both are read, so that a file cannot
announce a small picture and unpack a large one.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx"})
MOST_BOXES = 5_000
ALPHA = (b"urn:mpeg:hevc:2015:auxid:1", b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha")


@dataclass(frozen=True)
class Said:
    """The largest picture announced; `rich`: with transparency or more than 8 bits a colour, which costs memory."""

    width: int
    height: int
    rich: bool


def is_heif(data: bytes) -> bool:
    """Whether the first box names a HEIC with HEVC inside (AVIF and films have the same box with other names)."""
    if data[4:8] != b"ftyp":
        return False
    end = min(int.from_bytes(data[:4], "big"), 256)
    brands = {data[at : at + 4] for at in (8, *range(16, end - 3, 4))}
    return data[8:12] in BRANDS | {b"mif1", b"msf1"} and bool(brands & BRANDS)


def read(data: bytes) -> Said:
    """The header's word. Raises ValueError, IndexError or struct.error for a broken one."""
    sizes: list[tuple[int, int]] = []
    rich = False
    view = memoryview(data)
    for number, (kind, start, end) in enumerate(_properties(view)):
        if number > MOST_BOXES:
            raise ValueError
        if kind == b"ispe":
            sizes.append(struct.unpack(">II", view[start + 4 : start + 12]))
        elif kind == b"hvcC":
            width, height, depth = _hevc(bytes(view[start:end]))
            sizes.append((width, height))
            rich = rich or depth > 8
        elif kind == b"auxC":
            rich = rich or bytes(view[start + 4 : end]).startswith(ALPHA)
    if not sizes:
        raise ValueError
    width, height = max(sizes, key=lambda size: size[0] * size[1])
    return Said(width, height, rich)


def _boxes(view: memoryview, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """(kind, first byte of the content, end) of the boxes between two places."""
    while start < end:
        length, kind = struct.unpack(">I4s", view[start : start + 8])
        inside = start + 8
        if length == 1:
            (length,) = struct.unpack(">Q", view[inside : inside + 8])
            inside += 8
        elif length == 0:
            length = end - start
        if length < inside - start or start + length > end:
            raise ValueError
        yield kind, inside, start + length
        start += length


def _properties(view: memoryview) -> Iterator[tuple[bytes, int, int]]:
    for kind, start, end in _boxes(view, 0, len(view)):
        if kind == b"meta":
            for inner, first, last in _boxes(view, start + 4, end):
                if inner == b"iprp":
                    for store, low, high in _boxes(view, first, last):
                        if store == b"ipco":
                            yield from _boxes(view, low, high)
            return


class _Bits:
    """The bits of a parameter set, numbers of variable length among them (H.265, 9.2)."""

    def __init__(self, data: bytes):
        self.data = data.replace(b"\0\0\3", b"\0\0")  # bytes put in so that no start code appears
        self.at = 0

    def take(self, count: int) -> int:
        value = 0
        for _one in range(count):
            value = value << 1 | (self.data[self.at >> 3] >> (7 - (self.at & 7)) & 1)
            self.at += 1
        return value

    def number(self) -> int:
        zeros = 0
        while self.take(1) == 0:
            zeros += 1
            if zeros > 32:
                raise ValueError
        return (1 << zeros) - 1 + self.take(zeros)


def _hevc(record: bytes) -> tuple[int, int, int]:
    """Width, height and bits a colour of the largest sequence parameter set in a decoder's record (ISO 14496-15)."""
    found = []
    at = 23
    for _array in range(record[22]):
        kind, count = record[at] & 0x3F, int.from_bytes(record[at + 1 : at + 3], "big")
        at += 3
        for _unit in range(count):
            length = int.from_bytes(record[at : at + 2], "big")
            if kind == 33:
                found.append(_parameters(record[at + 2 : at + 2 + min(length, 200)]))
            at += 2 + length
    if not found:
        raise ValueError
    return max(found, key=lambda one: one[0] * one[1])


def _parameters(unit: bytes) -> tuple[int, int, int]:
    """The same of one sequence parameter set (H.265, 7.3.2.2)."""
    bits = _Bits(unit[2:])
    bits.take(4)
    layers = bits.take(3)
    bits.take(1 + 88)  # nesting; the general profile, flags and tier
    bits.take(8)  # the general level
    present = [(bits.take(1), bits.take(1)) for _layer in range(layers)]
    if layers:
        bits.take(2 * (8 - layers))
    for profile, level in present:
        bits.take(88 * profile + 8 * level)
    bits.number()  # its number
    if bits.number() == 3:  # chroma
        bits.take(1)
    width, height = bits.number(), bits.number()
    if bits.take(1):  # a window onto the picture: it is decoded whole
        for _side in range(4):
            bits.number()
    return width, height, 8 + max(bits.number(), bits.number())
