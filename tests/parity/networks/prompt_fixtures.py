#!/usr/bin/env python3
"""What Python's html.unescape, ftfy and diffusers' prompt_clean make of hostile texts: the oracle of
priors/text/html_entities_test.cpp and prompt_cleaning_test.cpp.

    python prompt_fixtures.py [FOLDER]        needs diffusers, transformers, ftfy 6
"""

import hashlib
import html
import html.entities
import json
import pathlib
import random
import sys

import ftfy
from diffusers.pipelines.wan.pipeline_wan import prompt_clean
from tokenizer_fixtures import SENTENCES, TEXTS

HERE = pathlib.Path(__file__).parent / "tokenizers"

HTML = [
    "&amp; &lt;b&gt; &quot;&apos;&nbsp;&copy;",
    "&amp &lt &copy2026 &notit; &notin; &not; &NOT &notanumber",
    "&ampamp; &amp;amp; &amp;amp;lt; &amp;amp;amp;lt;",
    "fish&chips AT&T Q&A a&b;c &;& &&amp;&",
    "this&not that &para &paragraph; &times4 x&timesbar;",
    "&#38; &#038; &#0000000038; &#38 &#x26; &#X26; &#x26 &#x0026;7",
    "&#; &#x; &#xg; &#abc; &# 38; &#-38; &#12ab; &#x41z; &#x41z &#1a",
    "&#0; &#x0; &#1; &#8; &#9; &#10; &#11; &#12; &#13; &#14; &#31; &#32; &#127;",
    "&#128; &#129; &#130; &#133; &#141; &#145; &#146; &#147; &#148; &#150; &#159; &#160;",
    "&#xD7FF; &#xD800; &#xDFFF; &#xE000; &#xFFFD; &#xFFFE; &#xFFFF; &#x10FFFF; &#x110000; &#99999999999;",
    "&#xFDD0; &#xFDEF; &#xFDF0; &#x1FFFE; &#x10FFFE; &#x4FFFF;",
    "&#59; &#x3b; &semi; &#38;#38; &#38;amp;",
    "&NotEqualTilde; &ThickSpace; &fjlig; &bne; &acE; &race;",
    "&CounterClockwiseContourIntegral; &DoubleLongLeftRightArrow; &NotSquareSupersetEqual;",
    "&counterclockwisecontourintegral; &xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx; &amp" + "x" * 40,
    "&Eacute; &eacute; &EACUTE; &eACUTE; &ALPHA; &SZLIG; &HELLIP; &FRAC12; &CHECKMARK; &LTIMES; &AMPX;",
    "P&EACUTE;REZ BUNDESSTRA&SZLIG;E &NTILDE;&nTILDE; &LT;&GT;&QUOT;&AMP;",
    "&amp\u00e9 &eacut\u00e9; &\u00e9; &am\u00adp; &eacute\u0301;",
    "a < b &amp; c &lt; d",
    "first &amp; line\nthen <b>&amp;</b>\nafter &amp; and &ampere",
    "<p>&eacute;</p> &#233; &amp;eacute;",
    "&lt;tag&gt; &amp;lt;tag&amp;gt; &ltcolor&gt",
    "&am\x00p; &\x1b[31mamp; &#x\ufeff41; \uff06amp\uff1b \uff06\uff03\uff16\uff15\uff1b",
]

PLAIN = [
    "\u2018single\u2019 \u201cdouble\u201d \u201alow\u201b \u201elow\u201f \u00abangle\u00bb it\u02bcs 5\u2032 6\u2033",
    "\ufb00 \ufb01 \ufb02 \ufb03 \ufb04 \ufb05 \ufb06 \u0132\u0133 \u0149 \u01c4\u01c5\u01c6\u01c7\u01c8\u01c9\u01ca\u01cb\u01cc \u01f1\u01f2\u01f3 \u00e6\u0153",
    "\uff21\uff5a\uff10\uff01\uff5e\uff5f\uff60\uff61\uff62\uff76\uff9e\uff8a\uff9f\uff9e\uff9f \u3000 \uffe0\uffe1\uffe2\uffe3\uffe4\uffe5\uffe6\uffe8\uffee\uffef\uff00",
    "\uffa0\uffa1\uffbe\uffc2\uffc7\uffca\uffcf\uffd2\uffd7\uffda\uffdc\uffdd \u1112\u1161\u11ab",
    "one\r\ntwo\rthree\u2028four\u2029five\x85six\x0bseven\x0ceight\n\rnine\r\r\n",
    "\x1b[31mred\x1b[0m \x1b[1;36;44mblue\x1b[m \x1b[31 \x1b[;;Hx \x1b]0;t\x07 \x1b[?25l \x1b\x00[32m \x1b[1;\x1b[0mx",
    "\x00\x07\x08\x09\x0b\x0c\x0e\x1f\x7f\u206a\u206f\ufeff\ufff9\ufffb\ufffc\ufffd \u200b\u200c\u200d\u200e\u202a\u2060\u2064",
    "\U0001d173 \U000e0067\U000e007f \ue000 \uf8ff \ufdd0 \U0010fffd",
    "\x80 \x81 \x85 \x91quoted\x92 \x95 \x99 \x9f",
    "e\u0301 \u212b \u2126 \uff76\uff9e\u3099 a\u0323\u0301 \u0958",
    "\u0645\u064f\u062d \u05e9\u05c1 \u0e01\u0e33 \u1100\u1161 \ufb1d \ufdfa",
    "caf\u00e9 na\u00efve \u00c5ngstr\u00f6m \u00dcber stra\u00dfe \u00d8 \u00f0 \u00fe 20\u00b0 5\u00d73 \u00b5m \u00bd",
    "\u00c2ne \u00c3o S\u00c3O PAULO \u00ceLE \u00d0UR MAR\u00c9\u00ae CAF\u00c9\u2122 \u00c0 \u20ac5 \u00a35 \u20ac\u00a0",
    "5 \u20ac \u2013 dash \u2014 dash \u2026 \u2022 \u2020 \u2122 \u00ae \u00a9",
    "\u041f\u0440\u0438\u0432\u0435\u0442 \u0412\u0413 \u6771\u4eac \u0391\u0392 \u05d0",
    " \t outer \u3000 spaces \u00a0 ",
    "",
    " ",
    "\n",
    "\n\n a \n\n",
]

# Texts whose UTF-8 somebody read as something else.
GOOD = SENTENCES + [
    "it\u2019s \u201cquoted\u201d \u2013 dashed \u2014 and\u2026",
    "\u00e0 la carte, d\u00e9j\u00e0 vu, ma\u00f1ana, \u00c5ngstr\u00f6m, 20 \u00b0C, 5 \u20ac, \u00a9 \u2122",
    "\U0001f600 smile \U0001f44d\U0001f3fd",
    "\u0159e\u0159icha \u017elu\u0165ou\u010dk\u00fd k\u016f\u0148",
    "\u0645\u0631\u062d\u0628\u0627 \u05e9\u05dc\u05d5\u05dd",
    "\ud55c\uad6d\uc5b4 \ube44\ub514\uc624",
]
WRONG = ["latin-1", "sloppy-windows-1252", "sloppy-windows-1251", "sloppy-windows-1250", "macroman", "cp437"]

PARTS = [
    "&", ";", "#", "#x", "amp", "lt", "gt", "eacute", "EACUTE", "not", "in", "copy", "AMP", "4", "1", "F", "x", "a", "Z",
    " ", "\n", "\r", "\t", "<", ">", "\x1b[", "m", "0", ";", "\x00", "\x0b", "\x1f", "\x85", "\x92", "\ufeff", "\u2028",
    "\u201c", "\u2019", "\u02bc", "\ufb03", "\u0149", "\u01c6", "\uff06", "\uff1b", "\uff03", "\uff76", "\uff9e", "\uffe3",
    "\u3000", "\u00a0", "e", "\u0301", "\u0323", "\u0345", "\u1100", "\u1161", "\u11a8", "\uffa1", "\U0001f600", "\u6771",
]  # fmt: skip


def hostile():
    draw = random.Random(20)
    yield from HTML + PLAIN + TEXTS
    for _ in range(160):
        yield "".join(draw.choices(PARTS, k=draw.randrange(1, 24)))


def wrong():
    for text in GOOD:
        for encoding in WRONG:
            read = text.encode().decode(encoding, errors="replace")
            yield read
            yield "good text, " + read.replace("\u00a0", " ")
    yield from (text.encode().decode("latin-1").encode().decode("latin-1") for text in GOOD[:6])
    yield from (text + " " + GOOD[6].encode().decode("latin-1") for text in GOOD[6:9])


def answers(text):
    """What is not there is the text itself; "kept" (like "mended" if not there) is what comes of it undecoded."""
    mended, kept = ftfy.fix_text(text), ftfy.fix_text(text, fix_encoding=False)
    out = {"text": text, "unescaped": html.unescape(text), "mended": mended, "cleaned": prompt_clean(text)}
    out = {k: v for k, v in out.items() if k == "text" or v != text}
    return out if kept == mended else out | {"kept": kept}


def names():
    """Hashes of all names' characters, in the order of the names: with a semicolon, without, among letters, in capitals."""
    known = sorted(name[:-1] for name in html.entities.html5 if name.endswith(";"))

    def sha256(text):
        return hashlib.sha256(text.encode()).hexdigest()

    texts = {
        "terminated": "".join(f"&{n};" for n in known),
        "bare": "".join(f"&{n} " for n in known),
        "inside": "".join(f"&{n}x" for n in known),
        "capitals": "".join(f"&{n.upper()};" for n in known),
    }
    return {k: {"unescaped": sha256(html.unescape(t)), "mended": sha256(ftfy.fixes.unescape_html(t))} for k, t in texts.items()}


def main(folder):
    content = {
        "names": names(),
        "hostile": [answers(text) for text in dict.fromkeys(hostile())],
        "wrongly_decoded": [answers(text) for text in dict.fromkeys(wrong())],
    }
    (folder / "prompts.json").write_text(json.dumps(content, indent=0), encoding="ascii")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else HERE)
