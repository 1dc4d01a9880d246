#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes Neuroloom Sans and Neuroloom Mono from the installed Inter and JetBrains Mono (both SIL OFL 1.1).

Sans is a Latin, Greek and Cyrillic subset whose digits are Inter's tabular ones: Qt before 6.7 cannot switch a font
feature on, and Inter's own digits differ in width, so that columns of numbers would not line up. Mono loses its
ligatures, because `!=` must stay `!=`. Both are renamed, as the licence asks of a changed font.

Usage: make_fonts.py OUTPUT_DIRECTORY
"""
import os
import pathlib
import sys

PACKAGES = "apt-get install fonts-inter fonts-jetbrains-mono python3-fonttools"
FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts", os.path.expanduser("~/.local/share/fonts"))
# Latin, Greek, Cyrillic, punctuation, super- and subscripts, currency, letter-like, arrows, mathematics, technical,
# geometric shapes, tick and cross.
RANGES = ((0x20, 0x24F), (0x259, 0x259), (0x2BB, 0x2DD), (0x300, 0x3FF), (0x400, 0x52F), (0x1E00, 0x1EFF),
          (0x2000, 0x209F), (0x20A0, 0x20BF), (0x2100, 0x214F), (0x2190, 0x23FF), (0x25A0, 0x25FF), (0x2713, 0x2713),
          (0x2717, 0x2717))
FACES = (("Inter-Regular", "Neuroloom Sans", "Regular", "otf"), ("Inter-Medium", "Neuroloom Sans", "Medium", "otf"),
         ("Inter-SemiBold", "Neuroloom Sans", "SemiBold", "otf"),
         ("JetBrainsMono-Regular", "Neuroloom Mono", "Regular", "ttf"))

try:
    from fontTools import subset, ttLib
except ImportError:
    sys.exit(f"make_fonts.py: the Python module fontTools is missing. Install it: {PACKAGES}")


def installed(name):
    for folder in FOLDERS:
        for ending in ("otf", "ttf"):
            for hit in sorted(pathlib.Path(folder).rglob(f"{name}.{ending}")):
                return hit
    sys.exit(f"make_fonts.py: the font {name} is not installed. Install it: {PACKAGES}")


def use_tabular_digits(font, source):
    """Points the characters at the glyphs that the feature tnum would choose."""
    table = font["GSUB"].table
    swap = {}
    for record in table.FeatureList.FeatureRecord:
        if record.FeatureTag != "tnum":
            continue
        for index in record.Feature.LookupListIndex:
            for part in table.LookupList.Lookup[index].SubTable:
                swap.update(getattr(getattr(part, "ExtSubTable", part), "mapping", {}))
    if not swap:
        sys.exit(f"make_fonts.py: {source} has no tabular digits. Use the font of the package fonts-inter.")
    for table in font["cmap"].tables:
        if table.isUnicode():
            table.cmap = {code: swap.get(glyph, glyph) for code, glyph in table.cmap.items()}


def rename(font, family, style):
    plain = style == "Regular"
    postscript = f"{family.replace(' ', '')}-{style}"
    names = {1: family if plain else f"{family} {style}", 2: "Regular", 3: postscript, 4: f"{family} {style}",
             6: postscript, 16: family, 17: style}
    table = font["name"]
    table.names = [entry for entry in table.names if entry.nameID in (0, 13, 14)]  # copyright and licence stay
    for number, text in names.items():
        table.setName(text, number, 3, 1, 0x409)
    if "CFF " in font:
        top = font["CFF "].cff
        top.fontNames = [postscript]
        top[0].FullName, top[0].FamilyName = names[4], family


def make(source, target, family, style):
    sans = family.endswith("Sans")
    font = ttLib.TTFont(source)
    if sans:
        use_tabular_digits(font, source)
    features = ["mark", "mkmk", "ccmp", "locl"] + (["kern"] if sans else [])
    worker = subset.Subsetter(subset.Options(layout_features=features, name_IDs=["*"], notdef_outline=True, hinting=True))
    worker.populate(unicodes=[code for first, last in RANGES for code in range(first, last + 1)])
    worker.subset(font)
    rename(font, family, style)
    font["head"].modified = font["head"].created  # the same input gives the same bytes
    font.recalcTimestamp = False
    font.save(target)


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: make_fonts.py OUTPUT_DIRECTORY")
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name, family, style, ending in FACES:
        make(installed(name), folder / f"{family.replace(' ', '')}-{style}.{ending}", family, style)


main()
