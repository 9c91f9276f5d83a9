"""WebMercatorQuad in numbers that are not the program's own, and where a place is in it by PROJ.

Source: OGC 17-083r4, annex D.1, as registered at http://www.opengis.net/def/tilematrixset/OGC/1.0/WebMercatorQuad.
"""

from pyproj import Transformer

WEST_M, NORTH_M = -20037508.3427892, 20037508.3427892
TILE_PX = 256
MATRICES = (  # scale denominator, cell size in metres, width and height in tiles; from "0" to "24"
    (559082264.028717, 156543.033928041, 1),
    (279541132.014358, 78271.5169640204, 2),
    (139770566.007179, 39135.7584820102, 4),
    (69885283.0035897, 19567.8792410051, 8),
    (34942641.5017948, 9783.93962050256, 16),
    (17471320.7508974, 4891.96981025128, 32),
    (8735660.37544871, 2445.98490512564, 64),
    (4367830.18772435, 1222.99245256282, 128),
    (2183915.09386217, 611.49622628141, 256),
    (1091957.54693108, 305.748113140704, 512),
    (545978.773465544, 152.874056570352, 1024),
    (272989.386732772, 76.4370282851762, 2048),
    (136494.693366386, 38.2185141425881, 4096),
    (68247.346683193, 19.109257071294, 8192),
    (34123.6733415964, 9.55462853564703, 16384),
    (17061.8366707982, 4.77731426782351, 32768),
    (8530.91833539913, 2.38865713391175, 65536),
    (4265.45916769956, 1.19432856695587, 131072),
    (2132.72958384978, 0.597164283477939, 262144),
    (1066.36479192489, 0.29858214173897, 524288),
    (533.182395962445, 0.149291070869485, 1048576),
    (266.591197981222, 0.0746455354347424, 2097152),
    (133.295598990611, 0.0373227677173712, 4194304),
    (66.6477994953056, 0.0186613838586856, 8388608),
    (33.3238997476528, 0.0093306919293428, 16777216),
)
_TO_METRES = Transformer.from_crs("OGC:CRS84", "EPSG:3857")


def tile_side_m(z: int) -> float:
    """The side of a tile in metres of EPSG:3857, as published."""
    return TILE_PX * MATRICES[z][1]


def metres(lon: float, lat: float) -> tuple[float, float]:
    """A place in EPSG:3857, by PROJ."""
    x, y = _TO_METRES.transform(lon, lat)
    return float(x), float(y)


def place_in_tiles(z: int, lon: float, lat: float) -> tuple[float, float]:
    """Column and row of a place; the fraction is how far into the tile it lies, from the north-west."""
    x, y = metres(lon, lat)
    return (x - WEST_M) / tile_side_m(z), (NORTH_M - y) / tile_side_m(z)
