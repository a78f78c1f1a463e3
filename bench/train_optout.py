"""Trains the last stage of the opt-out classifier and writes compliance/data/optout_model.toml.

    PYTHONPATH=. .venv/bin/python -m bench.train_optout

The corpora `dev_*.tsv` are for training; `held_out*.tsv` are for measuring only (bench/optout.py) and never read here.
Takes some seconds; the same corpora give the same file.
"""

import base64
import math
import random
import textwrap
from pathlib import Path

from compliance.optout import lexicon, normalise
from compliance.optout_model import features

ROOT = Path(__file__).resolve().parent.parent
CORPORA = ROOT / "tests" / "cases" / "optout"
TARGET = ROOT / "compliance" / "data" / "optout_model.toml"
BITS, EPOCHS, RATE, DECAY = 16, 12, 0.3, 1e-5
WEIGHT = {"start": 4, "confirm": 3, "help": 2}  # there are few, and to take one for a stop is a bad mistake
LABELS = {"stop": 1.0, "help": 0.0, "start": 0.0, "confirm": 0.0, "other": 0.0}


def lines() -> list[tuple[str, float]]:
    found = []
    for path in sorted(CORPORA.glob("dev_*.tsv")):
        for line in path.read_text(encoding="utf-8").splitlines():
            _, label, text = line.split("\t")
            if label in LABELS:  # a header has none
                found += [(text, LABELS[label])] * WEIGHT.get(label, 1)
    return found


def train(told: list[tuple[str, float]]) -> tuple[list[float], float]:
    """AdaGrad over the lines in a fixed disorder. Returns weights and bias."""
    dice = random.Random(1)
    words = lexicon()
    plain = [
        (" ".join(words.benign.without(normalise(text, words.single)).split()), label) for text, label in told
    ]
    examples = [(sorted(features(text, BITS)), label) for text, label in plain]
    weights, squares, bias = [0.0] * (1 << BITS), [1e-8] * (1 << BITS), 0.0
    for _ in range(EPOCHS):
        dice.shuffle(examples)
        for found, label in examples:
            share = 1 / math.sqrt(len(found) + 1)
            score = bias + share * sum(weights[f] for f in found)
            wrong = 1 / (1 + math.exp(-max(-30.0, min(30.0, score)))) - label
            bias -= 0.02 * wrong
            for f in found:
                slope = wrong * share + DECAY * weights[f]
                squares[f] += slope * slope
                weights[f] -= RATE * slope / math.sqrt(squares[f])
    return weights, bias


def main() -> None:
    told = lines()
    weights, bias = train(told)
    scale = max(map(abs, weights)) / 127
    packed = base64.b64encode(bytes(round(w / scale) % 256 for w in weights)).decode()
    rows = "\n".join(f'  "{row}",' for row in textwrap.wrap(packed, 110))
    TARGET.write_text(
        f"# Made by bench/train_optout.py from {len(told)} lines: see compliance/optout_model.py.\n"
        f"bits = {BITS}\nbias = {bias:.6f}\nscale = {scale:.9f}\nweights = [\n{rows}\n]\n",
        encoding="utf-8",
    )
    print(
        f"{TARGET.relative_to(ROOT)}: {len(told)} lines, {sum(1 for w in weights if abs(w) >= scale / 2)} weights"
    )


if __name__ == "__main__":
    main()
