"""Who does what to whom around a trigger: a walk right for things, parties and places, one left for the subject."""

from __future__ import annotations

import dataclasses
import functools
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from claimml.claims.events import CLAUSE_WORDS, Trigger
from claimml.claims.times import CLOSING
from claimml.claims.words import Sentence, Token, Triggers
from claimml.quantity import Quantity, read_quantity

VERB = re.compile(r"(?:me[lrwy]\w{3,}|me[mn]\w{3,}|di[a-z]{5,}|ber[a-z]{3,}|ter[a-z]{4,})$")
_amount = functools.lru_cache(1 << 12)(read_quantity)  # each reader of a sentence asks for the same ones
_AUXILIARY = frozenset(
    [
        "telah",
        "sudah",
        "akan",
        "sedang",
        "pernah",
        "dapat",
        "bisa",
        "mungkin",
        "juga",
        "tidak",
        "tak",
        "belum",
        "masih",
        "terus",
        "mulai",
        "harus",
        "bakal",
        "ingin",
        "berupaya",
        "baru",
        "kembali",
        "lagi",
        "semuanya",
        "sebelumnya",
        "kini",
        "dilaporkan",
        "diduga",
        "dituduh",
        "dikabarkan",
        "dituding",
        "has",
        "have",
        "had",
        "will",
        "would",
        "may",
        "might",
        "can",
        "could",
        "is",
        "are",
        "was",
        "were",
        "be",
        "been",
        "did",
        "also",
    ]
)
# Words between a verb and the noun or pronoun that stands in for its subject.
_PASSED_OVER = frozenset(["itu", "tersebut", "ini", "hanya", "sempat", "yang", "which", "that"])
_ADVERBS = frozenset(["overnight", "under", "off", "again", "early", "lagi", "kembali", "tadi", "kemarin", "semalam"])
# Words between a thing and whose it is.
_OF = frozenset(["milik", "kepunyaan", "belonging", "dari", "daripada", "asal", "from", "of", "the"])
# Behind one of these stands what a thing measures, no amount of it.
_MEASURED = frozenset(["seberat", "berat", "berbobot", "bobot", "sepanjang", "berkaliber", "weighing"])
SPANS = ("QUANTITY", "WEAPON", "ACTOR", "LOCATION")


@dataclass(slots=True)
class Thing:
    """One item of an event: code points, and the token of its quantity."""

    start: int
    end: int
    token: int
    quantity: int | None = None
    hedged: bool = False
    instrument: bool = False  # what an attack is made with
    named: bool = True  # not where only an amount stands for it: "[7.000 kontainer]"
    listed: bool = False  # a word such as "di antaranya" stands before it


@dataclass(slots=True)
class Arguments:
    """What stands around a trigger, as indices of tokens: things, and tokens by their role."""

    things: list[Thing] = field(default_factory=list)
    roles: dict[str, list[int]] = field(default_factory=dict)
    status: str = ""
    amount: int | None = None  # the token of an amount of things that are not named

    def add(self, role: str, token: int) -> None:
        if token not in self.roles.setdefault(role, []):
            self.roles[role].append(token)


class Walker:
    """Reads the arguments of one trigger of a sentence."""

    def __init__(self, text: str, sentence: Sentence, found: Sequence[Trigger], lexicon: Triggers) -> None:
        self.text = text
        self.tokens = sentence.tokens
        self.lexicon = lexicon
        self.verbs = {t.first: t for t in found}
        self.inside = {i for t in found for i in range(t.first, t.last)}
        self.amounts: dict[int, Quantity] = {}

    # ---- the right side

    def right(self, trigger: Trigger) -> Arguments:
        """Things and roles behind a trigger, up to where its clause ends."""
        tokens, lexicon = self.tokens, self.lexicon
        found = Arguments()
        role = ""  # what the last preposition made of the next name
        open_quantity: int | None = None  # a quantity whose weapon has not come
        shared: int | None = None  # a container's quantity, which all of its list have
        last: tuple[str, int] = ("", -1)  # role and token of the last name
        depth = gap = 0
        hedged = listed = False
        i = trigger.last
        while i < len(tokens):
            token = tokens[i]
            word = token.word
            if word == "(":
                depth += 1
            elif word == ")":
                depth = max(0, depth - 1)
            elif depth:
                if token.kind == "QUANTITY" and found.things and found.things[-1].quantity is None and self.countable(i):
                    found.things[-1].quantity = i
            elif token.kind == "sign":
                opens = trigger.weak and trigger.voice != "noun"
                if word in (";", "–", "—", ".", "!", "?") or (word == ":" and (found.things or opens)):
                    break
                if word == "-" and self.spaced(i):
                    break
                listed = listed or word == ":"
                if word == "," and not self.list_goes_on(i, found, last):
                    break
                if word == "," and role not in ("to", "from"):
                    role = ""
            elif token.kind == "word":
                gap += 1
                status = self.carrier(i)
                if status is not None:
                    end, hedge = status
                    hedged = hedged or hedge
                    if hedge:
                        found.status = "alleged"
                    if open_quantity is not None:
                        shared = open_quantity
                    role, gap, i = "", 0, end
                    continue
                if (word in ("bersama", "bersama-sama") and i == trigger.last) or (
                    word == "of" and not found.things and trigger.voice != "noun" and not role
                ):
                    i += 1  # "memproduksi bersama", "received a batch of"
                    continue
                if word == "or" and i + 1 < len(tokens) and tokens[i + 1].word == "so":
                    i += 2  # "240 or so tanks"
                    continue
                listing = lexicon.list.at(tokens, i)
                if listing:
                    if listing[0] < len(tokens):
                        role, gap, listed, i = "", 0, True, listing[0]
                        continue
                    break
                preposition = lexicon.prepositions.get(word)
                if self.hedge(i):
                    preposition = ""
                    gap = 0
                elif preposition == "to" and word in ("untuk", "for", "to") and not self.party_follows(i):
                    if i + 1 < len(tokens) and (self.verbish(i + 1) or i + 1 in self.inside or found.things):
                        break
                    asks = trigger.status == "requested" and word == "for" and not found.things
                    role, gap = "" if asks else "other", 0
                elif preposition and not (word in ("menggunakan", "memakai", "using") and trigger.frame != "hit"):
                    role, gap = preposition, 0
                elif word in ("yang", "which") and self.list_behind(i, found) is not None:
                    i = self.list_behind(i, found) or i
                    continue
                elif word in lexicon.stop or word in CLAUSE_WORDS or word == "yang" or word == "which":
                    break
                elif i in self.verbs and i != trigger.first:
                    other = self.verbs[i]
                    if (
                        other.voice == "noun"
                        and other.event == trigger.event
                        and not found.things
                        and gap <= (1 if trigger.weak else 3)
                    ):
                        gap = 0  # "melakukan pengiriman", "mengirim pasokan": one event
                    elif not found.things and i == trigger.last + 1 and tokens[i - 1].word in lexicon.also:
                        gap = 0  # "menangkap atau membunuh": one object
                    else:
                        break
                elif word in lexicon.also:
                    if i > trigger.last and self.new_clause(i + 1):
                        break
                    if role not in ("to", "from", "by"):
                        role = ""
                elif self.verbish(i) and not (
                    trigger.voice != "noun" and not found.things and (gap <= 1 or tokens[i - 1].word in lexicon.also)
                ):
                    break
                elif (
                    word in lexicon.troops
                    and not role
                    and trigger.frame in ("give",) + (("act",) if trigger.event == "use" else ())
                ):
                    if not found.things or tokens[i - 1].word in (",", '"') or tokens[i - 1].word in lexicon.also or gap <= 2:
                        if not self.named(i):
                            found.things.append(Thing(token.start, token.end, i))
                        gap = 0
                elif gap > 6 and not found.things:
                    break
            elif token.kind == "QUANTITY":
                noun = self.troop_noun(token)
                if open_quantity == i - 2 and tokens[i - 1].word in ("dari", "of") and i > 1:
                    pass  # "37 dari 43 UAV": the part counts
                elif (
                    role in ("to", "from", "by", "at", "via")
                    and gap == 0
                    and not (i + 1 < len(tokens) and tokens[i + 1].kind == "WEAPON")
                ):
                    role = ""
                elif noun and role not in ("at", "against"):
                    found.things.append(Thing(*noun, i, i))
                    shared = None
                elif self.countable(i):
                    if self.weapon_follows(i):
                        open_quantity = i
                        shared = i if self.holds(i) else None
                    elif tokens[i - 1].word in _MEASURED:
                        pass
                    elif found.things and found.things[-1].quantity is None:
                        found.things[-1].quantity = i
                        if self.money(i):
                            for thing in found.things:
                                thing.quantity = thing.quantity or i
                    elif open_quantity is None or not self.money(i):
                        open_quantity = i
                        shared = i if self.holds(i) else None
                if role not in ("with",):
                    role = ""
                gap = 0
            elif token.kind == "WEAPON":
                # "mempersenjatai [RSF] dengan [drone]"
                given = trigger.frame == "give" and role == "with" and not found.things and "object" in found.roles
                usable = role in ("", "with", "by") if trigger.frame == "hit" else not role or given
                if usable and not self.compounded(i) and not (trigger.weak and not found.things and gap > 5):
                    quantity = open_quantity if open_quantity is not None else shared
                    if (
                        open_quantity is not None
                        and shared is None
                        and found.things
                        and self.adjacent(found.things[-1].token, open_quantity)
                    ):
                        found.things.pop()  # "senjata 200 artileri": the class before the count
                    armed = bool(found.things) and found.things[-1].instrument and last[0] == "thing" and last[1] >= i - 3
                    instrument = role in ("with", "by") or armed  # "dengan [parang], [tombak] dan [panah]"
                    found.things.append(Thing(token.start, token.end, i, quantity, hedged, instrument, listed=listed))
                    last = ("thing", i)
                elif found.things and usable:
                    break
                open_quantity = None
                if role != "with":
                    role = ""
                gap = 0
            elif token.kind == "ACTOR":
                before = tokens[i - 1]
                if before.kind == "ACTOR" and last[1] == i - 1:
                    pass  # "[Grup Wagner] [Rusia]": the second tells more of the first
                elif role in ("to", "from", "by", "against", "via"):
                    found.add({"via": "other"}.get(role, role), i)
                    last = (role, i)
                    if not self.group_goes_on(i):
                        role = ""
                elif role in ("at", "other", "with"):
                    if role in ("with", "at"):
                        found.add(role, i)
                    last, role = ("", i), ""
                elif before.kind == "WEAPON" or before.word == "nya":
                    found.add("owner", i)
                    last = ("owner", i)
                elif (
                    self.troops_of(token)
                    and trigger.voice != "noun"
                    and trigger.frame in ("give", "take", "act")
                    and not found.things
                    and not (i + 1 < len(tokens) and tokens[i + 1].kind in ("WEAPON", "QUANTITY"))
                ):
                    start, end = self.troops_of(token) or (0, 0)
                    found.things.append(Thing(start, end, i))
                    found.add("owner", i)
                elif last[0] in ("to", "from", "by") and before.word in lexicon.also | {","} and not self.new_clause(i):
                    found.add(last[0], i)
                    last = (last[0], i)
                elif not found.things:
                    found.add("object", i)
                    last = ("object", i)
                else:
                    break
                gap = 0
            elif token.kind == "LOCATION":
                before = tokens[i - 1]
                if before.word == "," and last[1] == i - 2:
                    last = (last[0], i)  # "Najin, Korea Utara": an address
                elif role in ("to", "from", "via", "at", "against"):
                    found.add(f"place {role}", i)
                    last, role = ("place", i), ""
                elif not found.things and trigger.frame == "hit":
                    found.add("object", i)
                    last = ("object", i)
                gap = 0
            i += 1
        found.amount = open_quantity
        return found

    # ---- the left side

    def things_before(self, first: int) -> list[Thing]:
        """What stands as the subject of a verb at `first`: what was sent, fired, seized."""
        tokens = self.tokens
        group = self.subject(first, weapon=True)
        things: list[Thing] = []
        pending: int | None = None
        for i in group:
            noun = self.troop_noun(tokens[i])
            if tokens[i].kind == "WEAPON":
                things.append(Thing(tokens[i].start, tokens[i].end, i, pending))
                pending = None
            elif noun:
                things.append(Thing(*noun, i, i))
            elif self.countable(i):
                pending = i
        if things and things[0].quantity is None:
            things[0].quantity = self.count_before(things[0].token)
        if not things:
            for i in self.subject(first)[-1:]:
                troops = self.troops_of(tokens[i])
                things = [Thing(*troops, i)] if troops else []
        return things

    def thing_at(self, i: int) -> Thing:
        """The thing that token `i`, a WEAPON or QUANTITY, names or counts."""
        token = self.tokens[i]
        if token.kind == "WEAPON":
            return Thing(token.start, token.end, i, self.count_before(i))
        noun = self.troop_noun(token)
        return Thing(*noun, i, i) if noun else Thing(token.start, token.end, i, i, named=False)

    def counted_by_word(self, thing: Thing) -> bool:
        """Whether "a", "sepucuk" or a word that opens a list stands before the thing: it is no doer."""
        before = self.tokens[thing.token - 1].word if thing.token > 0 else ""
        listed = before in ("berupa", "barang", "lain", "yakni", "yaitu", "termasuk", "a", "an", "some", ":")
        return before.startswith("se") or listed

    def compound_thing(self, first: int) -> list[Thing]:
        """The thing right before a noun: "[drone] strikes", "[arms] sale", "[SS1] hasil rampasan"."""
        i = first - 2 if first and self.tokens[first - 1].word == "hasil" else first - 1
        token = self.tokens[i] if i >= 0 else None
        if token is None or token.kind != "WEAPON":
            return []
        return [Thing(token.start, token.end, i, self.count_before(i), instrument=True)]

    def without_apposition(self, things: list[Thing], trigger: Trigger) -> list[Thing]:
        """The first of two things where the second only explains it: "[the Moskva], [a cruiser], sank"."""
        if len(things) != 2 or things[1].quantity is not None or things[0].token < 0:
            return things
        between = [token.word for token in self.tokens[things[0].token + 1 : things[1].token]]
        behind = self.tokens[things[1].token + 1].word if things[1].token + 1 < len(self.tokens) else "."
        return things[:1] if between in ([","], [",", "a"], [",", "the"]) and behind in (",", ".", "yang") else things

    def count_before(self, i: int) -> int | None:
        """The token of the quantity that counts the thing at `i`: "[41] [Russian] [aircraft]", "[10,000] of the [bombs]"."""
        i -= 1
        while i > 0 and (self.tokens[i].kind == "ACTOR" or self.tokens[i].word in ("of", "the", "these", "its", "bangkai")):
            i -= 1
        return i if i >= 0 and self.tokens[i].kind == "QUANTITY" and self.countable(i) else None

    def relative(self, first: int) -> list[Thing]:
        """The thing of an active verb that stands before its clause: "tank yang [A] beli", "tanks [A] sent"."""
        tokens = self.tokens
        i = self.before_auxiliaries(first)
        if i < 0 or tokens[i].kind != "ACTOR":
            return []
        i -= 1
        if i >= 0 and tokens[i].word in ("yang", "that", "which"):
            return self.things_before(i + 1)
        return []

    def striker(self, first: int) -> list[Thing]:
        """The weapon that strikes by itself: "drone [Rusia] menghantam"."""
        tokens = self.tokens
        i = first - 1
        while i >= 0 and tokens[i].kind == "word" and first - i < 4:
            i -= 1
        if i > 0 and tokens[i].kind == "ACTOR":
            i -= 1
        if i >= 0 and tokens[i].kind == "WEAPON" and not self.compounded(i):
            group = [j for j in self.group(i, ("WEAPON", "QUANTITY")) if tokens[j].kind == "WEAPON"]
            return [Thing(tokens[j].start, tokens[j].end, j, self.count_before(j), instrument=True) for j in group]
        return []

    def owner(self, things: list[Thing], trigger: Trigger) -> int | None:
        """The party that the things of a trigger are said to be of: right behind, or before ("Iranian drones", "'s")."""
        tokens = self.tokens
        if not things or things[0].token < 0:
            return None
        row = [thing for thing in things if thing.listed == things[0].listed]
        behind, before = self.owner_of(row[-1].token), things[0].token - 1
        if behind is not None:
            return behind
        if before >= 0 and tokens[before].kind == "QUANTITY":
            before -= 1
        if before > 1 and tokens[before].word == "s" and tokens[before - 1].word == "'":
            before -= 2
        mine = things[0].token < trigger.first or (trigger.frame == "take" and before >= trigger.last)
        return before if before >= 0 and tokens[before].kind == "ACTOR" and mine else None

    def bare_amount(self, trigger: Trigger, arguments: Arguments) -> int | None:
        """An amount without its thing around a trigger: "memesan [lima unit]", "[lima unit] dipesan"."""
        i = arguments.amount
        if i is None and trigger.voice == "passive":
            i = self.before_auxiliaries(trigger.first)
        if i is None or i < 0 or self.tokens[i].kind != "QUANTITY":
            return None
        unit = self._unit(i)
        plain = not unit and " " not in self.text[self.tokens[i].start : self.tokens[i].end]
        return i if plain or unit in self.lexicon.counts or unit in ("baterai", "skuadron", "batalyon") else None

    def load(self, trigger: Trigger, arguments: Arguments) -> Thing | None:
        """A thing that only its amount tells of, and that is meant for war: containers sent, "bantuan militer" of so much."""
        i = arguments.amount
        if i is None and trigger.voice == "passive":
            i = self.before_auxiliaries(trigger.first)
        if trigger.event != "transfer" or i is None or i < 0 or self.tokens[i].kind != "QUANTITY":
            return None
        behind = self.tokens[i + 1] if i + 1 < len(self.tokens) else None
        alone = behind is None or behind.kind != "word" or i + 1 == trigger.first
        alone = alone or self.tokens[i + 1].word in _AUXILIARY | self.lexicon.prepositions.keys()
        boxes = self._unit(i) in self.lexicon.boxes and alone
        near = {token.word for token in self.tokens[max(0, min(trigger.first, i - 4)) : i + 4]}
        if not boxes and not (self.money(i) and near & self.lexicon.war):
            return None
        return Thing(self.tokens[i].end, self.tokens[i].end, -1, i, named=False)

    def bare(self, trigger: Trigger) -> bool:
        """Whether no noun follows a verb, so that an active form may stand for a passive: "[drone] tembak jatuh di [Kursk]"."""
        behind = self.tokens[trigger.last] if trigger.last < len(self.tokens) else None
        if behind is None or behind.kind == "sign" or behind.word.endswith("ly"):
            return True
        return behind.word in self.lexicon.prepositions or behind.word in self.lexicon.stop or behind.word in _ADVERBS

    def points_back(self, trigger: Trigger) -> bool:
        """Whether a clitic or pronoun stands for the thing: "mengirimnya", "bought them"."""
        if trigger.voice == "noun":
            return False
        behind = self.tokens[trigger.last].word if trigger.last < len(self.tokens) else ""
        word = self.tokens[trigger.last - 1].word
        if word.endswith("nya") and (word.removesuffix("nya"),) in self.lexicon.kinds:
            return True
        if behind in ("itu", "it", "them"):
            return True
        before = self.tokens[trigger.first - 1].word if trigger.first else ""
        return trigger.voice == "passive" and before in (
            "keduanya",
            "ketiganya",
            "semuanya",
            "seluruhnya",
            "sisanya",
            "both",
            "they",
        )

    def stands_in(self, first: int) -> bool:
        """Whether the subject of the active verb at `first` is a pronoun or a noun for someone told of before."""
        tokens = self.tokens
        i = first - 1
        while i >= 0 and (tokens[i].word in _AUXILIARY or tokens[i].word in _PASSED_OVER):
            i -= 1
        return i >= 0 and (tokens[i].word in self.lexicon.subject or tokens[i].kind == "LOCATION")

    def platform(self, first: int) -> int | None:
        """The ship, aircraft or gun that is the subject of the active verb at `first`: "[USS Cole] milik [AS] membawa"."""
        tokens = self.tokens
        i = first - 1
        while i >= 0 and (tokens[i].word in _AUXILIARY or tokens[i].word in _PASSED_OVER):
            i -= 1
        i = self.over_apposition(i, ("WEAPON",))
        if i > 0 and tokens[i].kind == "ACTOR":
            i -= 2 if tokens[i - 1].word in _OF else 1
        return i if i >= 0 and tokens[i].kind == "WEAPON" and not self.compounded(i) else None

    def owner_of(self, thing: int) -> int | None:
        """The party right behind the thing at token `thing`, whose it is."""
        tokens = self.tokens
        i = thing + 1
        while i < len(tokens) and tokens[i].word in _OF:
            i += 2 if tokens[i].word == "belonging" else 1
        return i if i < len(tokens) and tokens[i].kind == "ACTOR" else None

    def office(self, i: int) -> int:
        """The state or body that the person at token `i` acts for, where it stands before him; else `i`."""
        tokens = self.tokens
        j = i - 1
        while j > 0 and (tokens[j].word in self.lexicon.title or (tokens[j].word == "," and j < i - 1)):
            j -= 1
        return j if j >= 0 and tokens[j].kind == "ACTOR" and not self.speaks(j) else i

    def bystander(self, first: int) -> int | None:
        """The nearest party before token `first` that no preposition and no speaking takes away."""
        for i in range(first - 1, -1, -1):
            if self.tokens[i].kind == "ACTOR" and not self.role_of(i) and not self.speaks(i):
                return self.office(i)
        return None

    def struck(self, first: int) -> list[int]:
        """The party or place that is the subject of a passive blow at `first`."""
        i = self.before_auxiliaries(first)
        return [i] if i >= 0 and self.tokens[i].kind == "LOCATION" else self.subject(first)[:1]

    def before_auxiliaries(self, first: int) -> int:
        """The token before the verb at `first` and its auxiliaries; -1 if there is none."""
        i = first - 1
        while i >= 0 and self.tokens[i].word in _AUXILIARY:
            i -= 1
        return i

    def speaks(self, i: int) -> bool:
        """Whether the party at `i` is one who says so."""
        tokens = self.tokens
        before = tokens[i - 1].word if i else ""
        behind = i + 1
        while behind < len(tokens) - 1 and tokens[behind].word in _AUXILIARY | {",", "hanya", "juga", "kemudian"}:
            behind += 1
        said = behind < len(tokens) and (tokens[behind].word in self.lexicon.said_after or tokens[behind].word == ":")
        return before in self.lexicon.said_before or said

    def loaded(self, first: int) -> bool:
        """Whether the word at `first` only tells what a counted container holds: "[40 kontainer] yang diduga membawa"."""
        if self.tokens[first].word not in self.lexicon.carry:
            return False
        i = first - 1
        while i >= 0 and self.tokens[i].word in _AUXILIARY | {"yang"}:
            i -= 1
        return i >= 0 and self.tokens[i].kind == "QUANTITY" and self.holds(i)

    def subject(self, first: int, *, weapon: bool = False) -> list[int]:
        """The names (or things, for a passive) that are the subject of the verb at token `first`, left to right."""
        tokens, lexicon = self.tokens, self.lexicon
        kinds = ("WEAPON", "QUANTITY") if weapon else ("ACTOR",)
        depth = 0
        i = self.antecedent(first, weapon=weapon)
        if i is None:
            return []
        i = self.over_apposition(i, kinds)
        while i >= 0:
            token = tokens[i]
            if token.word == ")":
                depth += 1
            elif token.word == "(":
                depth = max(0, depth - 1)
            elif depth:
                pass
            elif (
                token.word in (";", "!", "?")
                or token.word in ("–", "—", "|")
                or (token.word == "-" and self.spaced(i))
                or (
                    weapon
                    and (
                        token.word in lexicon.stop - {"sebagai"}
                        or token.word in CLAUSE_WORDS
                        or (i in self.verbs and self.verbs[i].voice == "active")
                    )
                )
            ):
                return []
            elif token.kind == "LOCATION" and not weapon and self.acts(i):
                return [i]
            elif token.kind in kinds and (
                not weapon
                or (token.kind == "WEAPON" and not self.compounded(i))
                or (token.kind == "QUANTITY" and self.troop_noun(token))
            ):
                group = self.group(i, kinds)
                if weapon and self.role_of(group[0]) in ("", "other", "at"):
                    return group
                # "dari Prancis, dan Vietnam memesan": the last of the list may begin a clause.
                for k in range(len(group) if not weapon else 0):
                    if self.is_subject(group[k:], first):
                        return group[k:]
                i = group[0] - 1
                continue
            i -= 1
        return []

    def acts(self, i: int) -> bool:
        """Whether a relative clause makes the place at `i` a party: "[Korea Utara], yang dituduh [AS] memasok"."""
        words = [token.word for token in self.tokens[i + 1 : i + 3]]
        return (words[:1] == ["yang"] or words == [",", "yang"]) and not self.role_of(i)

    def over_apposition(self, i: int, kinds: tuple[str, ...]) -> int:
        """From the comma at `i` that ends an apposition to the name that it explains: "[Provinsi Sinai], cabang [ISIS],"."""
        tokens = self.tokens
        while i >= 0 and tokens[i].word in _AUXILIARY:
            i -= 1
        if i < 0 or tokens[i].word != ",":
            return i
        for j in range(i - 1, max(0, i - 12), -1):
            if tokens[j].word in self.lexicon.also or j in self.verbs or tokens[j].word in (";", '"'):
                return i
            if tokens[j].word == ",":
                name = j - 3 if j > 2 and tokens[j - 1].kind == "LOCATION" and tokens[j - 2].kind == "word" else j - 1
                return name if name >= 0 and tokens[name].kind in kinds else i
        return i

    def antecedent(self, first: int, *, weapon: bool = False) -> int | None:
        """Where to look for the subject of the verb at `first`: before "yang" its noun, which must be a name (None if not)."""
        tokens = self.tokens
        for i in range(first - 1, max(-1, first - 6), -1):
            if tokens[i].word in ("yang", "who", "which"):
                while i > 0 and tokens[i - 1].word in (",", '"'):
                    i -= 1
                plain = i == 0 or (
                    tokens[i - 1].kind == "word" and tokens[i - 1].word not in ("itu", "ini", "tersebut", "lainnya")
                )
                if plain and weapon:
                    return next((j for j in range(i - 1, max(-1, i - 4), -1) if tokens[j].kind == "WEAPON"), None)
                return None if plain else i - 1
            if tokens[i].kind != "word":
                break
        return first - 1

    def group(self, i: int, kinds: tuple[str, ...]) -> list[int]:
        """The list of names that ends with token `i`: "Seoul, Kyiv dan Washington"."""
        tokens = self.tokens
        group = [i]
        j = i - 1
        while j >= 0:
            if tokens[j].kind in kinds and j == group[0] - 1:
                group.insert(0, j)  # "Presiden [Rusia] [Putin]"
                j -= 1
                continue
            k = j
            while k >= 0 and (tokens[k].word in self.lexicon.also or tokens[k].word in (",", '"')):
                k -= 1
            joined = any(tokens[n].word in self.lexicon.also for n in range(group[0], group[-1])) or any(
                tokens[n].word in self.lexicon.also for n in range(k + 1, group[0])
            )
            if k < j and k >= 0 and tokens[k].kind in kinds and k >= group[0] - 4 and (joined or "WEAPON" in kinds):
                group.insert(0, k)
                j = k - 1
                continue
            if (
                k < j
                and k >= 0
                and tokens[k].word == ")"
                and k >= 3
                and tokens[k - 1].kind in kinds
                and tokens[k - 2].word == "("
                and tokens[k - 3].kind in kinds
            ):
                group.insert(0, k - 3)
                j = k - 4
                continue
            break
        return group

    def is_subject(self, group: list[int], verb: int) -> bool:
        """Whether names can be the subject of a verb behind them: no preposition before, no object of another verb."""
        tokens = self.tokens
        role = self.role_of(group[0])
        if role and not self.reported(group[0]):
            return False
        if self.lexicon.say.before(tokens, group[0]) and tokens[group[0] - 1].word in ACCUSED | BEFORE:
            return False
        previous = group[0] - 1
        if previous >= 0 and previous in self.inside and not self.lexicon.object.at(tokens, previous):
            trigger = next((t for t in self.verbs.values() if t.first <= previous < t.last), None)
            if trigger and trigger.last <= verb and trigger.frame in ("hit", "take", "give", "get", "act"):
                return False
        if previous >= 0 and tokens[previous].kind in ("WEAPON", "QUANTITY"):
            # "[kapal perusak] [AS] menembak jatuh": whose ship it is does it, where the ship is nothing else's object.
            leads = (
                previous == 0
                or tokens[previous - 1].kind == "sign"
                or tokens[previous - 1].word in ("sebuah", "a", "an", "the")
            )
            return tokens[previous].kind == "WEAPON" and leads and group[-1] + 1 == verb
        after = group[-1] + 1
        if after >= len(tokens) or after == verb:
            return True
        if tokens[after].word in ("ke", "kepada", "terhadap", "to", "against", "dari"):
            return False
        return tokens[after].kind not in ("WEAPON", "QUANTITY") or after >= verb

    def reported(self, i: int) -> bool:
        """Whether the name at `i` is the author of a document: "laporan oleh [X]"."""
        return any(token.word in ("laporan", "data", "pernyataan", "report") for token in self.tokens[max(0, i - 3) : i])

    def role_of(self, i: int) -> str:
        """The role that a preposition before the name at `i` gives it, over the nouns and titles between; "" if none."""
        tokens = self.tokens
        for j in range(i - 1, max(-1, i - 7), -1):
            token = tokens[j]
            if token.kind == "sign" and token.word not in ('"', "'", "("):
                return ""
            if token.kind in SPANS and not (token.kind == "ACTOR" and j == i - 1):
                return ""
            if (token.word in self.lexicon.stop and token.word not in ("menurut",)) or j in self.inside:
                return ""
            if token.word == "menurut" or token.word == "versi":
                return "other"
            if token.word[:1].isdigit() or token.word in CLOSING:
                return ""
            role = self.lexicon.prepositions.get(token.word, "")
            if role:
                return role
            if self.verbish(j) or token.word in ("yang", "kata", "said") or token.word in _AUXILIARY:
                return ""
        return ""

    def thing_before(self, first: int) -> bool:
        """Whether right before the passive at `first` stands its thing: "SS1 yang dirampas"."""
        i = self.antecedent(first, weapon=True)
        if i is None:
            return False
        while i >= 0 and (self.tokens[i].word in _AUXILIARY or self.tokens[i].word in ("itu", "tersebut")):
            i -= 1
        if i > 0 and self.tokens[i].kind == "ACTOR":
            i -= 1
        return i >= 0 and self.tokens[i].kind == "WEAPON" and not self.compounded(i)

    # ---- small questions

    def hedge(self, i: int) -> bool:
        """Whether the preposition at `i` is one of "lebih dari", "di atas" before a quantity."""
        tokens = self.tokens
        word, before = tokens[i].word, tokens[i - 1].word if i else ""
        after = tokens[i + 1] if i + 1 < len(tokens) else None
        if (word == "dari" and before in ("lebih", "kurang", "tak", "tidak")) or (
            word == "sampai" and before in ("tak", "tidak")
        ):
            return True
        if (
            word in ("hingga", "sampai")
            and after is not None
            and (after.kind == "QUANTITY" or after.word in ("perkiraan", "sekitar"))
        ):
            return True
        return (
            word == "di"
            and after is not None
            and after.word in ("atas", "bawah")
            and i + 2 < len(tokens)
            and tokens[i + 2].kind == "QUANTITY"
        )

    def spaced(self, i: int) -> bool:
        """Whether the sign at `i` stands free: a dash, no hyphen."""
        token = self.tokens[i]
        return self.text[token.start - 1 : token.start].isspace() or self.text[token.end : token.end + 1].isspace()

    def verbish(self, i: int) -> bool:
        """Whether a word looks like a verb of its own."""
        word = self.tokens[i].word
        return (
            bool(word)
            and word not in self.lexicon.transparent
            and (bool(VERB.match(word)) or word in self.lexicon.said_after or word in self.lexicon.said_before)
        )

    def new_clause(self, i: int) -> bool:
        """Whether from token `i` on stands a list of names with a verb behind it: the subject of another clause."""
        tokens = self.tokens
        while (
            i < len(tokens)
            and tokens[i].kind == "word"
            and tokens[i].word not in _AUXILIARY
            and not self.verbish(i)
            and i not in self.inside
        ):
            if tokens[i].word in self.lexicon.prepositions or tokens[i].word in self.lexicon.stop:
                return tokens[i].word in self.lexicon.stop
            i += 1
        if i < len(tokens) and ((i in self.verbs and self.verbs[i].voice != "noun") or self.auxiliary(i)):
            return True
        if i >= len(tokens) or tokens[i].kind not in ("ACTOR", "LOCATION"):
            return i < len(tokens) and tokens[i].kind == "word" and self.verbish(i)
        while i < len(tokens) and (
            tokens[i].kind in ("ACTOR",) or tokens[i].word in self.lexicon.also or tokens[i].word in (",", "(", ")")
        ):
            i += 1
        return i < len(tokens) and tokens[i].kind == "word" and (self.verbish(i) or self.auxiliary(i) or i in self.inside)

    def auxiliary(self, i: int) -> bool:
        """Whether the word at `i` opens a predicate; "mulai tahun depan" is a time."""
        word, behind = self.tokens[i].word, i + 1
        return word in _AUXILIARY and (word != "mulai" or (behind < len(self.tokens) and self.verbish(behind)))

    def list_goes_on(self, comma: int, found: Arguments, last: tuple[str, int]) -> bool:
        """Whether a comma stands in a list, before a phrase of the same clause, or in an address."""
        tokens, lexicon = self.tokens, self.lexicon
        i = comma + 1
        while i < len(tokens) and (tokens[i].word in lexicon.also or tokens[i].word in ('"', "'")):
            i += 1
        if i >= len(tokens):
            return False
        token = tokens[i]
        if i > comma + 1 and tokens[i - 1].word in lexicon.also and token.kind == "word" and token.word not in lexicon.stop:
            return not self.new_clause(i)
        if token.kind in ("WEAPON", "QUANTITY"):
            return not self.new_clause_after_things(i)
        if token.kind == "ACTOR":
            return last[1] == comma - 1 and last[0] in ("to", "from", "by") and self.group_ends(i)
        if token.kind == "LOCATION":
            return True
        if lexicon.list.at(tokens, i) or token.word in lexicon.carry:
            return True
        if token.word in lexicon.stop or token.word in lexicon.said_before or token.word == "yang":
            return False
        if token.word in lexicon.prepositions:
            return token.word not in ("untuk", "dalam", "pada", "for") or (
                token.word in ("untuk", "for") and self.party_follows(i)
            )
        if token.word in lexicon.troops:
            return True
        for j in range(i, min(len(tokens), i + 4)):
            if tokens[j].kind in ("WEAPON", "QUANTITY"):
                return bool(found.things)
            if (
                tokens[j].kind != "word"
                or self.verbish(j)
                or tokens[j].word in lexicon.prepositions
                or tokens[j].word in lexicon.stop
            ):
                return False
        return False

    def list_behind(self, i: int, found: Arguments) -> int | None:
        """Where the list of things goes on behind the relative clause at `i`: "[tank] yang tua, [12] [howitzer]"."""
        tokens = self.tokens
        for j in range(i + 1, min(len(tokens) - 2, i + 12)):
            if tokens[j].word in (";", ":") or tokens[j].kind == "QUANTITY":
                return None
            k = j + 1
            while k < len(tokens) and tokens[k].word in self.lexicon.also:
                k += 1
            counted = k + 1 < len(tokens) and tokens[k].kind == "QUANTITY" and tokens[k + 1].kind == "WEAPON"
            if found.things and tokens[j].word == "," and counted and not self.new_clause_after_things(k):
                return j
        return None

    def group_ends(self, i: int) -> bool:
        """Whether behind the list of names from token `i` on the clause ends or goes on with a preposition: no verb."""
        tokens, also = self.tokens, self.tokens[i - 1].word in self.lexicon.also
        while i < len(tokens) and (tokens[i].kind == "ACTOR" or tokens[i].word in self.lexicon.also or tokens[i].word == ","):
            also = also or tokens[i].word in self.lexicon.also
            i += 1
        if i >= len(tokens):
            return also
        word = tokens[i].word
        return also and (
            tokens[i].kind == "sign" or word in self.lexicon.prepositions or word in self.lexicon.stop or word == "yang"
        )

    def new_clause_after_things(self, i: int) -> bool:
        """Whether the weapons from `i` on are the subject of a verb: "..., [drone] itu jatuh"."""
        tokens = self.tokens
        j = i
        while j < len(tokens) and (
            tokens[j].kind in ("WEAPON", "QUANTITY", "ACTOR")
            or tokens[j].word in self.lexicon.also
            or tokens[j].word in (",", "itu", "tersebut", "lainnya", "beberapa")
        ):
            j += 1
        return (
            j < len(tokens)
            and tokens[j].kind == "word"
            and (tokens[j].word in _AUXILIARY or (j in self.verbs and self.verbs[j].voice != "noun"))
        )

    def group_goes_on(self, i: int) -> bool:
        """Whether a list of names goes on behind the name at `i`."""
        tokens = self.tokens
        j = i + 1
        while j < len(tokens) and (tokens[j].word in self.lexicon.also or tokens[j].word == ","):
            j += 1
        return (
            j > i + 1
            and j < len(tokens)
            and tokens[j].kind == "ACTOR"
            and not self.new_clause(i + 1 if tokens[i + 1].word != "," else i + 2)
        )

    def party_follows(self, i: int) -> bool:
        """Whether the preposition at `i` leads to a name, over at most four nouns and titles."""
        for j in range(i + 1, min(len(self.tokens), i + 6)):
            token = self.tokens[j]
            if token.kind in ("ACTOR", "LOCATION"):
                return True
            if token.kind != "word" or self.verbish(j) or j in self.inside or token.word in self.lexicon.stop:
                return False
        return False

    def carrier(self, i: int) -> tuple[int, bool] | None:
        """For "(yang) (diduga) membawa" at `i`: the token behind it, and whether it is hedged."""
        tokens, j, hedged = self.tokens, i, False
        if tokens[j].word in ("yang", "which", "that"):
            j += 1
        while j < min(len(tokens), i + 5) and tokens[j].kind == "word":
            word = tokens[j].word
            if word in self.lexicon.carry and (word != "of" or tokens[j - 1].kind == "QUANTITY"):
                return j + 1, hedged
            if word in ("diduga", "dicurigai", "disinyalir", "ditengarai", "suspected", "believed", "allegedly"):
                hedged = True
            elif word not in ("telah", "dapat", "bisa", "akan", "juga", "mampu", "to", "be"):
                return None
            j += 1
        return None

    def compounded(self, i: int) -> bool:
        """Whether the weapon at `i` only qualifies another noun, itself or through its list: "program rudal dan satelit"."""
        tokens = self.tokens
        j = i - 1
        if j >= 0 and tokens[j].word in self.lexicon.compound and j not in self.verbs:
            # "peralatan produksi rudal" in a list of what is given stays what it names.
            return True
        while j >= 0 and (tokens[j].word in self.lexicon.also or tokens[j].word == ","):
            j -= 1
        return (
            j < i - 1
            and j > 0
            and tokens[j].kind == "WEAPON"
            and tokens[j - 1].word in self.lexicon.compound
            and j - 1 not in self.verbs
        )

    def troop_noun(self, token: Token) -> tuple[int, int] | None:
        """Where in a QUANTITY the noun of troops stands, if there is one."""
        if token.kind != "QUANTITY":
            return None
        for match in re.finditer(r"[^\W\d_]+", self.text[token.start : token.end]):
            if match[0].lower() in self.lexicon.troops:
                return token.start + match.start(), token.start + match.end()
        return None

    def troops_of(self, token: Token) -> tuple[int, int] | None:
        """Where the noun of troops stands that an ACTOR begins with: "tentara Korea Utara"."""
        match = re.match(r"[^\W\d_]+", self.text[token.start : token.end])
        if match and match[0].lower() in self.lexicon.troops and match.end() < token.end - token.start:
            return token.start, token.start + match.end()
        return None

    def named(self, i: int) -> bool:
        """Whether the noun at `i` is only the beginning of a name ("personel [TNI]")."""
        return i + 1 < len(self.tokens) and self.tokens[i + 1].kind == "ACTOR"

    def adjacent(self, left: int, right: int) -> bool:
        return right == left + 1

    def weapon_follows(self, i: int) -> bool:
        return i + 1 < len(self.tokens) and self.tokens[i + 1].kind == "WEAPON"

    def quantity(self, i: int) -> Quantity:
        """The amount of token `i`; a weapon right behind it is no unit ("enam Kilo")."""
        if i not in self.amounts:
            token = self.tokens[i]
            if not self.weapon_follows(i):
                amount = _amount(self.text, token.start, token.end)
            else:
                start, behind = max(0, token.start - 300), self.tokens[i + 1].end
                text, at, end = self.text[start : token.end], token.start - start, token.end - start
                amount = read_quantity(text, at, end)
                rate = read_quantity(text + self.text[behind : behind + 40], at, end)  # "[60] [shells] a day"
                amount = dataclasses.replace(amount, start=token.start, end=token.end, per=amount.per or rate.per)
            self.amounts[i] = amount
        return self.amounts[i]

    def _unit(self, i: int) -> str:
        quantity = self.quantity(i)
        return (quantity.currency and "money") or quantity.unit or ""

    def money(self, i: int) -> bool:
        return self._unit(i) == "money"

    def holds(self, i: int) -> bool:
        """Whether a quantity counts what holds things (containers, tons), not the things."""
        return self._unit(i) in self.lexicon.holds

    def countable(self, i: int) -> bool:
        """Whether a quantity can count a weapon: a bare number, a classifier, a container, money, a share of the weapons
        behind it."""
        unit = self._unit(i)
        if unit in ("persen", "percent", "%"):
            return self.weapon_follows(i)
        return not unit or unit == "money" or unit in self.lexicon.counts or unit in self.lexicon.holds


ACCUSED = frozenset(["dituduh", "dituding", "oleh", "by"])
BEFORE = frozenset(["kata", "ujar", "tutur", "ucap", "jelas", "tegas", "ungkap", "papar", "tulis", "imbuh"])
