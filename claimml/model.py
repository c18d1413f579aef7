"""The ONNX tagger: windows -> log-probabilities -> best valid path -> spans with calibrated scores.

A model directory holds

    manifest.json     what it is: format, labels, window, calibration, SHA-256 of the files below
    tokenizer.json    of the tokenizers library
    model.onnx        input_ids, and attention_mask if it takes one: (batch, length) int64 -> logits: (batch, length, tags),

and whatever else other tools want (config.json, model.safetensors, a card). Nothing in it is code.
A manifest may give a "prior": how much (in nats) the tag that the rules give a token is favoured. So a
small network is told what the lexicon knows, and overrules it where it is surer than that.
A window goes through the network alone: int8 activations are scaled by what else is in the batch,
and the same text must give the same spans in any company.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from claimml.document import Document, Span
from claimml.errors import ModelError
from claimml.tagging import allowed_transitions, best_path, decode, encode, tag_names

if TYPE_CHECKING:
    import numpy as np
    from tokenizers import Encoding, Tokenizer

    Array = np.ndarray[Any, Any]

FORMAT = 1

# A sentence ends at a line break, or at closing punctuation before a blank and a capital, a figure or
# a quotation mark. Cuts decide only what shares a window; a wrong one costs context, never text.
_SENTENCE_END = re.compile(r"\n+|(?<=[.!?…])[\"'”’)\]]*[^\S\n]+(?=[\"'“‘(\[]*[A-Z0-9])")


_LINE_BREAK = re.compile("\n")

_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Window:
    """Tokens `[start, end)` of a text go through the network together; `[keep_start, keep_end)` are read."""

    start: int
    end: int
    keep_start: int
    keep_end: int


Job = tuple["Encoding", Window]


def windows(text: str, starts: Sequence[int], size: int, overlap: int = 32) -> list[Window]:
    """Cover the tokens of a text, each read once, by windows of at most `size` tokens.

    `starts` are the tokens' offsets. Whole sentences are put together as long as they fit; a sentence
    longer than a window gets windows that overlap, and a token is read where it stands deepest inside.
    """
    cuts = [bisect_left(starts, match.end()) for match in _SENTENCE_END.finditer(text)]
    borders = sorted({0, *cuts, len(starts)})
    result: list[Window] = []
    begin = 0
    for left, right in pairwise(borders):
        if right - begin <= size:
            continue
        if left > begin:
            result.append(Window(begin, left, begin, left))
            begin = left
        if right - begin > size:
            result.extend(_overlapping(begin, right, size, overlap))
            begin = right
    if begin < len(starts):
        result.append(Window(begin, len(starts), begin, len(starts)))
    return result


def _overlapping(begin: int, end: int, size: int, overlap: int) -> Iterator[Window]:
    overlap = min(overlap, size // 3)
    start, keep = begin, begin
    while True:
        stop = min(start + size, end)
        last = stop == end
        keep_end = stop if last else stop - overlap // 2
        yield Window(start, stop, keep, keep_end)
        if last:
            return
        keep = keep_end
        # The last window is pulled back, so that it too has all the context there is.
        start = min(stop - overlap, end - size)


def glued(text: str, offsets: Sequence[tuple[int, int]]) -> list[bool]:
    """True for each token that goes on the written word of the token before it."""
    marks = [False] * len(offsets)
    for i in range(1, len(offsets)):
        start = offsets[i][0]
        marks[i] = start == offsets[i - 1][1] and text[start - 1].isalnum() and text[start].isalnum()
    return marks


class OnnxTagger:
    """A tagger from a model directory; see the module's docstring for what lies in one.

    `threads` windows run at once, one core each (default: the cores of this process). Raises
    `ModelError` where the directory is missing, incomplete or at odds with itself.
    """

    def __init__(self, directory: str | Path, *, threads: int | None = None) -> None:
        import onnxruntime
        from tokenizers import Tokenizer

        self.directory = Path(directory)
        self.manifest = read_manifest(self.directory)
        self.name: str = self.manifest["name"]
        self.labels: tuple[str, ...] = tuple(self.manifest["labels"])
        self._tags = tag_names(self.labels)
        self._tokenizer: Tokenizer = Tokenizer.from_file(str(self.directory / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        self._start, self._end = special_tokens(self._tokenizer)
        self._size: int = self.manifest["window"] - len(self._start) - len(self._end)
        self._scale: float = self.manifest["calibration"]["scale"]
        self._shift: float = self.manifest["calibration"]["shift"]
        self._prior: float = self.manifest.get("prior", 0.0)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            self._session = onnxruntime.InferenceSession(
                str(self.directory / "model.onnx"), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # onnxruntime raises a zoo of its own
            raise ModelError(f"{self.directory / 'model.onnx'}: onnxruntime cannot open it ({error})") from error
        width = self._session.get_outputs()[0].shape[-1]
        if width != len(self._tags):
            raise ModelError(
                f"{self.directory}: manifest.json names {len(self.labels)} labels, which make {len(self._tags)} tags, "
                f"but model.onnx scores {width}; the files come from different models"
            )
        self._inputs = {entry.name for entry in self._session.get_inputs()}
        self.threads = threads or len(os.sched_getaffinity(0))
        self._pool = ThreadPoolExecutor(self.threads) if self.threads > 1 else None

    def tag(self, texts: Sequence[str]) -> list[Document]:
        """One document a text, in order. Every character is read, however long the text."""
        return tag_windows(
            texts,
            self._tokenizer,
            self._size,
            self._tags,
            self._run_all,
            scale=self._scale,
            shift=self._shift,
            name=self.name,
            prior=self._prior,
        )

    def _run_all(self, jobs: list[Job]) -> list[Array]:
        return list(self._pool.map(self._run, jobs)) if self._pool and len(jobs) > 1 else [self._run(job) for job in jobs]

    def _run(self, job: Job) -> Array:
        """(tokens, tags) of one window."""
        import numpy as np

        encoding, window = job
        ids = np.array([[*self._start, *encoding.ids[window.start : window.end], *self._end]], dtype=np.int64)
        feeds = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
        logits: Array = self._session.run(["logits"], {name: feeds[name] for name in self._inputs})[0][0]
        return logits[len(self._start) : len(self._start) + window.end - window.start]


def special_tokens(tokenizer: Tokenizer) -> tuple[list[int], list[int]]:
    """The ids that the tokenizer puts before and behind a text."""
    ids = tokenizer.encode("").ids
    return ids[: (len(ids) + 1) // 2], ids[(len(ids) + 1) // 2 :]


def tag_windows(
    texts: Sequence[str],
    tokenizer: Tokenizer,
    size: int,
    tags: Sequence[str],
    run: Callable[[list[Job]], list[Array]],
    *,
    scale: float = 1.0,
    shift: float = 0.0,
    name: str = "",
    prior: float = 0.0,
) -> list[Document]:
    """Tag texts with any network: `run` takes windows to their logits, (tokens of the window, tags) each.

    `size` is a window's tokens without the special ones; `scale` and `shift` calibrate the scores; the
    tags of the rules are favoured by `prior` nats. The
    shipped model and one half-way through training read, cut and decode by this very function.
    """
    # Half a surrogate pair is a character of Python's but of no encoding; tokenizers must not see it.
    encodings = tokenizer.encode_batch([_SURROGATE.sub("\ufffd", text) for text in texts], add_special_tokens=False)
    offsets = [
        [trimmed(text, start, end) for start, end in encoding.offsets] for text, encoding in zip(texts, encodings, strict=True)
    ]
    jobs: list[Job] = []
    owners: list[int] = []
    for number, (text, encoding) in enumerate(zip(texts, encodings, strict=True)):
        for window in windows(text, [start for start, _ in offsets[number]], size):
            jobs.append((encoding, window))
            owners.append(number)
    parts: list[list[Array]] = [[] for _ in texts]
    for owner, (_, window), logits in zip(owners, jobs, run(jobs), strict=True):
        parts[owner].append(_log_probabilities(logits[window.keep_start - window.start : window.keep_end - window.start]))
    if prior:
        _favour_rules(texts, offsets, parts, tags, prior)
    return [
        Document(text, _spans(text, offsets[number], parts[number], tags, scale, shift), tagger=name)
        for number, text in enumerate(texts)
    ]


def _favour_rules(
    texts: Sequence[str], offsets: list[list[tuple[int, int]]], parts: list[list[Array]], tags: Sequence[str], prior: float
) -> None:
    """Raise, in place, each token's log-probability of the tag that the rules give it, and set the sum to one again."""
    import numpy as np

    from claimml.rules import RuleTagger

    number = {tag: i for i, tag in enumerate(tags)}
    for place, document in enumerate(RuleTagger().tag(texts)):
        if parts[place]:
            found, _ = encode(document.spans, offsets[place])
            scores = np.concatenate(parts[place])
            scores[np.arange(len(scores)), [number.get(tag, 0) for tag in found]] += prior
            parts[place] = [_log_probabilities(scores)]


def _log_probabilities(logits: Array) -> Array:
    import numpy as np

    logits = logits.astype(np.float32)
    logits = logits - logits.max(axis=-1, keepdims=True)
    result: Array = logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))
    return result


def _spans(
    text: str, offsets: list[tuple[int, int]], parts: list[Array], tags: Sequence[str], scale: float, shift: float
) -> tuple[Span, ...]:
    import numpy as np

    if not parts:
        return ()
    scores = np.concatenate(parts)
    # Special pieces without characters (a blank alone, say) can be in no span.
    real = [i for i, (start, end) in enumerate(offsets) if start < end]
    if len(real) < len(offsets):
        scores, offsets = scores[real], [offsets[i] for i in real]
    # The network sees no line breaks: it must be told that nothing goes on over one (a headline's last
    # name and the first of the next line, say).
    starts = [start for start, _ in offsets]
    breaks = [match.start() for match in _LINE_BREAK.finditer(text)]
    firsts = {bisect_right(starts, place): place for place in breaks}
    lines = sorted(i for i, place in firsts.items() if 0 < i < len(offsets) and offsets[i - 1][1] <= place)
    inside = [i for i, tag in enumerate(tags) if tag.startswith("I-")]
    scores[np.ix_(lines, inside)] = -1e9
    path = _best_path_by_line(scores, tags, np.array(glued(text, offsets), dtype=bool), [0, *lines, len(offsets)])
    # Every span begins with its B: the tokens outside need no look.
    found = np.flatnonzero(path).tolist()
    first_of = {offsets[i][0]: i for i in found}
    last_of = {offsets[i][1]: i for i in found}
    own = scores[found, path[found]]
    places = {i: place for place, i in enumerate(found)}
    spans = []
    for span in decode([tags[path[i]] for i in found], [offsets[i] for i in found]):
        first, last = first_of[span.start], last_of[span.end]
        worst = float(own[places[first] : places[last] + 1].min())
        if last + 1 < len(offsets):
            goes_on = math.exp(scores[last + 1, tags.index(f"I-{span.label}")])
            worst = min(worst, math.log(max(1e-9, 1.0 - goes_on)))
        spans.append(Span(span.start, span.end, span.label, _calibrated(worst, scale, shift)))
    return tuple(spans)


def _best_path_by_line(scores: Array, tags: Sequence[str], joined: Array, borders: Sequence[int]) -> Array:
    """`best_path` of the tokens of each line `[borders[n], borders[n + 1])`: no line depends on another.

    Most lines follow the rules of BIO where each token takes its likeliest tag; only the others are searched.
    """
    import numpy as np

    path: Array = scores.argmax(axis=1)
    follows = np.stack([np.isfinite(allowed_transitions(tags)), _within_word(tags)])
    wrong = np.flatnonzero(~follows[joined[1:].astype(int), path[:-1], path[1:]]) + 1
    searched = {bisect_right(borders, place) - 1 for place in wrong.tolist()}
    if len(path) and tags[path[0]].startswith("I-"):
        searched.add(0)
    for line in searched:
        begin, end = borders[line], borders[line + 1]
        path[begin:end] = best_path(scores[begin:end], tags, joined[begin:end])
    return path


def _within_word(tags: Sequence[str]) -> Array:
    """(tags, tags) booleans: what may follow within a written word: O after O, I-X after B-X and I-X."""
    import numpy as np

    return np.array([[right == (left if left == "O" else f"I-{left[2:]}") for right in tags] for left in tags])


def _calibrated(log_probability: float, scale: float, shift: float) -> float:
    """The least sure tag's log-probability as the chance that the whole span is right."""
    odds = log_probability - math.log(max(1e-9, -math.expm1(min(log_probability, -1e-9))))
    return 1.0 / (1.0 + math.exp(-(scale * odds + shift)))


def trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """A token's offsets without the blanks that some tokenizers count in."""
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end


def read_manifest(directory: Path) -> dict[str, Any]:
    """The manifest of a model directory, its files held against the hashes it gives."""
    path = directory / "manifest.json"
    if not path.is_file():
        raise ModelError(f"{directory}: no manifest.json here; `python -m claimml.train` writes model directories")
    try:
        manifest: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        missing = {"format", "name", "labels", "window", "calibration", "sha256"} - manifest.keys()
    except (json.JSONDecodeError, UnicodeDecodeError, AttributeError) as error:
        raise ModelError(f"{path}: not a manifest ({error})") from None
    if missing:
        raise ModelError(f"{path}: {', '.join(sorted(missing))} missing; export the model again")
    if manifest["format"] != FORMAT:
        raise ModelError(f"{path}: format {manifest['format']}, this claimml reads {FORMAT}; pip install -U claimml")
    for name in ("tokenizer.json", "model.onnx"):
        file = directory / name
        if not file.is_file():
            raise ModelError(f"{directory}: {name} is missing; copy the whole directory")
        if hashlib.sha256(file.read_bytes()).hexdigest() != manifest["sha256"].get(name):
            raise ModelError(f"{file}: not the file that manifest.json was written for; copy the whole directory")
    return manifest
