"""The network of events: what it is asked, what is made of its answers, and that it is what was trained."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from claimml import load
from claimml.claims import EVENTS, STATUSES, Claim, read_claims
from claimml.claims.linker import Article
from claimml.claims.network import (
    BUCKETS,
    COLUMNS,
    CORE,
    LENGTH,
    MODEL,
    OUTPUTS,
    SLOTS,
    EventNetwork,
    Judgement,
    Stretch,
    bucket,
    inputs,
    stretches,
    thing_of,
)
from claimml.claims.reading import NETWORK, read_article
from claimml.document import Document
from claimml.errors import ModelError
from claimml.formats.marks import parse

DEAL = "[A Norwegia] bersidang kemarin. Menurut menteri, [Q 12] [W tank] dikirim ke [A Estonia]."
# No lexicon has the word.
STRANGE = "[A Norwegia] mengopelkan [Q 12] [W tank] kepada [A Estonia] pada Senin."


def document(marked: str) -> Document:
    return parse(marked, "x", "test", 1)


def parts(marked: str) -> tuple[Article, list[Stretch]]:
    article = read_article(document(marked), network=None)
    return article, list(stretches(article, NETWORK.tokenizer))


class Judge:
    """Thinks of each thing and event what it is told to; of all others that they did not befall."""

    new, drop, favour = 0.5, 0.1, 1.0

    def __init__(self, chances: Mapping[tuple[str, str], float], trigger: str = "", status: str = "", party: str = "") -> None:
        self.chances, self.trigger, self.status, self.party = chances, trigger, status, party

    def judge(self, article: Article) -> dict[tuple[int, int, str], Judgement]:
        found = {}
        for part in stretches(article, NETWORK.tokenizer):
            words = [article.text[token.start : token.end] for token in (self.token(article, place) for place in part.words)]
            names = [article.text[token.start : token.end] for token in (self.token(article, place) for place in part.names)]
            for thing in part.things:
                token = self.token(article, thing)
                for event in EVENTS:
                    chance = self.chances.get((article.text[token.start : token.end], event), 0.0)
                    trigger = part.words[words.index(self.trigger)].token if self.trigger in words else -1
                    statuses = tuple(0.0 if status == self.status else -3.0 for status in STATUSES)
                    answers = np.log([[0.98 if name == self.party else 0.01 for name in [*names, ""]]] * SLOTS)
                    found[thing.sentence, thing.token, event] = Judgement(chance, trigger, statuses, part.names, answers)
        return found

    @staticmethod
    def token(article: Article, place: Any) -> Any:
        return article.sentences[place.sentence].tokens[place.token]


def told(claim: Claim, text: str) -> tuple[str | None, ...]:
    mentions = (claim.supplier, claim.recipient, claim.item)
    return (claim.event, claim.status, *(mention and mention.text_of(text) for mention in mentions))


def test_a_stretch_holds_things_words_and_names_with_what_the_rules_read() -> None:
    article, (stretch,) = parts(DEAL)
    assert len(stretch.ids) == len(stretch.features) <= LENGTH
    assert all(0 <= value < size for row in stretch.features for value, size in zip(row, COLUMNS, strict=True))
    surfaces = [
        [article.text[token.start : token.end] for token in (Judge.token(article, place) for place in places)]
        for places in (stretch.things, stretch.words, stretch.names)
    ]
    assert surfaces[0] == ["12", "tank"]
    assert "dikirim" in surfaces[1]
    assert "bersidang" not in surfaces[1], "only words of sentences with things are asked about"
    assert surfaces[2] == ["Norwegia", "Estonia"], "names of the sentence before are seen"
    assert (1, EVENTS.index("transfer")) in stretch.ruled
    assert [surfaces[1][word] for thing, word in stretch.links if thing == 1] == ["dikirim"]
    assert (1, EVENTS.index("transfer"), 1, 1) in stretch.filled


def test_every_thing_of_a_long_text_is_asked_about_once() -> None:
    _, found = parts("\n\n".join(f"[A Norwegia] mengirim [Q {n}] [W tank] ke [A Estonia] lagi." for n in range(10, 60)))
    assert len(found) > 1
    places = [(thing.sentence, thing.token) for stretch in found for thing in stretch.things]
    assert len(places) == len(set(places)) == 100
    assert all(len(stretch.ids) <= LENGTH for stretch in found)
    assert all(stretch.words[-1].last - stretch.words[0].first <= CORE for stretch in found)


def test_texts_without_things_ask_nothing() -> None:
    for marked in ("", "[A Norwegia] bersidang di [L Oslo]."):
        assert parts(marked)[1] == []
        assert read_claims(document(marked)) == ()


COUNTED = "[A Norwegia] menawarkan [W tank Leopard] kepada [A Estonia]. [Q Dua puluh] sudah mengopel di [L Tallinn]."


def test_an_amount_alone_tells_of_the_thing_named_before_it() -> None:
    judge = Judge({("Dua puluh", "transfer"): 0.9}, "mengopel")
    text = document(COUNTED)
    (claim,) = (claim for claim in read_claims(text, network=judge) if claim.quantity)
    assert claim.item is not None
    assert claim.item.text_of(text.text) == "tank Leopard"
    assert claim.quantity is not None
    assert claim.quantity.value == 20
    article = read_article(text, network=None)
    amount = next(i for i, token in enumerate(article.sentences[1].tokens) if token.kind == "QUANTITY")
    assert thing_of(article, 1, claim) == amount, "the item is named elsewhere"
    (claim,) = read_claims(document(COUNTED[COUNTED.index("[Q") :]), network=judge)
    assert claim.item is None, "nothing is named before it"


def test_inputs_have_the_shapes_that_they_say() -> None:
    _, (stretch,) = parts(DEAL)
    tokens, things, words, names = len(stretch.ids), len(stretch.things), len(stretch.words), len(stretch.names)
    shapes = {name: value.shape for name, value in inputs(stretch).items()}
    assert shapes == {
        "input_ids": (1, tokens),
        "features": (tokens, len(COLUMNS)),
        "pool": (things, tokens),
        "words": (words,),
        "near": (things, words),
        "apart": (things, words),
        "ruled": (things, len(EVENTS)),
        "links": (things, words),
        "named": (names, tokens),
        "aside": (things, names),
        "beyond": (words, names),
        "filled": (things, len(EVENTS), SLOTS, names),
    }


def test_buckets_keep_the_order_of_distances() -> None:
    found = [bucket(distance) for distance in range(-LENGTH, LENGTH + 1)]
    assert found == sorted(found)
    assert (min(found), max(found)) == (0, BUCKETS - 1)


def test_no_name_or_a_lone_thing_can_be_asked_about() -> None:
    for marked in ("Ada [W tank] di sana.", "[W Tank]", "[Q 12] [W tank]"):
        article, _ = parts(marked)
        judged = NETWORK.judge(article)
        for judgement in judged.values():
            assert 0 <= judgement.chance <= 1
            assert sum(judgement.party(article, 0).values()) == pytest.approx(1.0, abs=1e-3)


def test_it_adds_what_the_rules_missed_with_parties_status_and_place() -> None:
    found = document(STRANGE)
    assert read_claims(found, network=None) == ()
    judge = Judge({("tank", "transfer"): 0.9}, "mengopelkan", "planned")
    (claim,) = read_claims(found, network=judge)
    assert told(claim, found.text) == ("transfer", "planned", "Norwegia", "Estonia", "tank")
    assert found.text[slice(*claim.evidence.trigger)] == "mengopelkan"
    assert claim.quantity
    assert claim.quantity.value == 12
    assert read_claims(found, network=Judge({("tank", "transfer"): 0.4}, "mengopelkan")) == (), "below `new`"


def test_it_drops_what_it_does_not_believe_and_leaves_the_rest() -> None:
    found = document("[A Norwegia] mengirim [W tank] dan [W rudal] ke [A Estonia].")
    ruled = read_claims(found, network=None)
    assert len(ruled) == 2
    kept = read_claims(found, network=Judge({("tank", "transfer"): 0.2}))
    assert [told(claim, found.text)[-1] for claim in kept] == ["tank"]
    assert kept[0].status == ruled[0].status


def test_hedges_that_the_rules_see_count_for_the_status_of_new_claims() -> None:
    found = document("[A Norwegia] diduga mengopelkan [Q 12] [W tank] kepada [A Estonia] pada Senin.")
    for status, favour, wanted in (("planned", 4.0, "alleged"), ("planned", 0.0, "planned")):
        judge = Judge({("tank", "transfer"): 0.9}, "mengopelkan", status)
        judge.favour = favour
        (claim,) = read_claims(found, network=judge)
        assert claim.status == wanted


def test_its_parties_count_where_the_rules_leave_them_open() -> None:
    found = document(
        "[A Norwegia] bertemu [A Latvia] kemarin. [A Finlandia] hadir. Menurut menteri, [Q 12] [W tank] dikirim ke [A Estonia]."
    )
    for name in ("Norwegia", "Latvia", "Finlandia"):
        judge = Judge({("tank", "transfer"): 0.9}, "dikirim", party=name)
        (claim,) = read_claims(found, network=judge)
        assert claim.supplier
        assert claim.supplier.text_of(found.text) == name


def test_the_chances_of_parties_add_up_by_name() -> None:
    article, (stretch,) = parts("[A AS] bersidang. [A Amerika Serikat] mengirim [W tank] ke [A Estonia].")
    answers = np.log(np.array([[0.2, 0.3, 0.4, 0.1]] * SLOTS))
    judgement = Judgement(0.9, 0, (0.0,) * len(STATUSES), stretch.names, answers)
    assert judgement.party(article, 1) == pytest.approx({"US": 0.5, "EE": 0.4, None: 0.1})


def test_a_file_that_is_missing_or_another_is_named(tmp_path: Path) -> None:
    found = document(DEAL)
    with pytest.raises(ModelError, match=r"no network of events at .*none\.onnx"):
        read_claims(found, network=EventNetwork(tmp_path / "none.onnx"))
    (tmp_path / "text.onnx").write_text("no network", encoding="utf-8")
    with pytest.raises(ModelError, match="not an ONNX network"):
        read_claims(found, network=EventNetwork(tmp_path / "text.onnx"))
    other = Path(load("mini").directory) / "model.onnx"  # type: ignore[attr-defined]
    with pytest.raises(ModelError, match="learnt from other features"):
        read_claims(found, network=EventNetwork(other))


def test_what_ships_says_how_it_is_used() -> None:
    assert MODEL.stat().st_size < 16_000_000
    assert 0 <= NETWORK.drop < NETWORK.new < 1
    assert NETWORK.favour >= 0


@pytest.mark.train
@pytest.mark.filterwarnings("ignore")
def test_the_network_written_by_hand_is_the_one_that_was_trained(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    from test_export import random_modernbert
    from test_training import tool

    torch.manual_seed(1)
    train = tool("train_events")
    encoder = random_modernbert(vocab_size=NETWORK.tokenizer.get_vocab_size(), num_hidden_layers=train.FROZEN + 2).base_model
    net = train.Net(encoder)
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.1)
    found = document(DEAL)
    article = read_article(found, network=None)
    data = train.examples(found, 0, article, NETWORK.tokenizer)
    train.read_below(encoder, NETWORK.tokenizer.token_to_id("[MASK]"), data)
    for example in data:
        example.states = tuple(states.float() for states in example.states)
    values = {"new": 0.5, "drop": 0.1, "favour": 2.0}
    train.write(net, encoder, NETWORK.tokenizer, tmp_path / "events.onnx", values, int8=False)
    written = EventNetwork(tmp_path / "events.onnx")
    assert (written.new, written.drop, written.favour) == (0.5, 0.1, 2.0)
    assert len(data) == 1
    for mine, other in zip(written.ask(data[0].part), train.answers(net, data)[0], strict=True):
        assert mine.shape == other.shape
        assert np.abs(mine - other).max() < 5e-3
    assert len(OUTPUTS) == len(written.ask(data[0].part))
    assert all(math.isfinite(judgement.chance) for judgement in written.judge(article).values())


@pytest.mark.train
@pytest.mark.filterwarnings("ignore")
def test_a_network_learns_from_claims() -> None:
    pytest.importorskip("torch")
    from test_export import random_modernbert
    from test_training import tool

    train = tool("train_events")
    encoder = random_modernbert(vocab_size=NETWORK.tokenizer.get_vocab_size(), num_hidden_layers=train.FROZEN + 1).base_model
    found = document(STRANGE)
    ruled = document(STRANGE.replace("mengopelkan", "mengirim"))
    gold = Document(found.text, found.spans, id="x", claims=())
    import dataclasses

    (claim,) = read_claims(found, network=Judge({("tank", "transfer"): 0.9}, "mengopelkan", "asserted"))
    gold = dataclasses.replace(found, claims=(claim,))
    assert ruled.text != found.text
    article = read_article(gold, network=None)
    data = train.examples(gold, 0, article, NETWORK.tokenizer)
    (example,) = data
    assert example.events.sum() == 1
    assert [slot for *_, slot, _ in example.parties] == [0, 1]
    train.read_below(encoder, NETWORK.tokenizer.token_to_id("[MASK]"), data)
    net = train.learn(encoder, data * 12, 12)
    events, *_ = train.answers(net, data)[0]
    assert events[1, EVENTS.index("transfer")] > 0
    assert (np.delete(events.ravel(), len(EVENTS) + EVENTS.index("transfer")) < 0).all()
