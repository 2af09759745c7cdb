"""A small Transformer that tells which package of Python's standard library a snippet of source comes from.

The text is that of the Python that runs this: there is no download. The network trains itself when it is first asked
for, in less than a minute, and keeps its weights beside this file. Other versions of Python have other text, and so
other weights and other figures.
"""

import importlib.util
import re
import sys
import zlib
from collections import Counter
from functools import cache
from pathlib import Path

import torch
from torch import nn

from autoquant import DataSplits, Split

WEIGHTS = Path(__file__).with_name("weights.pt")
PACKAGES = ("asyncio", "ctypes", "email", "http", "importlib", "logging", "multiprocessing", "unittest", "xml")
LENGTH, WORDS = 32, 1500
"""Words in a snippet, and in the vocabulary: 0 stands for all others."""
EPOCHS, BATCH = 4, 64
PARTS = {"calibration": (0, 10), "search": (10, 25), "test": (25, 40), "training": (40, 100)}
"""Which files, by a number from 0 to 99 that their path and their place give, belong to which split."""


class TextClassifier(nn.Module):
    """Embedding, two encoder layers, mean, linear (Vaswani et al. 2017): (n, LENGTH) words -> (n, packages)."""

    def __init__(self, width: int = 48, heads: int = 4) -> None:
        super().__init__()
        self.words, self.positions = nn.Embedding(WORDS, width), nn.Embedding(LENGTH, width)
        layer = nn.TransformerEncoderLayer(width, heads, 2 * width, dropout=0.2, batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, num_layers=2, enable_nested_tensor=False)
        self.classifier = nn.Linear(width, len(PACKAGES))

    def forward(self, words: torch.Tensor) -> torch.Tensor:
        x = self.words(words) + self.positions(torch.arange(LENGTH))
        return self.classifier(self.encoder(x).mean(dim=1))


@cache
def snippets() -> dict[str, list[tuple[list[str], int]]]:
    """Split -> (words, package) of its snippets. No snippet of one split shares a stretch of source with another."""
    found: dict[str, list[tuple[list[str], int]]] = {part: [] for part in PARTS}
    for label, package in enumerate(PACKAGES):
        spec = importlib.util.find_spec(package)
        if spec is None or not spec.submodule_search_locations:
            raise FileNotFoundError(f"this Python has no package {package}")
        folder = Path(spec.submodule_search_locations[0])
        for file in sorted(folder.rglob("*.py")):
            words = re.findall(r"[a-z]+", file.read_text(encoding="utf-8", errors="replace").lower())
            for start in range(0, len(words) - LENGTH, LENGTH):
                snippet = words[start : start + LENGTH]
                place = f"{package}/{file.relative_to(folder).as_posix()}:{start // (8 * LENGTH)}"
                number = zlib.crc32(place.encode()) % 100
                part = next(name for name, (low, high) in PARTS.items() if low <= number < high)
                found[part].append((snippet, label))
    return found


@cache
def vocabulary() -> dict[str, int]:
    """The most common words of the training snippets, from 1; names of the packages are not among them."""
    counts = Counter(word for snippet, _ in snippets()["training"] for word in snippet if word not in PACKAGES)
    common = sorted(counts, key=lambda word: (-counts[word], word))[: WORDS - 1]
    return {word: number for number, word in enumerate(common, 1)}


def examples(part: str) -> Split:
    """The snippets of one split as numbers of words, each once, with their packages."""
    known = vocabulary()
    unique = {tuple(known.get(word, 0) for word in snippet): label for snippet, label in snippets()[part]}
    return Split(torch.tensor(list(unique)), torch.tensor(list(unique.values())))


def train(seed: int = 0) -> TextClassifier:
    """The trained network."""
    torch.manual_seed(seed)
    network, training = TextClassifier(), examples("training")
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-3, weight_decay=1e-2)
    steps = EPOCHS * -(-len(training) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 3e-3, total_steps=steps)
    for _ in range(EPOCHS):
        for batch in torch.randperm(len(training)).split(BATCH):
            loss = nn.functional.cross_entropy(network(training.inputs[batch]), training.targets[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
    return network


def trained() -> nn.Module:
    """The network, trained when there are no weights for this Python beside this file."""
    kept = torch.load(WEIGHTS, weights_only=True) if WEIGHTS.exists() else {}
    if kept.get("python") != sys.version:
        kept = {"python": sys.version, "state": train().state_dict()}
        torch.save(kept, WEIGHTS)
    network = TextClassifier()
    network.load_state_dict(kept["state"])
    return network.eval()


def data() -> DataSplits:
    """Snippets that the network was not trained on."""
    return DataSplits(search=examples("search"), test=examples("test"), calibration=examples("calibration"))


if __name__ == "__main__":
    network, test = trained(), data().test
    with torch.inference_mode():
        right = (network(test.inputs).argmax(1) == test.targets).float().mean()
    print(f"{right:.1%} of {len(test)} test snippets right, {len(PACKAGES)} packages; weights in {WEIGHTS}")
