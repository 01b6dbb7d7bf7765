#!/usr/bin/env python3
"""Small vocabularies and what tokenizers and sentencepiece make of hostile texts: the oracle of
priors/text/*_test.cpp.

Trains on the sentences below: a byte-level BPE vocabulary in the layout of CLIP's (256 bytes, 256 bytes that end a
word, merges, two special tokens), read back by transformers' CLIPTokenizer, and three unigram models.

    python tokenizer_fixtures.py [FOLDER]        needs tokenizers, transformers, sentencepiece
"""

import io
import json
import pathlib
import sys

HERE = pathlib.Path(__file__).parent / "tokenizers"

SENTENCES = """a high resolution video
a high resolution photo of a mountain lake at dawn, sharp focus
The quick brown fox jumps over the lazy dog; it doesn't care.
We'll restore 25 frames, they've been blurred and we're done by 10:45.
I'm sure that she'd say it's the camera's fault: f/2.8, ISO 3200, 1/125 s
videos and video frames, resolutions and restoration, restoring restored
Größe und Schärfe der Bilder; naïve café, déjà vu, señor, façade
Привет, как дела? Видео высокого разрешения
東京の夜景 高解像度の動画 こんにちは世界
Η γρήγορη αλεπού και το σκυλί
समय वीडियो उच्च गुणवत्ता
low light, motion blur, motion, blurry, noisy, noise, denoise, denoised
the the the and and and of of of in in in to to to
photo photos photograph photography photographer high higher highest
water waterfall waterfalls mountain mountains forest forests night nights""".split("\n")

TEXTS = [
    "",
    " ",
    "   \t\n  ",
    "a high resolution video",
    "a high resolution photo",
    "  leading and   inner    spaces  ",
    "tabs\tand\nnew\r\nlines\x0b\x0c",
    "no-break\u00a0space, ideographic\u3000space, thin\u2009space, line\u2028separator, next\u0085line",
    "zero\u200bwidth\u200cjoiners\u200d and \u00ad soft hyphen, \u2060word joiner",
    "\ufeffbyte order mark \ufeff inside",
    "I'm don't we'll they've she'd it's you're",
    "I'M DON'T WE'LL THEY'VE SHE'D IT'S YOU'RE",
    "'s't're've'm'll'd 'sun 'tis ''s !'t '' '",
    "curly \u2019s and \u2018quotes\u2019",
    "1234567890 3.14159 1,000,000 25fps 4k 8K",
    "\u0663\u0664 \uff11\uff12\uff13 \u00bd \u2168 \u2460 x\u00b2 \u0967",
    "UPPER lower MiXeD",
    "\u0130stanbul I\u0131 \u1e9e \u00df \u03a3\u0391\u03a3 \u03c2 \u01c5 \u2126 \u212a \u10a0",
    "caf\u00e9 cafe\u0301 nai\u0308ve \u0041\u030a \u212b q\u0307\u0323 \u1e0b\u0323 \u0344",
    "\u1112\u1161\u11ab\u1100\u1173\u11af \ud55c\uae00 \uac00\u11a8",
    "\u0958 \u2adc \ufb1d \uf900 \u2f800".replace("\u2f800", "\U0002f800"),
    "a\u0301\u0323\u0301 \u0301 a\u034f\u0301 \u0f71\u0f72\u0f74",
    "\U0001f600 \U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466 \U0001f1e9\U0001f1ea \u2764\ufe0f \U0001f44d\U0001f3fd",
    "\U0001d400\U0001d401 \U00010400\U00010428 \U00020000\U0002a6df",
    "\ufb01 \ufb03 \u2122 \u00aa \u33a1 \uff21\uff22 \uff76\uff9e",
    "東京の夜景 video 高解像度",
    "Привет мир hello κόσμε नमस्ते שלום مرحبا สวัสดี",
    "p\u0430ypal mixed\u0456n \u00e5\u0450",
    "a" * 300,
    "restoration" * 40,
    "word " * 100,
    "\u00e9" * 120 + "!" * 130,
    "!!!??? ... --- ___ ###$$$%%%^^^&&&***((()))",
    "a.b,c;d:e!f?g(h)i[j]k{l}m<n>o\"p'q`r~s@t#u$v%w^x&y*z",
    "</w> a</w>b <unk> <s> </s> <pad> <0x41> \u2581 \u2581a a\u2581b",
    "a<|endoftext|>b <|startoftext|> <|ENDOFTEXT|> <| endoftext |>",
    "a<|ENDOFTEXT|>! !<|StartOfText|>?",
    "[sep] a[sep]b  [sep]  [se p]",
    "\x00\x01\x02 \x1b[31mred\x1b[0m \x7f \x80 \x9f",
    "\ue000 \uffff \U0010ffff \ufffd",
    "&amp; &lt;b&gt; &quot;",
    "The quick brown fox jumps over the lazy dog; it doesn't care.",
    "videos Videos VIDEOS photo photographers waterfalls",
    "x" + " " * 50 + "y",
    "a\u0300\u0301\u0302\u0303\u0304 b\u20dd \u0e01\u0e33",
    "noise,noise;noise.noise",
]


def trained_bpe(folder):
    """Ties of the training are broken by chance: a vocabulary that is there stays."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers

    trained = Tokenizer(models.BPE(end_of_word_suffix="</w>"))
    trained.normalizer = normalizers.Sequence([normalizers.NFC(), normalizers.Lowercase()])
    trained.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet(), key=lambda c: (ord(c) >= 256, ord(c)))
    trainer = trainers.BpeTrainer(
        vocab_size=900, end_of_word_suffix="</w>", initial_alphabet=alphabet, show_progress=False
    )
    trained.train_from_iterator([w for s in SENTENCES for w in s.split()], trainer)
    merges = [tuple(m) for m in json.loads(trained.to_str())["model"]["merges"]]
    tokens = alphabet + [c + "</w>" for c in alphabet]
    for a, b in merges:
        if a + b not in tokens:
            tokens.append(a + b)
    tokens += ["<|startoftext|>", "<|endoftext|>"]
    vocab = {t: i for i, t in enumerate(tokens)}
    lines = "".join(f"{a} {b}\n" for a, b in merges)
    (folder / "bpe_vocab.json").write_text(json.dumps(vocab, ensure_ascii=False), encoding="utf-8")
    (folder / "bpe_merges.txt").write_text("#version: 0.2\n" + lines, encoding="utf-8")


def bpe(folder):
    from transformers import CLIPTokenizer

    if not (folder / "bpe_vocab.json").exists():
        trained_bpe(folder)
    vocab = json.loads((folder / "bpe_vocab.json").read_text(encoding="utf-8"))
    merges = [tuple(line.split()) for line in (folder / "bpe_merges.txt").read_text(encoding="utf-8").splitlines()[1:]]
    reference = CLIPTokenizer(vocab=vocab, merges=merges)
    rows = []
    for text in TEXTS:
        ids = reference(text, add_special_tokens=False)["input_ids"]
        row = reference(text, padding="max_length", max_length=20, truncation=True)["input_ids"]
        rows.append({"text": text, "ids": ids, "row": row})
    return rows


def unigram(folder, name, **options):
    import sentencepiece

    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(SENTENCES * 4),
        model_writer=model,
        model_type="unigram",
        hard_vocab_limit=False,
        pad_id=0,
        eos_id=1,
        bos_id=2,
        unk_id=3,
        minloglevel=2,
        num_threads=1,
        **options,
    )
    (folder / f"{name}.model").write_bytes(model.getvalue())
    reference = sentencepiece.SentencePieceProcessor(model_proto=model.getvalue())
    return [
        {"text": text, "normalised": reference.normalize(text), "ids": reference.encode(text)} for text in TEXTS
    ]


def main(folder):
    folder.mkdir(parents=True, exist_ok=True)
    answers = {
        "bpe": bpe(folder),
        "identity": unigram(folder, "identity", vocab_size=220, normalization_rule_name="identity"),
        "nmt_nfkc": unigram(
            folder, "nmt_nfkc", vocab_size=260, normalization_rule_name="nmt_nfkc", user_defined_symbols=["[sep]", "\ufb01"]
        ),
        "bytes": unigram(
            folder,
            "bytes",
            vocab_size=500,
            normalization_rule_name="identity",
            byte_fallback=True,
            remove_extra_whitespaces=False,
            character_coverage=0.98,
        ),
    }
    (folder / "answers.json").write_text(json.dumps(answers, indent=0), encoding="ascii")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else HERE)
