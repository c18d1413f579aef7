"""From a document with spans to its claims: triggers, then their arguments, then who says so and when."""

from __future__ import annotations

import dataclasses
import functools
import itertools
import os
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date

from claimml.claims.events import EventClassifier, RuleClassifier, Trigger, trigger_at
from claimml.claims.linker import Article, Linker
from claimml.claims.network import EventJudge, EventNetwork, Judgement, thing_of
from claimml.claims.record import Claim, Evidence, Mention, Moment, once_each, slots_of
from claimml.claims.roles import Arguments, Thing, Walker
from claimml.claims.sources import Sources
from claimml.claims.times import moments, published
from claimml.claims.words import Sentence, Token, sentences, triggers
from claimml.document import Document
from claimml.gazetteer import Gazetteer
from claimml.quantity import Quantity

# How many sentences back what is pointed at may stand, and a party left out.
_REACH, _FAR = 12, 40
_NEAR = 4  # to who and what is left out
_CHUNK = 32  # documents that are read at once
_AIMING = frozenset(["untuk", "guna", "buat", "to", "dan", "and"])
# What strikes by itself, of the classes of things.
_STRIKING = frozenset(["missile", "bomb", "rocket", "ammunition", "drone", "mine", "grenade", "artillery", "torpedo"])
# A time that lasts is the event's, even behind a verb of saying; behind one of these words it is another clause's.
_LASTING = re.compile(r"sejak|since|dalam|selama|\d+ jam", re.I)
_TURNS = frozenset(["yang", "sejak", "setelah", "sementara", "sedangkan", "tetapi", ";", "whereas", "while"])
# What is told without anybody who takes part is no claim of these: too often the words mean something else.
_DOERS = frozenset([("active", "loss"), ("active", "use"), *((voice, "possession") for voice in ("active", "passive", "noun"))])
_REPORT = frozenset(["laporan", "data", "dokumen", "grafik", "kajian", "report", "study"])

# The networks that come with the package, of events and of parties; their files are opened at the first article.
NETWORK = EventNetwork()
SHIPPED = Linker()


@functools.cache
def _gazetteer() -> Gazetteer:
    return Gazetteer()


def read_claims(
    document: Document,
    *,
    published_on: date | None = None,
    classifier: EventClassifier | None = None,
    gazetteer: Gazetteer | None = None,
    network: EventJudge | None = NETWORK,
    linker: Linker | None = SHIPPED,
) -> tuple[Claim, ...]:
    """The claims of a document by its spans, whoever found them, in the order of the text.

    `published_on` anchors "Senin" and "tahun lalu"; None takes the date that the article gives itself, if any.
    `classifier` decides which words tell of events (default: the rules), `gazetteer` the canonical ids. `network` decides
    which events befall which things and with what status, together with the rules; `linker` the parties that the rules leave
    open or are unsure of; None for either leaves the rules' own answer.
    """
    article = read_article(document, published_on=published_on, classifier=classifier, gazetteer=gazetteer, network=network)
    return tuple(linker.link(article) if linker else (claim for _, claim in article.found))


def read_article(
    document: Document,
    *,
    published_on: date | None = None,
    classifier: EventClassifier | None = None,
    gazetteer: Gazetteer | None = None,
    network: EventJudge | None = NETWORK,
) -> Article:
    """A document with its claims as the rules, and the network if any, read them, for a linker."""
    reader = _Reader(document, published_on, classifier or RuleClassifier(), gazetteer or _gazetteer())
    reader.claims()
    if network:
        reader.judged(network)
    return reader.article()


def with_claims(
    documents: Iterable[Document],
    *,
    published_on: Mapping[str, date] | None = None,
    classifier: EventClassifier | None = None,
    gazetteer: Gazetteer | None = None,
    network: EventJudge | None = NETWORK,
    linker: Linker | None = SHIPPED,
) -> Iterator[Document]:
    """Each document with its claims read. `published_on` gives dates by document id, under "" that of all others; the rest
    is as in `read_claims`."""
    days = published_on or {}

    def read(document: Document) -> Document:
        claims = read_claims(
            document,
            published_on=days.get(document.id, days.get("")),
            classifier=classifier,
            gazetteer=gazetteer,
            network=network,
            linker=linker,
        )
        return dataclasses.replace(document, claims=claims)

    # The rules read one document while the network judges another.
    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        iterator = iter(documents)
        while chunk := list(itertools.islice(iterator, _CHUNK)):
            yield from pool.map(read, chunk)


class _Reader:
    def __init__(self, document: Document, day: date | None, classifier: EventClassifier, gazetteer: Gazetteer) -> None:
        self.text = document.text
        self.day = day or published(document.text, document.id)
        self.gazetteer = gazetteer
        self.lexicon = triggers()
        self.sentences = list(sentences(document.text, document.spans))
        self.marks = classifier.triggers(document.text, self.sentences)
        self.sources = Sources(document.text, self.sentences, self.lexicon)
        self.found: list[tuple[int, Claim]] = []  # with the index of the sentence
        self.moments: dict[int, list[Moment]] = {}
        self.judgements: Mapping[tuple[int, int, str], Judgement] = {}

    def claims(self) -> list[Claim]:
        for index, (sentence, marks) in enumerate(zip(self.sentences, self.marks, strict=True)):
            walker = Walker(self.text, sentence, marks, self.lexicon)
            mine: list[Claim] = []
            for mark in marks:
                for claim in self._read(index, sentence, walker, mark, marks):
                    twin = next((i for i, other in enumerate(mine) if _same(claim, other)), None)
                    if twin is None:
                        mine.append(claim)
                    elif _filled(claim) > _filled(mine[twin]) and mine[twin].event == "use":
                        mine[twin] = claim
            self.found += [(index, self._reported_on(index, claim)) for claim in mine]
        return [claim for _, claim in self.found]

    def article(self) -> Article:
        return Article(
            self.text, self.sentences, self.marks, self.sources, self.lexicon, self.gazetteer, self.found, self.judgements
        )

    def judged(self, network: EventJudge) -> None:
        """Let a network judge the claims found so far: it drops some and adds its own."""
        article = self.article()
        judged = self.judgements = network.judge(article)
        found: list[tuple[int, Claim]] = []
        known: set[tuple[int, int, str]] = set()
        for index, claim in self.found:
            thing = thing_of(article, index, claim)
            verdict = None if thing is None else judged.get((index, thing, claim.event))
            if thing is None or verdict is None:  # of a thing told of elsewhere
                found.append((index, claim))
                continue
            known.add((index, thing, claim.event))
            if verdict.chance >= network.drop:
                found.append((index, claim))
        fresh: dict[tuple[int, int, str], list[int]] = {}
        for (index, thing, event), verdict in judged.items():
            if verdict.chance >= network.new and (index, thing, event) not in known and verdict.trigger >= 0:
                fresh.setdefault((index, verdict.trigger, event), []).append(thing)
        self.found = found
        rules = RuleClassifier(self.lexicon)
        for (index, first, event), things in sorted(fresh.items()):
            tokens = self.sentences[index].tokens
            if tokens[first].word in self.lexicon.negation:  # "Bukan hanya peluru" tells of nothing
                continue
            trigger = trigger_at(self.lexicon, tokens, first, event)
            ruled = rules.status(tokens, [mark for mark in self.marks[index] if mark.first != first], trigger)
            status = judged[index, things[0], event].status(ruled, network.favour)
            trigger = dataclasses.replace(trigger, status=status)
            self.found += [(index, claim) for claim in self._told(index, trigger, things)]
            if not any(mark.first == first for mark in self.marks[index]):
                self.marks[index] = sorted([*self.marks[index], trigger], key=lambda mark: mark.first)
        self.found.sort(key=lambda pair: (pair[0], pair[1].evidence.trigger))

    def _read(self, index: int, sentence: Sentence, walker: Walker, trigger: Trigger, marks: Sequence[Trigger]) -> list[Claim]:
        arguments = walker.right(trigger)
        if walker.loaded(trigger.first):
            return []
        trigger, things = self._things(index, walker, trigger, arguments)
        arguments.things = things
        turned = self._turned(sentence, trigger, arguments, things)
        if turned is None or (
            turned.frame == "hit" and trigger.voice != "noun" and not any(thing.instrument for thing in things)
        ):
            return []
        if turned.frame == "take" and turned.voice == "active" and things and all(thing.instrument for thing in things):
            if not {self._item(thing).id for thing in things} & _STRIKING:
                return []
            turned = dataclasses.replace(turned, event="use", frame="hit")  # what destroys is used
        trigger = turned
        roles = _roles(trigger, arguments, walker, self.mention)
        status = trigger.status
        if arguments.status and status == "asserted":
            status = arguments.status
        if trigger.event == "transfer":
            self._complete(index, sentence, trigger, roles, things)
        elif trigger.event == "use" and not roles.get("target"):
            roles["target"] = self._aim(walker, trigger, marks)
        parties = slots_of(trigger.event)
        load = walker.load(trigger, arguments) if not things and any(roles.get(party) for party in parties) else None
        if load:
            things = [load]
        if not things:
            return self._anaphoric(index, sentence, trigger, roles, status)
        return self._claims_of(index, sentence, walker, trigger, status, things, roles)

    def _told(self, index: int, trigger: Trigger, indices: Sequence[int]) -> list[Claim]:
        """The claims of a trigger whose things, tokens of its sentence, are known."""
        sentence = self.sentences[index]
        walker = Walker(self.text, sentence, [*self.marks[index], trigger], self.lexicon)
        arguments = walker.right(trigger)
        found = {thing.token: thing for thing in [*walker.things_before(trigger.first), *arguments.things]}
        things = [self._meant(index, walker, found.get(i) or walker.thing_at(i)) for i in indices]
        arguments.things = things
        owner = walker.owner(things, trigger)
        if owner is not None and not arguments.roles.get("owner"):
            arguments.add("owner", owner)
        roles = _roles(trigger, arguments, walker, self.mention)
        if trigger.event == "transfer":
            self._complete(index, sentence, trigger, roles, things)
        return self._claims_of(
            index, sentence, walker, dataclasses.replace(trigger, weak=False), trigger.status, things, roles, sure=True
        )

    def _claims_of(
        self,
        index: int,
        sentence: Sentence,
        walker: Walker,
        trigger: Trigger,
        status: str,
        things: list[Thing],
        roles: dict[str, list[Mention]],
        *,
        sure: bool = False,
    ) -> list[Claim]:
        """A claim for each thing and each pair of parties; none where nobody does what needs somebody, unless `sure`."""
        parties = slots_of(trigger.event)
        if not any(roles.get(party) for party in parties):
            name, party = self._left_out(index, walker, trigger, things)
            if party:
                roles[name] = [party]
            elif not sure and (trigger.weak or (trigger.voice, trigger.event) in _DOERS):
                return []
        none: list[None] = [None]
        return [
            claim
            for thing in things
            for first in roles.get(parties[0]) or none
            for second in roles.get(parties[1]) or none
            if first is None or first != second
            for claim in [
                self._claim(
                    index, sentence, walker, trigger, status, thing, dict(zip(parties, (first, second), strict=True)), roles
                )
            ]
        ]

    def _reported_on(self, index: int, claim: Claim) -> Claim:
        """A claim that goes on telling what the report of the sentence before told, of the same parties, is the report's."""
        if claim.source or not index or claim.status != "asserted" or not (claim.supplier and claim.recipient):
            return claim
        before = self.sentences[index - 1]
        if not any(token.word in _REPORT for token in before.tokens):
            return claim
        for i, told in reversed(self.found):
            if i != index - 1:
                break
            parties = ((told.supplier, claim.supplier), (told.recipient, claim.recipient))
            same = all(mine and theirs and _same_party(self.text, mine, theirs) for theirs, mine in parties)
            if told.source and told.event == claim.event and same:
                return dataclasses.replace(claim, source=told.source)
        return claim

    # ---- pieces of a claim

    def _claim(
        self,
        index: int,
        sentence: Sentence,
        walker: Walker,
        trigger: Trigger,
        status: str,
        thing: Thing | None,
        parties: dict[str, Mention | None],
        roles: dict[str, list[Mention]],
    ) -> Claim:
        tokens = sentence.tokens
        places = {name: roles[name][0] for name in ("origin", "destination", "via") if roles.get(name)}
        time = self._time(index, sentence, trigger)
        if status == "asserted" and time and time.iso and self.day and _begins_after(time.iso, self.day):
            status = "planned"
        return Claim(
            event=trigger.event,
            status=status,
            evidence=Evidence(sentence.start, sentence.end, (tokens[trigger.first].start, tokens[trigger.last - 1].end)),
            item=self._item(thing) if thing and thing.named else None,
            quantity=self._quantity(walker, thing),
            time=time,
            source=self._source(index, trigger, parties),
            **parties,
            **places,
        )

    def _item(self, thing: Thing) -> Mention:
        surface = self.text[thing.start : thing.end]
        id = "troops" if surface.lower() in self.lexicon.troops else self.gazetteer.canonical(surface, "WEAPON")
        id = id or self.lexicon.class_of(surface)
        return Mention(thing.start, thing.end, id)

    def _quantity(self, walker: Walker, thing: Thing | None) -> Quantity | None:
        if thing is None or thing.quantity is None:
            return None
        return walker.quantity(thing.quantity)

    def mention(self, token: Token) -> Mention:
        """A party or place as it stands in the text, with its canonical id."""
        return Mention(token.start, token.end, self.gazetteer.canonical(self.text[token.start : token.end], token.kind))

    def _source(self, index: int, trigger: Trigger, parties: dict[str, Mention | None]) -> tuple[Mention, ...]:
        return self._sources(self.sources.of(index, trigger.first))

    def _sources(self, spans: Iterable[tuple[int, int]]) -> tuple[Mention, ...]:
        found = [Mention(start, end, self.gazetteer.canonical(self.text[start:end], "ACTOR")) for start, end in spans]
        return once_each(self.text, found)

    def _time(self, index: int, sentence: Sentence, trigger: Trigger) -> Moment | None:
        """The time expression of the trigger's clause: the nearest that no verb of saying stands before."""
        tokens = sentence.tokens
        place = tokens[trigger.first].start
        best: Moment | None = None
        said = [tokens[a.at].start for a in self.sources.spoken[index]]
        if index not in self.moments:
            self.moments[index] = list(moments(self.text, sentence.start, sentence.end, self.day))
        for moment in self.moments[index]:
            low, high = sorted((place, moment.start))
            opens = moment.start < sentence.start + 12
            if (not opens and any(low < at < high for at in said)) or any(
                moment.start - 90 < at < moment.start
                and not at < place < moment.start
                and not _LASTING.match(self.text, moment.start, moment.end)
                for at in said
            ):
                continue
            if (
                moment.start < place
                and any(t.word == "," for t in tokens if moment.end <= t.start < place)
                and moment.start > sentence.start + 40
            ):
                continue
            if moment.start > place and any(t.word in _TURNS for t in tokens[trigger.last :] if t.start < moment.start):
                continue
            if best is None or (moment.start < place, abs(moment.start - place)) < (
                best.start < place,
                abs(best.start - place),
            ):
                best = moment
        return best

    # ---- what stands before the trigger, or in the sentences before

    def _things(self, index: int, walker: Walker, trigger: Trigger, arguments: Arguments) -> tuple[Trigger, list[Thing]]:
        """The things of an event, and its trigger in the voice it turns out to have; whose they are joins `arguments`."""
        things = arguments.things
        first = trigger.first
        if trigger.frame == "hit":
            if trigger.voice == "passive":
                listed = [thing for thing in things if thing.listed]
                things = [dataclasses.replace(thing, instrument=True) for thing in things if not thing.listed]
                things = things or [*walker.things_before(first), *listed]
            elif trigger.voice == "active":
                things = self._strikers(walker, first) or things or walker.striker(first)
            elif not things:
                things = walker.compound_thing(first)
        elif trigger.voice == "passive":
            if trigger.frame == "take" and things and things[0].quantity is None and not walker.counted_by_word(things[0]):
                things = []  # "ditangkap pesawat patroli": who did it
            if not things or walker.thing_before(first):
                before = walker.things_before(first)
                if arguments.amount is not None and len(before) == 1 and before[0].quantity is None:
                    before[0].quantity = arguments.amount  # "B-2 dibuat [21 unit]", "dibeli [Rp 738 miliar]"
                things = before + [thing for thing in things if thing.listed]
        elif trigger.voice == "active" and not things:
            things = walker.relative(first) or (walker.striker(first) if trigger.event == "use" else [])
            if not things and trigger.frame == "take":
                if walker.bare(trigger):
                    things = walker.things_before(first)
                    trigger = dataclasses.replace(trigger, voice="passive") if things else trigger
                else:
                    things = walker.striker(first)
        elif trigger.voice == "noun" and not (things and things[0].token <= trigger.last + 1):
            things = walker.compound_thing(first) or things or (walker.things_before(first) if trigger.event == "test" else [])
        if trigger.frame == "hit" and any(thing.instrument for thing in things):
            things = [thing for thing in things if thing.instrument]
        if not things:
            things = self._pointed_at(index, walker, trigger, arguments)
        things = walker.without_apposition(things, trigger)
        owner = walker.owner(things, trigger)
        if owner is not None and not arguments.roles.get("owner"):
            arguments.add("owner", owner)
        return trigger, things

    def _strikers(self, walker: Walker, first: int) -> list[Thing]:
        """What strikes by itself, whatever it strikes: "[Rudal] itu menghantam [kapal]"."""
        things = walker.striker(first)
        return things if any(self._item(thing).id in _STRIKING for thing in things) else []

    def _pointed_at(self, index: int, walker: Walker, trigger: Trigger, arguments: Arguments) -> list[Thing]:
        """A thing told of before that a clitic, a pronoun or a bare amount stands for: "memesan lima unit"."""
        amount = walker.bare_amount(trigger, arguments)
        pointed = walker.points_back(trigger) and trigger.event != "possession"
        if (amount is None and not pointed) or trigger.event == "test":
            return []
        tokens = walker.tokens
        here = next((i for i in range(trigger.first - 1, -1, -1) if tokens[i].kind == "WEAPON"), None)
        if here is not None and not walker.compounded(here):
            return [Thing(tokens[here].start, tokens[here].end, here, amount)]
        told = self._told_before(index)
        return [Thing(told.start, told.end, -1, amount)] if told else []

    def _told_before(self, index: int) -> Mention | Token | None:
        """The thing that the nearest sentence before names, first of all what it claims something of."""
        for before in range(index - 1, max(-1, index - 1 - _NEAR), -1):
            told = next((claim.item for i, claim in self.found if i == before and claim.item), None)
            first = told or next((token for token in self.sentences[before].tokens if token.kind == "WEAPON"), None)
            if first:
                return first
        return None

    def _meant(self, index: int, walker: Walker, thing: Thing) -> Thing:
        """The thing itself; of a bare amount ("Dua puluh sudah tiba") what it counts, where that is named before it."""
        if thing.named or thing.quantity is None:
            return thing
        named = [token for token in walker.tokens[: thing.token] if token.kind == "WEAPON"]
        counted = named[-1] if named else self._told_before(index)
        return dataclasses.replace(thing, start=counted.start, end=counted.end, named=True) if counted else thing

    def _turned(self, sentence: Sentence, trigger: Trigger, arguments: Arguments, things: list[Thing]) -> Trigger | None:
        """The trigger as its things and prepositions turn it; None where they make it tell of nothing."""
        word = sentence.tokens[trigger.first].word
        before = [token.word for token in sentence.tokens[max(0, trigger.first - 2) : trigger.first]]
        for turn in self.lexicon.turns:
            if word not in turn.words:
                continue
            told = [thing for thing in things if not (turn.struck and thing.instrument)]
            classes = {self._item(thing).id for thing in told}
            if not turn.fits(classes, arguments.roles, before):
                continue
            if not turn.event:
                if not turn.classes or classes <= turn.classes:
                    return None
                continue
            if told:
                return dataclasses.replace(trigger, event=turn.event, frame=turn.frame)
        return trigger

    def _left_out(self, index: int, walker: Walker, trigger: Trigger, things: list[Thing]) -> tuple[str, Mention | None]:
        """A party that the sentence leaves to its reader, with its name: who was told of last in the same part, or whom
        the sentences before are about."""
        name = {"give": "supplier", "get": "recipient", "take": "actor" if trigger.voice == "passive" else "target"}.get(
            trigger.frame, "actor"
        )
        if trigger.event == "transfer" and name == "actor":
            name = "supplier"
        active = trigger.voice == "active"
        platform = walker.platform(trigger.first) if active else None
        acts = platform is not None and trigger.event != "possession"  # what a ship carries tells of the ship
        if active and not acts and not walker.stands_in(trigger.first):
            return name, None
        here = None if active or trigger.event == "possession" else walker.bystander(trigger.first)
        if here is not None:
            return name, self.mention(walker.tokens[here])
        return name, self._holder(index, name, trigger, things) or self._subject_before(index)

    def _aim(self, walker: Walker, trigger: Trigger, marks: Sequence[Trigger]) -> list[Mention]:
        """Whom a use is to strike: "memakai drone untuk menyerang [Ukraina]"."""
        blow = next((mark for mark in marks if mark.first >= trigger.last and mark.frame == "hit"), None)
        before = walker.tokens[blow.first - 1] if blow else None
        if blow is None or before is None or (before.kind == "word" and before.word not in _AIMING):
            return []
        found = walker.right(blow).roles
        aims = [i for role in ("object", "against", "to", "place to", "place at") for i in found.get(role, ())]
        return [self.mention(walker.tokens[i]) for i in aims[:1]]

    def _holder(self, index: int, name: str, trigger: Trigger, things: list[Thing]) -> Mention | None:
        """Who had a part in an event told of shortly before: of the same thing, or of the same kind."""
        items = {self._named(self._item(thing)) for thing in things}
        for same_thing in (True, False):
            for i, claim in reversed(self.found):
                if index - i > _NEAR:
                    break
                party: Mention | None = getattr(claim, name)
                if same_thing and claim.item and self._named(claim.item) not in items:
                    continue
                if party and claim.event == trigger.event:
                    return party
        return None

    def _subject_before(self, index: int) -> Mention | None:
        """Whom the sentences before are about: of the nearest one the first party that does not only speak, one that the
        gazetteer knows before a person."""
        for before in range(index - 1, max(-1, index - 1 - _NEAR), -1):
            speakers = {span for attribution in self.sources.spoken[before] for span in attribution.speakers}
            tokens = [token for token in self.sentences[before].tokens if token.kind == "ACTOR"]
            parties = [self.mention(token) for token in tokens if (token.start, token.end) not in speakers]
            if parties:
                return next((party for party in parties if party.id), parties[0])
        return None

    def _complete(
        self, index: int, sentence: Sentence, trigger: Trigger, roles: dict[str, list[Mention]], things: list[Thing]
    ) -> None:
        """Ellipsis: a supplier who "also", "still", "again" sends sends to whom he was last said to send."""
        supplier = roles.get("supplier")
        if not supplier or roles.get("recipient") or roles.get("destination"):
            return
        tokens = sentence.tokens
        near = tokens[max(0, trigger.first - 8) : trigger.last + 6]
        if not any(token.word in self.lexicon.again for token in near) and things:
            return
        told = [
            claim
            for i, claim in reversed(self.found)
            if index - i <= _FAR
            and claim.event == "transfer"
            and claim.recipient
            and claim.supplier
            and _same_party(self.text, claim.supplier, supplier[0])
        ]
        # Whom he was said to send to most often; of equals, the last.
        counts = Counter(claim.recipient.id or claim.recipient.text_of(self.text) for claim in told if claim.recipient)
        claim = max(
            told, key=lambda c: counts[c.recipient.id or c.recipient.text_of(self.text)] if c.recipient else 0, default=None
        )
        if claim and claim.recipient:
            roles["recipient"] = [claim.recipient]
            if not things and claim.item and trigger.voice == "noun":
                things.append(Thing(claim.item.start, claim.item.end, -1))

    def _named(self, item: Mention) -> str:
        return item.id or item.text_of(self.text).lower()

    def _anaphoric(
        self, index: int, sentence: Sentence, trigger: Trigger, roles: dict[str, list[Mention]], status: str
    ) -> list[Claim]:
        """ "tidak mengonfirmasi pengerahan tersebut": the last claim told, denied or doubted by someone else."""
        if trigger.voice != "noun" or status not in ("denied", "not_confirmed") or trigger.event not in ("transfer", "use"):
            return []
        tokens = sentence.tokens
        if trigger.last >= len(tokens) or tokens[trigger.last].word not in ("tersebut", "itu", "ini"):
            return []
        spans = self.sources.of(index, trigger.first)
        troops = tokens[trigger.first].word in ("pengerahan", "penempatan", "deployment of")
        for before, claim in reversed(self.found):
            if index - before > _REACH or (troops and (claim.item is None or claim.item.id != "troops")):
                continue
            if claim.event in ("transfer", "use") and claim.status != status:
                evidence = Evidence(sentence.start, sentence.end, (tokens[trigger.first].start, tokens[trigger.last - 1].end))
                who = self._sources(spans)
                return [dataclasses.replace(claim, status=status, evidence=evidence, source=who, quantity=None, time=None)]
        return []


def _roles(
    trigger: Trigger, arguments: Arguments, walker: Walker, mention: Callable[[Token], Mention]
) -> dict[str, list[Mention]]:
    """Parties and places by the names of a claim, from roles by preposition and the frame of the trigger."""
    tokens, found = walker.tokens, arguments.roles
    roles: dict[str, list[Mention]] = {}

    def put(name: str, indices: Iterable[int]) -> None:
        for i in indices:
            roles.setdefault(name, []).append(mention(tokens[i]))

    subject = _subject(trigger, walker)
    if trigger.event == "transfer":
        giver, getter = ("supplier", "recipient")
        put(getter, found.get("to", ()))
        put(giver, found.get("from", ()))
        if trigger.frame == "give":
            if trigger.voice == "active":
                roles.pop(giver, None)
                put(giver, subject)
                if getter not in roles:
                    put(getter, found.get("object", ()))
                if giver not in roles:
                    put(giver, found.get("from", ()))
            elif trigger.voice == "passive":
                put(giver, found.get("by", ()) or (found.get("object", ()) if giver not in roles else ()))
                if giver not in roles:
                    put(giver, found.get("owner", ()))
                if getter not in roles and any(thing.token > trigger.first for thing in arguments.things):
                    put(getter, walker.subject(trigger.first)[:1])
            else:
                if giver not in roles:
                    put(giver, found.get("by") or found.get("object") or found.get("owner") or subject)
        elif trigger.frame == "get":
            if trigger.voice == "active":
                if getter not in roles:
                    put(getter, subject)
                elif giver not in roles:
                    put(giver, subject)  # "membeli peluru bagi [Ukraina]"
                if not found.get("from"):
                    put(giver, found.get("with", ()) or found.get("owner", ()))
                if not found.get("from") and trigger.status == "requested":
                    put(giver, found.get("object", ()))
            elif trigger.voice == "passive":
                put(getter, found.get("by", ()) or found.get("object", ()))
                if giver not in roles:
                    put(giver, found.get("owner", ()))
            else:
                if getter not in roles:
                    put(getter, found.get("by") or found.get("object") or subject)
                    if getter not in roles:
                        put(getter, found.get("owner", ()))
                if giver not in roles:
                    put(giver, found.get("with", ()))
        if getter not in roles and trigger.status == "halted":
            put(getter, found.get("against", ()))
        put("destination", found.get("place to", ()) or (found.get("place at", ()) if trigger.weak else ()))
        put("origin", found.get("place from", ()))
        put("via", found.get("place via", ()))
        return roles
    strikes = any(0 <= thing.token < trigger.first for thing in arguments.things)
    targets = [i for role in ("against", "to", "place to", "place against", "place at") for i in found.get(role, ())]
    if trigger.frame == "take":
        # The loser is who owned it; who took it, or where, stands as the target.
        put("actor", found.get("owner", ()) or found.get("from", ()))
        if trigger.voice == "active":
            put("target", subject or found.get("place at", ()))
        elif trigger.voice == "passive":
            doers = found.get("by", ()) or found.get("object", ())
            put("target", doers or found.get("place at", ()) or found.get("place against", ()) or found.get("at", ()))
        else:
            put("target", found.get("by", ()) or found.get("object", ()) or subject)
        return roles
    if trigger.frame == "hit":
        if trigger.voice == "active":
            put("actor", (found.get("owner", ()) if strikes else ()) or subject)
            struck = found.get("owner", ()) if not strikes else ()
            put("target", found.get("object", ()) or struck or targets)
        elif trigger.voice == "passive":
            put("actor", found.get("by", ()) or found.get("object", ()) or found.get("owner", ()))
            put("target", walker.struck(trigger.first))
        elif tokens[trigger.last - 1].word in ("on", "of"):
            put("actor", found.get("by", ()) or found.get("owner", ()) or subject)
            put("target", found.get("object", ()) or targets)
        else:
            put("actor", found.get("object", ()) or found.get("by", ()) or found.get("owner", ()) or subject)
            put("target", targets)
        return roles
    if trigger.voice == "active":
        put("actor", (found.get("owner", ()) if strikes else ()) or subject)
    elif trigger.voice == "passive":
        made_at = found.get("place at", ()) if trigger.event == "production" else ()
        put("actor", found.get("by", ()) or found.get("object", ()) or found.get("owner", ()) or made_at)
    else:
        put("actor", found.get("by", ()) or found.get("object", ()) or found.get("owner", ()) or subject)
    if trigger.event in ("use", "test"):
        put("target", found.get("at", ())[:1] or targets[:1])
    put("origin", found.get("place from", ()) if trigger.event in ("use", "test") else ())
    return roles


def _subject(trigger: Trigger, walker: Walker) -> list[int]:
    """The names that do what the trigger says, reduced to the state where a person speaks for it."""
    if trigger.voice == "passive":
        return []
    first = trigger.first
    tokens = walker.tokens
    if trigger.voice == "noun":
        # A noun has a subject where a verb before it lends its own: "AS menyetujui penjualan", or in a headline.
        before = walker.before_auxiliaries(first)
        if before >= 0 and tokens[before].kind == "ACTOR":
            return walker.group(before, ("ACTOR",)) if not walker.role_of(before) else []
        lent = next(
            (
                i
                for i in range(first - 1, max(-1, first - 4), -1)
                if tokens[i].kind == "word" and walker.lexicon.control.at(tokens, i)
            ),
            None,
        )
        if lent is None:
            return []
        first = lent
    group = walker.subject(first)
    platform = None if group or trigger.voice == "noun" else walker.platform(first)
    owner = walker.owner_of(platform) if platform is not None else None
    if owner is not None:
        return [owner]
    # "Presiden [Rusia] [Putin] mengirim": the state is the party.
    return [walker.office(i) for n, i in enumerate(group) if not (n and group[n - 1] == i - 1)]


def _begins_after(iso: str, day: date) -> bool:
    """Whether a date or interval begins after a day, as far as both are told: "2027" begins after any day of 2026."""
    begin = iso.split("/")[0]
    return begin > day.isoformat()[: len(begin)]


def _filled(claim: Claim) -> int:
    return sum(getattr(claim, name) is not None for name in ("supplier", "recipient", "actor", "target"))


def _same_party(text: str, one: Mention, other: Mention) -> bool:
    if one.id and other.id:
        return one.id == other.id
    return one.text_of(text).lower() == other.text_of(text).lower()


def _same(one: Claim, other: Claim) -> bool:
    """Whether a claim tells again what another of its sentence told: same event and thing."""
    return (
        one.event == other.event
        and one.item == other.item
        and one.item is not None
        and (
            (
                one.quantity == other.quantity
                and (one.supplier, one.recipient) == (other.supplier, other.recipient)
                and one.actor == other.actor
            )
            or one.evidence.trigger != other.evidence.trigger
        )
    )
