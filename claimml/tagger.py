"""Who tags: the protocol, and the way to one by name.

A tagger is anything with `name`, `labels` and `tag`: the rules, a model directory, a fake in a test.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Protocol

from claimml.document import Document
from claimml.errors import MissingExtra, ModelError

RULES = "rules"
DEFAULT = "mini"


class Tagger(Protocol):
    """Texts in, documents out, in the same order; the same text gives the same spans in any company."""

    @property
    def name(self) -> str: ...

    @property
    def labels(self) -> tuple[str, ...]: ...

    def tag(self, texts: Sequence[str]) -> list[Document]: ...


def shipped() -> dict[str, Path]:
    """The models that came with the package, by name."""
    package = Path(__file__).parent
    # Installed, they lie in the package; in a checkout, beside it.
    homes = (package / "models", package.parent / "models")
    return {path.parent.name: path.parent for home in homes for path in sorted(home.glob("*/manifest.json"))}


def load(name: str | Path | None = None, *, threads: int | None = None) -> Tagger:
    """The tagger of that name: "rules", a shipped model's name, or a model directory.

    None is the default: the shipped model "mini" where it is there, else the rules; the answer's
    `tagger` says which. Whoever asks for a model by name gets it or a `ModelError`, never another.
    `threads`: how many windows a model tags at once (default: one for each core).
    """
    models = shipped()
    if name is None:
        name = DEFAULT if DEFAULT in models else RULES
    if str(name) == RULES:
        from claimml.rules import RuleTagger

        return RuleTagger()
    directory = models.get(str(name), Path(name))
    if not directory.is_dir():
        raise ModelError(f"{name}: no such model; there are {', '.join([RULES, *models])}, or give a model directory")
    try:
        from claimml.model import OnnxTagger

        return OnnxTagger(directory, threads=threads)
    except ImportError as error:
        if isinstance(error, MissingExtra):
            raise
        raise ModelError(f"{error.name} is missing, which models need: pip install claimml, or use model='rules'") from error


@functools.cache
def _cached(name: str | Path | None) -> Tagger:
    return load(name)


def predict(text: str, *, model: str | Path | None = None) -> Document:
    """Tag one text and read its claims.

    `model` as in `load`; the tagger is kept for the next call. The document's `tagger` says who
    answered. Raises `TypeError` for anything but a string.
    """
    if not isinstance(text, str):
        raise TypeError(f"predict takes one text, not {type(text).__name__}; for many, load(name).tag(texts)")
    from claimml.claims import with_claims

    return next(with_claims(_cached(model).tag([text])))


def stream(tagger: Tagger, texts: Iterable[str], *, batch: int = 64) -> Iterator[Document]:
    """Tag a corpus that need not fit in memory: documents come as texts go, `batch` at a time."""
    iterator = iter(texts)
    while chunk := list(islice(iterator, batch)):
        yield from tagger.tag(chunk)
