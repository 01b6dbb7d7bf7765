#!/usr/bin/env python3
"""Writes html_names.cpp from Python's own list of HTML 5's named characters.

    python make_html_names.py
"""

import html
import html.entities
import pathlib

HERE = pathlib.Path(__file__).parent
NAMES = {name[:-1]: text for name, text in html.entities.html5.items() if name.endswith(";")}
BARE = {name: text for name, text in html.entities.html5.items() if not name.endswith(";")}


def points(text):
    return ",".join(f"{ord(c):x}" for c in text)


def entry(name, text):
    """name[+]=characters[^capitals]"""
    out = name + ("+" if name in BARE else "") + "=" + points(text)
    capital = f"&{name.upper()};"
    if name == name.lower() and html.unescape(capital) == capital:
        out += "^" + (points(text.upper()) if text.upper() != text else "")
    return out


def main():
    assert all(NAMES[name] == text for name, text in BARE.items())
    lines, line = [], ""
    for item in (entry(name, NAMES[name]) for name in sorted(NAMES)):
        if len(line) + len(item) > 110:
            lines.append(line)
            line = ""
        line += item + " "
    lines.append(line)
    body = "\n".join(f'      "{text}"' for text in lines)
    (HERE / "html_names.cpp").write_text(
        "// Written by make_html_names.py from HTML 5's list of named characters.\n// clang-format off\n"
        '#include "priors/text/html_names.hpp"\n\nnamespace lvtino {\n\n'
        f"std::string_view html_names() {{\n  return\n{body};\n}}\n\n}}  // namespace lvtino\n"
    )


main()
