"""Records as databases write them, their copies as others do, and what only looks like a copy: answers are known."""

import random
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from itertools import combinations

from evidence.likeness import Citation

SYLLABLES_TEXT = "ba cor del fi gan hel ix jor kal lum mor nes ost pra quil ros sten tra ul vor wex yth zan"
SYLLABLES = tuple(SYLLABLES_TEXT.split())
COMMON_TEXT = (
    "effect exercise therapy chronic low back pain treatment patients randomised controlled trial motor control "
    "training disability adults function quality life muscle lumbar spine strength outcome clinical programme "
    "physiotherapy manual stabilisation education cognitive behavioural primary care women older workers pilot "
    "comparison efficacy walking yoga pilates home based supervised group individual conventional rehabilitation "
    "acute recurrent intensity posture balance endurance fatigue sleep depression anxiety catastrophising "
    "kinesiophobia work absence cost economic imaging surgery injection acupuncture massage traction ultrasound "
    "laser heat nerve stimulation medication opioid paracetamol ibuprofen children adolescents students nurses "
    "soldiers athletes pregnancy obesity diabetes osteoporosis fracture knee hip neck shoulder ankle gait "
    "kinematics electromyography reliability validity questionnaire scale prediction prognosis"
)
COMMON = tuple(COMMON_TEXT.split())
SURNAMES_TEXT = (
    "Müller Jönsson Nuñez García Østergaard Dvořák Çelik Wang Li Zhang Kim Park Smith Jones Brown Silva Santos "
    "O'Brien van·Dillen de·Vries Rossi Bianchi Kowalski Nagy Andersson Nielsen Haßler Lefèvre Sato Tanaka Gupta "
    "Singh Cohen"
)
SURNAMES = tuple(SURNAMES_TEXT.split())
JOURNALS = (
    ("European Spine Journal", "Eur Spine J"),
    ("The Journal of Orthopaedic and Sports Physical Therapy", "J Orthop Sports Phys Ther"),
    ("Archives of Physical Medicine and Rehabilitation", "Arch Phys Med Rehabil"),
    ("BMC Musculoskeletal Disorders", "BMC Musculoskelet Disord"),
    ("The Clinical Journal of Pain", "Clin J Pain"),
    ("British Medical Journal", "BMJ"),
    ("Manual Therapy", "Man Ther"),
    ("Spine (Phila Pa 1976)", "Spine"),
)
Write = Callable[[Citation, random.Random], Citation]


def write_record(key: int, chance: random.Random) -> Citation:
    """Give a record of a paper that there is not, as complete as databases have them."""
    own = ["".join(chance.choices(SYLLABLES, k=chance.randint(2, 4))) for _ in range(chance.randint(1, 3))]
    words = [*chance.sample(COMMON, chance.randint(5, 11)), *own]
    chance.shuffle(words)
    title = " ".join(words)
    if chance.random() < 0.4:
        place = title.index(" ", len(title) // 2)
        title = f"{title[:place]}: a{title[place:]}"
    people = [_person(chance) for _ in range(chance.randint(1, 7))]
    journal = chance.choice(JOURNALS)[0]
    first = chance.randint(1, 1900)
    return Citation(
        key=key,
        title=title.capitalize(),
        authors="; ".join(people),
        year=chance.randint(1985, 2024),
        journal=journal,
        volume=str(chance.randint(1, 90)),
        pages=f"{first}-{first + chance.randint(4, 14)}",
        doi=f"10.{chance.randint(1000, 9999)}/x.{key}.{chance.randint(0, 999)}",
        pmid=str(10_000_000 + key),
    )


def _person(chance: random.Random) -> str:
    """Give a name; some surnames are many people's, most are few's."""
    common = chance.choice(SURNAMES).replace("·", " ")
    rare = "".join(chance.choices(SYLLABLES, k=3)).capitalize()
    surname = common if chance.random() < 0.3 else rare
    return f"{surname}, {''.join(chance.choices('ABCDEFGHJKLMNPRSTVW', k=chance.randint(1, 2)))}"


# Copies -------------------------------------------------------------------------------------------------------------


def as_medline(record: Citation, chance: random.Random) -> Citation:
    """Names without commas, the journal cut, the last page cut, a full stop behind the title."""
    authors = ", ".join(name.replace(",", "") for name in record.authors.split("; "))
    first, _, last = record.pages.partition("-")
    is_short = last.isdecimal() and len(first) == len(last) and first[:-2] == last[:-2] and len(first) > 2
    pages = f"{first}-{last[-2:]}" if is_short else record.pages
    return replace(record, title=f"{record.title}.", authors=authors, journal=_cut(record.journal), pages=pages, doi="")


def as_embase(record: Citation, chance: random.Random) -> Citation:
    """No accents, no DOI, no PMID, the trial's country in the title's brackets left out, initials with full stops."""
    authors = "; ".join(_dotted(name) for name in bare(record.authors).split("; "))
    return replace(record, title=bare(record.title), authors=authors, doi="", pmid="", journal=record.journal)


def as_web_of_science(record: Citation, chance: random.Random) -> Citation:
    """Everything in capitals, no PMID."""
    title, authors, journal = (text.upper() for text in (record.title, record.authors, record.journal))
    return replace(record, title=title, authors=authors, journal=journal, pmid="")


def as_scopus(record: Citation, chance: random.Random) -> Citation:
    """A dash for the colon, American spelling, the DOI as an address."""
    title = record.title.replace(":", " –").replace("isation", "ization").replace("ioural", "ioral")
    return replace(record, title=title.replace("omised", "omized"), doi=f"https://doi.org/{record.doi}", pmid="")


def with_slips(record: Citation, chance: random.Random) -> Citation:
    """One or two letters of long words wrong, no identifiers."""
    words = record.title.split()
    long = [place for place, word in enumerate(words) if len(word) > 6 and word.isalpha()]
    for place in chance.sample(long, min(len(long), chance.randint(1, 2))):
        words[place] = slip(words[place], chance)
    return replace(record, title=" ".join(words), doi="", pmid="")


def without_most(record: Citation, chance: random.Random) -> Citation:
    """Volume, pages and identifiers missing, the others of the authors too."""
    return replace(record, authors=f"{record.authors.split(';')[0]}; et al.", volume="", pages="", doi="", pmid="")


def transliterated(record: Citation, chance: random.Random) -> Citation:
    """Umlauts as two letters, no identifiers."""
    letters = {"ö": "oe", "ü": "ue", "ä": "ae", "ß": "ss", "ø": "oe", "Ø": "Oe"}
    text = "".join(letters.get(letter, letter) for letter in record.authors)
    return replace(record, authors=text, doi="", pmid="")


def online_first(record: Citation, chance: random.Random) -> Citation:
    """A year earlier, without volume and pages, with the DOI."""
    return replace(record, year=(record.year or 2000) - 1, volume="", pages="", pmid="")


COPIES: tuple[Write, ...] = (
    as_medline,
    as_embase,
    as_web_of_science,
    as_scopus,
    with_slips,
    without_most,
    transliterated,
    online_first,
)


# What only looks like a copy ------------------------------------------------------------------------------------------


def second_part(record: Citation, chance: random.Random) -> Citation:
    """Part II, on the pages that follow."""
    last = int(record.pages.partition("-")[2])
    return replace(record, title=f"{record.title}. Part II", pages=f"{last + 1}-{last + 9}", doi="", pmid="")


def erratum(record: Citation, chance: random.Random) -> Citation:
    """Its correction, under the DOI of the paper."""
    return replace(record, title=f"Erratum: {record.title}", pages="1999", pmid="")


def reply(record: Citation, chance: random.Random) -> Citation:
    """A letter about it, by others."""
    others = "; ".join(_person(chance) for _ in range(2))
    return replace(record, title=f"Re: {record.title}", authors=others, pages="77-8", doi="", pmid="")


def preprint(record: Citation, chance: random.Random) -> Citation:
    """What was on a server before it was printed."""
    doi = f"10.1101/2020.01.{chance.randint(1, 28):02}.{chance.randint(10**7, 10**8)}"
    return replace(record, journal="medRxiv", volume="", pages="", doi=doi, pmid="")


def follow_up(record: Citation, chance: random.Random) -> Citation:
    """The next report of the trial: 24 months instead of 12, in a later year."""
    title, year = f"{record.title}: 24-month follow-up", (record.year or 2000) + 1
    return replace(record, title=title, year=year, volume="91", pages="4-12", doi="", pmid="")


def congress(record: Citation, chance: random.Random) -> Citation:
    """The abstract shown at a congress, in a supplement."""
    return replace(record, journal="Annals of Congresses", volume="12", pages="S12", doi="", pmid="")


TRAPS: tuple[Write, ...] = (second_part, erratum, reply, preprint, follow_up, congress)


def write_records(
    count: int, *, seed: int = 1, copies: float = 0.3, traps: float = 0.05
) -> tuple[list[Citation], set[tuple[int, int]]]:
    """Give as many records, shuffled, and the pairs of keys among them, smaller first, that are of one document."""
    chance = random.Random(seed)
    records: list[Citation] = []
    same: set[tuple[int, int]] = set()
    while len(records) < count:
        record = write_record(len(records), chance)
        family = [record]
        while chance.random() < copies:
            family.append(chance.choice(COPIES)(record, chance))
        others = [chance.choice(TRAPS)(record, chance)] if chance.random() < traps else []
        keyed = [replace(one, key=len(records) + place) for place, one in enumerate([*family, *others])]
        same |= set(combinations([one.key for one in keyed[: len(family)]], 2))
        records += keyed
    chance.shuffle(records)
    return records, same


# Letters --------------------------------------------------------------------------------------------------------------


def bare(text: str) -> str:
    """Give text without accents."""
    apart = unicodedata.normalize("NFKD", text)
    return "".join(letter for letter in apart if not unicodedata.combining(letter))


def slip(word: str, chance: random.Random) -> str:
    """Give a word of three letters or more with one letter left out, doubled, changed or swapped with the next."""
    place = chance.randrange(1, len(word) - 1)
    before, letter, after = word[:place], word[place], word[place + 1 :]
    return chance.choice(
        (before + after, before + letter * 2 + after, f"{before}x{after}", before + after[0] + letter + after[1:])
    )


def _cut(journal: str) -> str:
    return dict(JOURNALS).get(journal, journal)


def _dotted(name: str) -> str:
    surname, _, initials = name.partition(", ")
    return f"{surname}, {'.'.join(initials)}."
