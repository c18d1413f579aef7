"""A folder saved by Hugging Face `datasets`; needs the extra `train`.

Read are columns `text` and `spans` (start, end, label), or `tokens` and `ner_tags` as most published NER
sets have them. Only folders on disk: nothing is fetched, no loading script is run.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from claimml.document import Document
from claimml.errors import FormatError, MissingExtra
from claimml.formats import conll
from claimml.formats.lines import id_of, text_of
from claimml.formats.offsets import Repair, document, found_spans, settle


def _datasets() -> Any:
    try:
        import datasets
    except ImportError as error:
        raise MissingExtra("train", error) from error
    return datasets


def read(path: Path, repairs: list[Repair]) -> Iterator[Document]:
    """Documents in order, of all splits in turn where the folder has several."""
    loaded = _datasets().load_from_disk(str(path))
    splits = loaded.items() if isinstance(loaded, dict) else [("", loaded)]
    for split, dataset in splits:
        name = f"{path}/{split}" if split else str(path)
        if {"text", "spans"} <= set(dataset.column_names):
            yield from _read_spans(dataset, name, repairs)
        elif {"tokens", "ner_tags"} <= set(dataset.column_names):
            yield from _read_tokens(dataset, name, repairs)
        else:
            raise FormatError(f"{name}: columns {dataset.column_names}; needed are text and spans, or tokens and ner_tags")


def _read_spans(dataset: Any, name: str, repairs: list[Repair]) -> Iterator[Document]:
    for number, row in enumerate(dataset):
        where = f"{name}:{number}"
        id = id_of(row, where)
        text = text_of(row, where)
        yield document(text, settle(text, found_spans(row["spans"], where), id, repairs), id, where)


def _read_tokens(dataset: Any, name: str, repairs: list[Repair]) -> Iterator[Document]:
    feature = getattr(dataset.features["ner_tags"], "feature", None)
    names = getattr(feature, "names", None)
    for number, row in enumerate(dataset):
        where = f"{name}:{number}"
        id = id_of(row, where)
        tags = [names[tag] if names and isinstance(tag, int) else str(tag) for tag in row["ner_tags"]]
        yield conll.from_tokens(row["tokens"], tags, id, where)


def write(documents: Iterable[Document], folder: Path) -> None:
    """A dataset with columns id, text and spans, held in memory while it is made."""
    datasets = _datasets()
    features = datasets.Features(
        {
            "id": datasets.Value("string"),
            "text": datasets.Value("large_string"),
            "spans": [{"start": datasets.Value("int64"), "end": datasets.Value("int64"), "label": datasets.Value("string")}],
        }
    )
    rows = [
        {
            "id": item.id,
            "text": item.text,
            "spans": [{"start": span.start, "end": span.end, "label": span.label} for span in item.spans],
        }
        for item in documents
    ]
    datasets.Dataset.from_list(rows, features=features).save_to_disk(str(folder))
