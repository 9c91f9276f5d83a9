"""Prepares what the browser gets: vendored scripts, fonts cut to our letters, icons, styles, compiled translations.

Run by `./run` after `npm ci`; does nothing when nothing it reads has changed. Everything it writes is left out of git.
"""

import argparse
import hashlib
import json
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import brotli
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from fontTools import subset
from fontTools.ttLib import TTFont
from fontTools.varLib import instancer
from words import is_said, plural_kinds

WEB = Path(__file__).resolve().parent
MODULES, STATIC = WEB / "node_modules", WEB / "static"
STAMP = STATIC / "vendor" / "built-from.txt"

VENDORED = {
    "idb": ("build/index.js", "LICENSE"),
    "leaflet": ("dist/leaflet.js", "dist/leaflet.css", "LICENSE"),
    "protomaps-leaflet": ("dist/protomaps-leaflet.js", "LICENSE"),
    "swagger-ui-dist": ("swagger-ui-bundle.js", "swagger-ui.css", "LICENSE", "NOTICE"),
    "lucide-static": ("LICENSE",),
    "@fontsource-variable/commissioner": ("LICENSE",),
}
"""Files the browser may load, by package; their folders are dropped from their addresses."""

ICONS = [
    "accessibility",
    "baby",
    "camera",
    "check",
    "chevron-left",
    "chevron-right",
    "circle-alert",
    "clock",
    "cloud-off",
    "copy",
    "eye-off",
    "footprints",
    "graduation-cap",
    "info",
    "layers",
    "list",
    "locate-fixed",
    "lock",
    "luggage",
    "map",
    "map-pin",
    "menu",
    "minus",
    "moon",
    "pencil",
    "phone",
    "plus",
    "rotate-cw",
    "route",
    "rss",
    "search",
    "send",
    "sliders-horizontal",
    "spline",
    "sun",
    "table",
    "trash-2",
    "triangle-alert",
    "undo-2",
    "user-round",
    "users",
    "x",
]

FONTS = {
    "commissioner-latin.woff2": ("latin", [*range(0x20, 0x7F), *map(ord, "\u00a0ÄÅÖäåö§©«°±·»×–—‘’‚“”„…€−→≤≥")]),
    "commissioner-cyrillic.woff2": (
        "cyrillic",
        [*range(0x410, 0x42A), 0x42C, *range(0x42E, 0x44A), 0x44C, 0x44E, 0x44F, *map(ord, "ҐґЄєІіЇї№")],
    ),
    "commissioner-hryvnia.woff2": ("cyrillic-ext", [0x20B4]),
    "commissioner-latin-more.woff2": ("latin", [*range(0xA1, 0x100), *map(ord, "ıŒœ")]),
    "commissioner-latin-ext.woff2": ("latin-ext", [*range(0x100, 0x180), *range(0x218, 0x21C)]),
    "commissioner-cyrillic-more.woff2": ("cyrillic", [*map(ord, "ЁЉЊЋЎЏЪЫЭёђѓљњћќўџъыэ")]),
}
WEIGHTS = (400, 760)

JOINED = {
    "site.css": ("styles/tokens.css", "styles/base.css", "styles/components.css", "styles/pages.css"),
    "map.css": ("vendor/leaflet/leaflet.css", "styles/marks.css", "styles/map.css"),
}
"""Stylesheets that are needed together, as one file: on a slow line each request costs a round trip."""

PACKED = (".js", ".css", ".svg")
"""Endings of what is kept packed by Brotli too, which browsers take over HTTPS."""


def _inputs() -> Iterator[Path]:
    yield Path(__file__)
    yield WEB / "words.py"
    yield WEB / "package-lock.json"
    yield from sorted((WEB / "locale").glob("*/LC_MESSAGES/*.po"))
    yield from sorted((STATIC / "styles").glob("*.css"))


def _fingerprint() -> str:
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in _inputs())).hexdigest()


def copy_vendored() -> None:
    """Put the listed files of each package under `/static/vendor/<package>/`."""
    for package, names in VENDORED.items():
        target = STATIC / "vendor" / package
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir(parents=True)
        for name in names:
            text = (MODULES / package / name).read_bytes()
            # A source map that is not served would be a failed request as soon as the tools of a browser open.
            text = re.sub(rb"\n?(//# sourceMappingURL=\S+|/\*# sourceMappingURL=\S+ \*/)\s*$", b"\n", text)
            (target / Path(name).name).write_bytes(text)


def cut_fonts() -> int:
    """Commissioner, weights 400 to 760: Ukrainian and English letters, and apart what other languages need.

    Returns
    -------
    int
        Bytes written.
    """
    source = MODULES / "@fontsource-variable" / "commissioner" / "files"
    target = STATIC / "fonts"
    target.mkdir(parents=True, exist_ok=True)
    for name, (script, letters) in FONTS.items():
        font = TTFont(source / f"commissioner-{script}-wght-normal.woff2")
        options = subset.Options(
            layout_features=["kern", "mark", "mkmk", "tnum", "ccmp", "locl", "calt", "liga"], hinting=False
        )
        options.flavor = "woff2"
        cutter = subset.Subsetter(options)
        cutter.populate(unicodes=letters)
        cutter.subset(font)
        font = instancer.instantiateVariableFont(
            font, {"wght": WEIGHTS}, overlap=instancer.OverlapMode.KEEP_AND_DONT_SET_FLAGS
        )
        font.flavor = "woff2"
        font.save(target / name)
    return sum((target / name).stat().st_size for name in FONTS)


def draw_icons() -> None:
    """One sprite of the interface icons in use; colour and width come from the stylesheet."""
    ElementTree.register_namespace("", "http://www.w3.org/2000/svg")
    symbols = []
    for name in ICONS:
        root = ElementTree.parse(MODULES / "lucide-static" / "icons" / f"{name}.svg").getroot()
        shapes = "".join(ElementTree.tostring(shape, encoding="unicode").strip() for shape in root)
        shapes = shapes.replace(' xmlns="http://www.w3.org/2000/svg"', "")
        symbols.append(f'<symbol id="i-{name}" viewBox="0 0 24 24">{shapes}</symbol>')
    (STATIC / "vendor" / "icons.svg").write_text(
        '<svg xmlns="http://www.w3.org/2000/svg">\n'
        "<!-- Icons: lucide, ISC licence; see vendor/lucide-static/LICENSE -->\n" + "\n".join(symbols) + "\n</svg>\n",
        encoding="utf-8",
    )


def join_styles() -> None:
    """Put stylesheets that belong together into one, without their comments, under `/static/vendor`."""
    for name, parts in JOINED.items():
        text = "\n".join((STATIC / part).read_text("utf-8") for part in parts)
        text = re.sub(r"/\*.*?\*/|^[ \t]+", "", text, flags=re.DOTALL | re.MULTILINE)
        (STATIC / "vendor" / name).write_text(re.sub(r"\n{2,}", "\n", text).lstrip(), encoding="utf-8")


def pack() -> None:
    """Pack what lies under `/static/vendor` as small as Brotli can."""
    for path in (STATIC / "vendor").rglob("*"):
        if path.suffix in PACKED:
            path.with_name(path.name + ".br").write_bytes(brotli.compress(path.read_bytes(), mode=brotli.MODE_TEXT))


def _script_words(catalogue: Catalog) -> dict[str, str | list[str] | dict[str, int]]:
    """What scripts say, by its English; under "" which form of a plural goes with which kind of number."""
    words: dict[str, str | list[str] | dict[str, int]] = {"": plural_kinds(catalogue)}
    for message in catalogue:
        if not message.id or not is_said(message):
            continue
        if not any(place.endswith(".js") for place, _ in message.locations):
            continue
        if isinstance(message.id, (list, tuple)):
            words[message.id[0]] = list(message.string)
        else:
            words[message.id] = str(message.string)
    return words


def compile_words() -> None:
    """Each messages.po as a .mo for the pages and, of the messages of scripts, as a JSON."""
    (STATIC / "locale").mkdir(parents=True, exist_ok=True)
    for path in sorted((WEB / "locale").glob("*/LC_MESSAGES/messages.po")):
        with path.open("rb") as file:
            catalogue = read_po(file, locale=path.parts[-3])
        with path.with_suffix(".mo").open("wb") as file:
            write_mo(file, catalogue)
        words = json.dumps(_script_words(catalogue), ensure_ascii=False, indent=0, sort_keys=True)
        (STATIC / "locale" / f"{path.parts[-3]}.json").write_text(words + "\n", encoding="utf-8")


def write_manifest() -> None:
    """Hashes of every vendored file, so that a change of one is seen."""
    vendor = STATIC / "vendor"
    files = sorted(path for path in vendor.rglob("*") if path.is_file() and path.parent != vendor)
    hashes = {str(path.relative_to(vendor)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
    (vendor / "manifest.json").write_text(json.dumps(hashes, indent=1) + "\n", encoding="utf-8")


def _is_complete() -> bool:
    made = [
        STATIC / "vendor" / "icons.svg",
        STATIC / "vendor" / "manifest.json",
        *(STATIC / "vendor" / name for name in JOINED),
        *(STATIC / "fonts" / name for name in FONTS),
    ]
    made += [path.with_suffix(".mo") for path in (WEB / "locale").glob("*/LC_MESSAGES/*.po")]
    return all(path.is_file() for path in made)


def main() -> int:
    """Build what is missing or out of date."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--force", action="store_true", help="build even if nothing has changed")
    force = parser.parse_args().force
    wanted = _fingerprint()
    if not force and STAMP.is_file() and STAMP.read_text() == wanted and _is_complete():
        return 0
    if not MODULES.is_dir():
        print("The front-end packages are missing. Run: cd web && npm ci --ignore-scripts", file=sys.stderr)
        return 1
    copy_vendored()
    weight = cut_fonts()
    draw_icons()
    join_styles()
    pack()
    compile_words()
    write_manifest()
    STAMP.write_text(wanted)
    print(f"Front end prepared; fonts {weight / 1000:.0f} kB", file=sys.stderr)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
