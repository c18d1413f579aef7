"""Documents to and from files: one file, a folder, or a standard stream; any format, known by name and content.

    read("articles.jsonl"), read("gold/dev"), read("-"), read("gold", texts="seeds")
    write(documents, "out.conll"), write(documents, "folder", format="brat")

Text files are read as they stand, without newline translation, so that offsets count what is in the
file. Spans are verified; what had to be repaired is warned of once per file and listed on request.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import re
import sys
import warnings
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, cast

from claimml.document import Document
from claimml.errors import FormatError
from claimml.formats import brat, conll, docbin, doccano, hf, jsonl, labelstudio, marks, pairs, standoff, text
from claimml.formats.lines import BOM, decode, refuse_surrogates
from claimml.formats.offsets import Repair

__all__ = ["FORMATS", "Repair", "read", "write"]

Reader = Callable[[Iterable[bytes], str, list[Repair]], Iterator[Document]]
Writer = Callable[[Iterable[Document], BinaryIO], None]

_READERS: dict[str, Reader] = {
    "jsonl": jsonl.read,
    "conll": conll.read,
    "bioes": conll.read,
    "bilou": conll.read,
    "marks": marks.read,
    "doccano": doccano.read,
    "labelstudio": labelstudio.read,
    "docbin": docbin.read,
}
_WRITERS: dict[str, Writer] = {
    "jsonl": jsonl.write,
    "conll": conll.write,
    "bioes": conll.write_bioes,
    "bilou": conll.write_bilou,
    "marks": marks.write,
    "doccano": doccano.write,
    "labelstudio": labelstudio.write,
    "docbin": docbin.write,
    "standoff": standoff.write,
}
_FOLDER_WRITERS: dict[str, Callable[[Iterable[Document], Path], None]] = {
    "text": text.write,
    "pairs": pairs.write,
    "brat": brat.write,
    "hf": hf.write,
}
FORMATS = (*_WRITERS, *_FOLDER_WRITERS)

# Suffixes that name a format by themselves; those of _BY_CONTENT are known by their first line.
_SUFFIXES = {".conll": "conll", ".conllu": "conll", ".bio": "conll", ".iob": "conll", ".iob2": "conll"} | {
    ".bioes": "bioes",
    ".bilou": "bilou",
    ".ann": "brat",
    ".spacy": "docbin",
}
_PACKED = (".gz", ".xz")
_BY_CONTENT = (".jsonl", ".ndjson", ".json", ".txt")
# The suffixes that a format has in a folder, where the format is given.
_IN_FOLDER = dict.fromkeys(("jsonl", "doccano", "standoff", "labelstudio"), (".jsonl", ".ndjson", ".json")) | {
    "marks": (".txt",),
    "text": (".txt",),
    "pairs": (".jsonl",),
    "brat": (".ann",),
    "docbin": (".spacy",),
    "hf": (),
}
_CONLL = (*(suffix for suffix, name in _SUFFIXES.items() if name in ("conll", "bioes", "bilou")), ".txt", ".tsv")
_MARKS = re.compile(rb"=== \S+( \d{4}-\d\d-\d\d)?\r?\n?")


def read(
    path: str | Path,
    *,
    format: str | None = None,
    texts: str | Path | None = None,
    repairs: list[Repair] | None = None,
) -> Iterator[Document]:
    """The documents of a file, of all files in a folder, or of standard input ("-"), one at a time.

    `format` is one of `FORMATS`; None finds it by name and content. `texts` is the folder of the texts
    where `path` holds spans only. A folder is read with its subfolders, in order of name, except with
    `texts`; other files and names that begin with a dot are passed over. `.gz` and `.xz` are unpacked.
    Raises `FormatError` with file, line and remedy, `MissingExtra` for a format whose package is missing.
    """
    if format is not None and format not in FORMATS:
        raise FormatError(f"unknown format {format!r}; known: {', '.join(FORMATS)}")
    folder = None if texts is None else Path(texts)
    if folder is not None and not folder.is_dir():
        raise FormatError(f"{folder}: no such folder of texts")
    if str(path) != "-" and not Path(path).exists():
        raise FormatError(f"{path}: no such file or folder")
    return _read(path, format, folder, [] if repairs is None else repairs)


def _read(path: str | Path, format: str | None, texts: Path | None, repairs: list[Repair]) -> Iterator[Document]:
    if str(path) == "-":
        with _warned("standard input", repairs):
            yield from _read_lines(sys.stdin.buffer, "stdin", "", format, texts, repairs)
        return
    path = Path(path)
    if not path.is_dir():
        yield from _read_file(path, format, texts, repairs, id=_stem(path.name))
    elif _is_dataset(path):
        if format not in (None, "hf"):
            raise FormatError(f"{path}: a folder saved by datasets, not {format}; leave format out or give 'hf'")
        yield from hf.read(path, repairs)
    else:
        empty = True
        for file, found in _files(path, path, format, texts):
            empty = False
            id = (file.relative_to(path).parent / _stem(file.name)).as_posix()
            yield from _read_file(file, found, texts, repairs, id)
        if empty:
            wanted = f"of format {format}" if format else f"to read; formats: {', '.join(FORMATS)}"
            raise FormatError(f"{path}: no file here {wanted}")


def _read_file(path: Path, format: str | None, texts: Path | None, repairs: list[Repair], id: str) -> Iterator[Document]:
    with _warned(str(path), repairs):
        if format == "pairs" and path.suffix == ".txt":
            path = path.with_suffix(".jsonl")
        if format == "brat" or (format is None and path.suffix == ".ann"):
            yield brat.read(path, id, repairs)
        elif format == "text" and path.suffix not in _PACKED:
            yield text.read(path, id, repairs)
        else:
            with _opened(path) as lines:
                yield from _read_lines(lines, str(path), id, format, texts, repairs)


def _read_lines(
    lines: Iterable[bytes], name: str, id: str, format: str | None, texts: Path | None, repairs: list[Repair]
) -> Iterator[Document]:
    """Documents of one open file; its first line that is not blank tells the format where none is given."""
    iterator = iter(lines)
    head = []
    for line in iterator:
        head.append(line)
        if line.strip():
            break
    if head and head[0].startswith(b"\x1f\x8b"):
        raise FormatError(f"{name}: gzip data; unpack it first (gzip -dc), or name the file .gz")
    suffix = Path(_unpacked(name)).suffix
    format = format or _SUFFIXES.get(suffix) or _format_of(head[-1] if head else b"", suffix)
    lines = itertools.chain(head, iterator)
    if format == "text":
        yield Document(decode(b"".join(lines), name), id=id or name)
    elif format == "pairs" and id:
        source = None if texts is None else texts / f"{id}.txt"
        yield pairs.read(Path(name), id, repairs, source)
    elif format == "standoff":
        yield from standoff.read(lines, name, repairs, texts)
    elif format not in _READERS:
        raise FormatError(f"{name}: {format} needs files in a folder; give the path of the folder")
    elif texts is not None:
        raise FormatError(f"{name}: {format} brings its own texts; leave the folder of texts out")
    else:
        yield from _READERS[format](lines, name, repairs)


def _format_of(line: bytes, suffix: str) -> str:
    """The format that a file's first line betrays."""
    stripped = line.removeprefix(BOM.encode()).strip()
    if stripped.startswith(b"{") and suffix != ".txt":
        try:
            values = json.loads(stripped)
        except ValueError:
            return "jsonl" if suffix in _BY_CONTENT else "text"
        if "text" not in values or {"start", "end", "label"} <= values.keys():
            if "sha256" in values:
                return "standoff"
            return "pairs" if {"start", "end", "label"} <= values.keys() else "jsonl"
        doccano_key = any(isinstance(values.get(key), list) for key in ("label", "labels", "entities"))
        return "doccano" if doccano_key and "spans" not in values else "jsonl"
    if suffix == ".json" or (suffix != ".txt" and re.match(rb"\[\s*(\{|$)", stripped)):
        return "labelstudio"
    if suffix in (".jsonl", ".ndjson"):
        return "jsonl"
    return "marks" if _MARKS.fullmatch(line.removeprefix(BOM.encode())) else "text"


def _files(root: Path, folder: Path, format: str | None, texts: Path | None) -> Iterator[tuple[Path, str | None]]:
    """The files of a folder that are documents, each with its format (None: by content), in order of name."""
    entries = sorted(entry for entry in folder.iterdir() if not entry.name.startswith("."))
    names = {entry.name for entry in entries}
    for entry in entries:
        if entry.is_dir():
            if texts is None:
                yield from _files(root, entry, format, texts)
            continue
        suffix = Path(_unpacked(entry.name)).suffix
        stem = _stem(entry.name)
        if format is not None:
            if suffix in _IN_FOLDER.get(format, _CONLL):
                yield entry, format
        elif entry.suffix == ".txt" and f"{stem}.ann" in names:
            continue  # the text of a brat pair, read with its .ann
        elif entry.suffix == ".txt" and f"{stem}.jsonl" in names:
            if not _is_pair(folder / f"{stem}.jsonl"):
                yield entry, None
        elif entry.suffix == ".jsonl" and (texts is not None or f"{stem}.txt" in names):
            yield entry, "pairs" if _is_pair(entry) else None
        elif suffix in _SUFFIXES or suffix in _BY_CONTENT:
            yield entry, None


def _is_pair(path: Path) -> bool:
    """Whether a .jsonl holds the spans of one text: one span a line, or nothing."""
    with path.open("rb") as lines:
        first = next((line for line in lines if line.strip()), b"")
    return not first or _format_of(first, ".jsonl") == "pairs"


def _is_dataset(path: Path) -> bool:
    return any((path / name).is_file() for name in ("dataset_info.json", "dataset_dict.json"))


def _unpacked(name: str) -> str:
    for suffix in _PACKED:
        name = name.removesuffix(suffix)
    return name


def _stem(name: str) -> str:
    name = _unpacked(name)
    suffix = Path(name).suffix
    return name.removesuffix(suffix) if suffix in _SUFFIXES or suffix in _BY_CONTENT else name


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    """The bytes of a file, unpacked; `FormatError` where they cannot be had."""
    try:
        if path.suffix == ".gz":
            import gzip

            with gzip.open(path, "rb") as lines:
                yield cast(BinaryIO, lines)
        elif path.suffix == ".xz":
            import lzma

            try:
                with lzma.open(path, "rb") as lines:
                    yield cast(BinaryIO, lines)
            except lzma.LZMAError as error:
                raise OSError(str(error)) from None
        else:
            with path.open("rb") as lines:
                yield lines
    except (EOFError, OSError, zlib.error) as error:
        raise FormatError(f"{path}: cannot be read ({error}); check the file and its permissions") from None


@contextlib.contextmanager
def _warned(name: str, repairs: list[Repair]) -> Iterator[None]:
    """One warning for all repairs made inside."""
    before = len(repairs)
    try:
        yield
    finally:  # also for a reader who stops half-way
        made = repairs[before:]
        if made:
            warnings.warn(f"{name}: offsets of {len(made)} spans repaired, the first: {made[0]}", stacklevel=3)


def write(documents: Iterable[Document], path: str | Path, format: str | None = None) -> None:
    """Write documents to a file, a folder or standard output ("-"), whole or not at all.

    `format` is one of `FORMATS`; None takes it from the suffix (jsonl on standard output). The formats
    text, pairs, brat and hf make a folder, which must be new or empty. `.gz` and `.xz` pack. What a format
    cannot carry is refused with `FormatError`, never altered. Scores, claims and the tagger's name are
    kept by jsonl alone.
    """
    if str(path) == "-":
        format = format or "jsonl"
        if format not in _WRITERS:
            raise FormatError(f"{format} cannot go to standard output; formats that can: {', '.join(_WRITERS)}")
        _WRITERS[format](_writable(documents), sys.stdout.buffer)
        sys.stdout.buffer.flush()
        return
    path = Path(os.path.realpath(path))
    suffix = Path(_unpacked(path.name)).suffix
    format = format or _SUFFIXES.get(suffix) or {".jsonl": "jsonl", ".ndjson": "jsonl"}.get(suffix)
    if format not in FORMATS:
        problem = f"unknown format {format!r}" if format else "the name does not say in which format to write"
        raise FormatError(f"{path}: {problem}; give one of {', '.join(FORMATS)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if format in _WRITERS:
            with _whole_file(path) as stream:
                _WRITERS[format](_writable(documents), stream)
        else:
            with _whole_folder(path) as folder:
                _FOLDER_WRITERS[format](_writable(documents), folder)
    except OSError as error:
        raise FormatError(f"{path}: cannot be written ({error}); choose another place") from error


def _writable(documents: Iterable[Document]) -> Iterator[Document]:
    for item in documents:
        refuse_surrogates(item.text, f"document {item.id!r}")
        refuse_surrogates(item.id, f"id {item.id!r}")
        yield item


@contextlib.contextmanager
def _whole_file(path: Path) -> Iterator[BinaryIO]:
    """A stream that takes the place of `path` when all is written, and leaves no trace when it is not."""
    if path.is_dir():
        raise FormatError(f"{path}: a folder, and this format writes one file; name a file")
    if path.exists() and not path.is_file():  # a device or a pipe: nothing can take its place
        with path.open("wb") as raw:
            yield raw
        return
    import tempfile  # here, since it and shutil take longer to import than all the rest

    handle, name = tempfile.mkstemp(prefix=f".{path.name[:100]}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as raw:
            with _packing(raw, path) as stream:
                yield stream
            raw.flush()
            os.fsync(raw.fileno())
        os.chmod(name, 0o666 & ~_umask())
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise


@contextlib.contextmanager
def _packing(raw: BinaryIO, path: Path) -> Iterator[BinaryIO]:
    if path.suffix == ".gz":
        import gzip

        # Neither name nor time in the header: the same documents give the same bytes.
        with gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0) as packed:
            yield cast(BinaryIO, packed)
    elif path.suffix == ".xz":
        import lzma

        with lzma.LZMAFile(raw, "wb") as stream:
            yield cast(BinaryIO, stream)
    else:
        yield raw


@contextlib.contextmanager
def _whole_folder(path: Path) -> Iterator[Path]:
    """A folder that becomes `path` when all is written, and leaves no trace when it is not."""
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise FormatError(f"{path}: is there already and not empty; remove it or choose another folder")
    import shutil
    import tempfile

    name = Path(tempfile.mkdtemp(prefix=f".{path.name[:100]}.", dir=path.parent))
    try:
        yield name
        os.chmod(name, 0o777 & ~_umask())
        os.replace(name, path)
    except BaseException:
        shutil.rmtree(name, ignore_errors=True)
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
