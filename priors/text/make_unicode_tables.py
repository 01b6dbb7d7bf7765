#!/usr/bin/env python3
"""Writes unicode_classes.cpp, unicode_pairs.cpp, unicode_singles.cpp and unicode_forms.cpp from Python's own Unicode
database.

    python make_unicode_tables.py
"""

import pathlib
import unicodedata

HERE = pathlib.Path(__file__).parent
ALL = [c for c in range(0x110000) if not 0xD800 <= c <= 0xDFFF]
HANGUL = range(0xAC00, 0xD7A4)  # composed by arithmetic


def ranges(inside):
    """[first, last, value] of neighbours with one value; None is outside."""
    out = []
    for c in ALL:
        value = inside(c)
        if value is None:
            continue
        if out and out[-1][1] == c - 1 and out[-1][2] == value:
            out[-1][1] = c
        else:
            out.append([c, c, value])
    return out


def lower_runs():
    """[first, last, step, offset] of characters every `step` of which has its lower case that far away."""
    pairs = [(c, ord(chr(c).lower())) for c in ALL if len(chr(c).lower()) == 1 and chr(c).lower() != chr(c)]
    out = []
    for c, low in pairs:
        if out:
            first, last, step, offset = out[-1]
            gap = c - last
            if low - c == offset and gap <= 2 and step in (0, gap):
                out[-1] = [first, c, gap, offset]
                continue
        out.append([c, c, 0, low - c])
    return [[a, b, max(s, 1), o] for a, b, s, o in out]


def decompositions():
    for c in ALL:
        words = unicodedata.decomposition(chr(c)).split()
        if words and not words[0].startswith("<") and c not in HANGUL:
            yield c, [int(w, 16) for w in words]


# Latin letters that are written as one: Dutch, Afrikaans and South Slavic digraphs, typographic ligatures.
LIGATURES = [0x132, 0x133, 0x149, *range(0x1C4, 0x1CD), *range(0x1F1, 0x1F4), *range(0xFB00, 0xFB07)]


def forms():
    """Ligatures taken apart, one step; half and full width characters in their usual width."""
    for c in LIGATURES:
        yield c, *(int(w, 16) for w in unicodedata.decomposition(chr(c)).split()[1:])
    for c in [0x3000, *range(0xFF01, 0xFFF0)]:
        usual = unicodedata.normalize("NFKC", chr(c))
        if usual != chr(c):
            yield c, *map(ord, usual)


def rows(entries):
    """Entries as initialisers, as many a line as fit."""
    lines, line = [], "   "
    for entry in entries:
        item = " {" + ",".join(hex(x) if x > 9 else str(x) for x in entry) + "},"
        if len(line) + len(item) > 100:
            lines.append(line)
            line = "   "
        line += item
    return "\n".join(lines + [line])


def table(kind, name, entries):
    return (
        f"std::span<const {kind}> {name}() {{\n  static constexpr {kind} kTable[] = {{\n{rows(entries)}\n  }};\n"
        "  return kTable;\n}\n"
    )


def write(name, tables):
    head = (
        f"// Written by make_unicode_tables.py from Unicode {unicodedata.unidata_version}.\n// clang-format off\n"
        '#include "priors/text/unicode_tables.hpp"\n\nnamespace lvtino::unicode {\n\n'
    )
    (HERE / name).write_text(head + "\n".join(tables) + "\n}  // namespace lvtino::unicode\n")


def main():
    category = unicodedata.category
    letters = ranges(lambda c: True if category(chr(c))[0] == "L" else None)
    numbers = ranges(lambda c: True if category(chr(c))[0] == "N" else None)
    classes = ranges(lambda c: unicodedata.combining(chr(c)) or None)
    pairs, singles = [], []
    for c, parts in decompositions():
        if len(parts) == 1:
            singles.append((c, parts[0]))
        else:
            # A pair that does not come together again is excluded from composition.
            pairs.append((c, *parts, int(unicodedata.normalize("NFC", chr(c)) == chr(c))))
    write(
        "unicode_classes.cpp",
        [
            table("Range", "letters", [r[:2] for r in letters]),
            table("Range", "numbers", [r[:2] for r in numbers]),
            table("CaseRun", "lower_cases", lower_runs()),
            table("ClassRun", "combining_classes", classes),
        ],
    )
    write("unicode_pairs.cpp", [table("Pair", "canonical_pairs", pairs)])
    write("unicode_singles.cpp", [table("Single", "canonical_singles", singles)])
    write("unicode_forms.cpp", [table("Form", "usual_forms", sorted(forms()))])


main()
