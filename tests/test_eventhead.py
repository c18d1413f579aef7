"""The event head on a small encoder made here from random: what it learns, exports and says."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest
from test_finetune import SENTENCES, make_encoder, marked
from test_finetune import one_thread as one_thread

from claimml import claims, load
from claimml.claims import EVENTS, STATUSES, Claim, Evidence
from claimml.claims.score import write_standoff
from claimml.document import Document
from claimml.errors import ConfigError, FormatError, ModelError
from claimml.eventhead import fit_events, learn, words_of
from claimml.export import export

pytest.importorskip("torch")
pytestmark = [pytest.mark.train, pytest.mark.filterwarnings("ignore")]

# The word that tells of an event in each of the sentences, and of which.
TOLD = {"mengirim": "transfer", "menguji": "test", "membeli": "transfer", "membuat": "production", "menyerahkan": "transfer"}


def told(number: int) -> Document:
    document = marked(SENTENCES[number % len(SENTENCES)], f"article-{number}")
    for word, event in TOLD.items():
        start = document.text.find(word)
        if start >= 0:
            evidence = Evidence(0, len(document.text), (start, start + len(word)))
            status = "alleged" if event == "test" else "asserted"
            return dataclasses.replace(document, claims=(Claim(event, status, evidence),))
    return document


DOCUMENTS = [told(number) for number in range(30)]


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Any]:
    from transformers import AutoModelForTokenClassification, AutoTokenizer

    directory = make_encoder(tmp_path_factory.mktemp("events") / "encoder")
    return (
        AutoModelForTokenClassification.from_pretrained(directory, num_labels=9).eval(),
        AutoTokenizer.from_pretrained(directory),
    )


def test_words_of_sentences_that_could_tell(encoder: tuple[Any, Any]) -> None:
    words = words_of(*encoder, DOCUMENTS, 64)
    assert words.states.shape == (len(words.places), 2 * encoder[0].config.hidden_size)
    surfaces = {DOCUMENTS[number].text[start:].split()[0] for number, start in words.places}
    assert {"mengirim", "menguji"} <= surfaces
    assert "Harga" not in surfaces, "a sentence without any span tells of nothing"
    assert "rudal" not in surfaces, "spans are no triggers"
    for (number, start), event in zip(words.places, words.events.tolist(), strict=True):
        word = DOCUMENTS[number].text[start:].split()[0]
        assert event == (1 + EVENTS.index(TOLD[word]) if word in TOLD else 0)


def test_a_head_learns_its_words_and_twice_the_same(encoder: tuple[Any, Any]) -> None:
    import torch

    words = words_of(*encoder, DOCUMENTS, 64)
    every = torch.ones(len(words.events), dtype=torch.bool)
    heads = [learn(words, every, epochs=100, seed=3) for _ in range(2)]
    with torch.no_grad():
        first, second = (head(words.states) for head in heads)
    assert torch.equal(first, second)
    # Most words tell of nothing; whoever always says so is right for 71 %.
    assert (first[:, : 1 + len(EVENTS)].argmax(-1) == words.events).float().mean() > 0.85


def test_documents_without_claims_are_refused(encoder: tuple[Any, Any]) -> None:
    with pytest.raises(ConfigError, match="no trigger"):
        words_of(*encoder, [dataclasses.replace(document, claims=()) for document in DOCUMENTS], 64)


def test_the_exported_network_says_what_the_head_says(encoder: tuple[Any, Any], tmp_path: Path) -> None:
    import torch

    model, tokenizer = encoder
    head, record = fit_events(model, tokenizer, DOCUMENTS, window=64)
    assert set(record["f1"]) == {"event", "status", "record"}
    export(
        model, tokenizer, tmp_path / "m", dev=DOCUMENTS, window=64, labels=("QUANTITY", "WEAPON", "ACTOR", "LOCATION"),
        head=head, record={"events": record},
    )  # fmt: skip
    tagger = load(tmp_path / "m")
    assert tagger.event_priors == record["priors"]
    classifier = claims.classifier_of(tagger)
    assert isinstance(classifier, claims.ModelClassifier)
    words = words_of(model, tokenizer, DOCUMENTS[:1], 64)
    starts = [start for _, start in words.places]
    events, statuses = tagger.events(DOCUMENTS[0].text, starts)
    assert [len(row) for row in events] == [1 + len(EVENTS)] * len(starts)
    assert [len(row) for row in statuses] == [len(STATUSES)] * len(starts)
    with torch.no_grad():
        wanted = head(words.states)[:, : 1 + len(EVENTS)].log_softmax(-1)
    assert torch.allclose(torch.tensor(events), wanted, atol=0.5), "int8 may round, not more"
    assert claims.read_claims(DOCUMENTS[0], classifier=classifier)[0].event == "transfer"


def test_a_model_without_a_head_says_so(encoder: tuple[Any, Any], tmp_path: Path) -> None:
    model, tokenizer = encoder
    export(model, tokenizer, tmp_path / "m", dev=DOCUMENTS, window=64, labels=("QUANTITY", "WEAPON", "ACTOR", "LOCATION"))
    tagger = load(tmp_path / "m")
    assert isinstance(claims.classifier_of(tagger), claims.RuleClassifier)
    with pytest.raises(ModelError, match="no event head"):
        tagger.events("Rusia", [0])


def test_claims_of_other_texts_stop_the_run_before_it_begins(tmp_path: Path) -> None:
    from claimml import corpus, train

    corpus.write(DOCUMENTS[:6], tmp_path / "train.jsonl")
    write_standoff([dataclasses.replace(DOCUMENTS[0], id="another")], tmp_path / "claims.jsonl")
    encoder = make_encoder(tmp_path / "encoder")
    config = train.TrainConfig(
        encoder=str(encoder), train=(str(tmp_path / "train.jsonl"),), dev=str(tmp_path / "train.jsonl"),
        output=str(tmp_path / "model"), window=64, tokens=96, epochs=1, allow_leaks=True,
        claims=(str(tmp_path / "claims.jsonl"),),
    )  # fmt: skip
    with pytest.raises(FormatError, match="no document 'another'"):
        train.run(config)
    assert not (tmp_path / "model").exists()
