"""The bytes of OSM files: which kinds are read, in what order, and what is said of broken ones.

Areas can only be put together from sorted files (nodes, ways, relations, each by id). Files that editors and web
queries write often are not; those are sorted first, into a temporary copy.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import osmium
from osmium.osm.types import OSMEntity, Way

from mapping.errors import UnreadableFile

FORMATS = {".osm.pbf": "pbf", ".osm.gz": "osm.gz", ".osm": "osm"}
Tags = dict[str, str]

_BYTES_PER_TAGGED_OBJECT = {"pbf": 45, "osm.gz": 70, "osm": 900}  # of towns; only for showing progress
_UNSORTED = ("out of order", "twice in input")  # libosmium's words; it has one class for every fault


class OutOfOrder(Exception):
    """The objects of a file are not sorted."""


def format_of(path: Path) -> str:
    """The kind of a file by its name, in osmium's words.

    Raises
    ------
    UnreadableFile
        If the name ends otherwise, or there is no such file, or nothing in it.
    """
    kind = next((kind for ending, kind in FORMATS.items() if path.name.lower().endswith(ending)), None)
    if kind is None:
        raise UnreadableFile(f"{path.name!r} does not end in .osm.pbf, .osm or .osm.gz; give an OpenStreetMap extract.")
    try:
        size = path.stat().st_size
    except OSError as error:
        raise UnreadableFile(f"{path.name!r} cannot be opened; check the path and that you may read it.") from error
    if not path.is_file() or size == 0:
        raise UnreadableFile(f"{path.name!r} is empty or not a file; download the extract again.")
    return kind


@contextmanager
def _faults_named(name: str) -> Iterator[None]:
    try:
        yield
    except (RuntimeError, ValueError, OSError, MemoryError, osmium.InvalidLocationError) as error:
        if any(words in str(error) for words in _UNSORTED):
            raise OutOfOrder from error
        raise UnreadableFile(
            f"{name!r} is damaged, cut short or not the kind its name says; download the extract again."
        ) from error


def objects(path: Path, name: str, progress: Callable[[float], None]) -> Iterator[tuple[OSMEntity, Tags]]:
    """Tagged nodes, ways and relations, and the areas put together from them.

    Parameters
    ----------
    path : Path
        Where the bytes are.
    name : str
        What the person who gave the file calls it.
    progress : callable
        Called with the share done, 0…1, estimated from the size of the file.

    Yields
    ------
    tuple of OSMEntity and dict
        The entity is valid until the next one is asked for.

    Raises
    ------
    UnreadableFile
        If the file is damaged.
    OutOfOrder
        If it must be sorted first.
    """
    kind = format_of(path)
    expected = path.stat().st_size / _BYTES_PER_TAGGED_OBJECT[kind] + 1
    has_located_way, has_way = False, False
    with _faults_named(name):
        # The format is given, lest another ending turn the file into one of changes and deletions.
        processor = osmium.FileProcessor(osmium.io.File(str(path), kind)).with_areas()
        for seen, entity in enumerate(processor.with_filter(osmium.filter.EmptyTagFilter())):
            if seen % 1000 == 0:
                progress(min(seen / expected, 1.0))
            if not has_located_way and isinstance(entity, Way):
                has_way, has_located_way = True, any(node.location.valid() for node in entity.nodes)
            yield entity, {tag.k: tag.v for tag in entity.tags}
    if has_way and not has_located_way:  # the ways came before their nodes
        raise OutOfOrder


@contextmanager
def sorted_copy(path: Path) -> Iterator[Path]:
    """A temporary copy of a file with its objects in order, each in its newest version.

    Raises
    ------
    UnreadableFile
        If the file is damaged.
    """
    with TemporaryDirectory() as folder:
        copy = Path(folder) / "sorted.osm.pbf"
        with _faults_named(path.name):
            merger = osmium.MergeInputReader()
            merger.add_file(str(path))
            with osmium.SimpleWriter(str(copy)) as writer:
                merger.apply(writer, simplify=True)
        yield copy


def declared_bounds(path: Path) -> tuple[float, float, float, float] | None:
    """West, south, east, north in degrees as the head of the file says, if it does."""
    with osmium.io.Reader(osmium.io.File(str(path), format_of(path)), osmium.osm.NOTHING) as reader:
        box = reader.header().box()
    if not box.valid():
        return None
    low, high = box.bottom_left, box.top_right
    return (low.lon, low.lat, high.lon, high.lat)
