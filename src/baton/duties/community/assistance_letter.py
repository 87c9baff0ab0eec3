"""The letter about a hospital's financial assistance (26 CFR 1.501(r)-4 and -6), in plain words, for one household; kept and printed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any, Final, cast

from baton.duties import letters
from baton.duties.community import means, proofs
from baton.duties.patients import identity
from baton.duties.privacy import slips
from baton.duties.promises import refuse
from baton.paper import Facts, Heading, Paper, Rows, Text
from baton.rules import benefits as rules
from baton.rules import poverty
from baton.rules.calendar import local_day
from baton.rules.tables import table

if TYPE_CHECKING:
    from baton.duties.community.means import Means
    from baton.paper import Block
    from baton.store import Change, Stored, View

PROGRAM: Final = "hospital-fap"
LANGUAGES: Final = ("en", "es")
WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "en": {
        "title": "Help with your hospital bill",
        "lead": "You may not have to pay the whole bill. You may not have to pay at all. Please read this page. We will help you ask.",
        "who": "Who can get help",
        "who-text": "We look at two things. How many people live with you? What do all of you live on in a year?",
        "home": "People in your home",
        "lives-on": "What you told us you live on in a year",
        "line": "If you live on this much or less in a year",
        "off": "We take this off your bill",
        "all": "all of it",
        "never": "If we help you, we will never ask you for more than we ask of people who have insurance.",
        "how": "How to ask for help",
        "how-text": "Fill in the form. It is free. We will fill it in with you if you like. Bring these papers:",
        "when": "When to ask",
        "bill": "Your first bill came on",
        "last": "Ask no later than",
        "when-none": "You can ask for 240 days. The days start with your first bill after you went home.",
        "calm": "We will not send your bill to a debt collector for at least 120 days. The days start with your first bill.",
        "talk": "Do you have questions?",
        "talk-text": "Call your care team. You can talk in your own language. That is free too.",
        "footer": "Hospital financial assistance",
    },
    "es": {
        "title": "Ayuda con su cuenta del hospital",
        "lead": "Tal vez no tenga que pagar toda la cuenta. Tal vez no tenga que pagar nada. Lea esta hoja. Le ayudamos a pedirlo.",
        "who": "Quién puede recibir ayuda",
        "who-text": "Vemos dos cosas. ¿Cuántas personas viven con usted? ¿Con cuánto viven todos en un año?",
        "home": "Personas en su casa",
        "lives-on": "Lo que nos dijo que viven al año",
        "line": "Si en un año viven con esto o menos",
        "off": "Le quitamos esto de la cuenta",
        "all": "toda",
        "never": "Si le damos ayuda, nunca le vamos a cobrar más que a la gente que tiene seguro.",
        "how": "Cómo pedir ayuda",
        "how-text": "Llene la hoja. Es gratis. Si quiere, la llenamos con usted. Traiga estos papeles:",
        "when": "Cuándo pedirla",
        "bill": "Su primera cuenta llegó el",
        "last": "Pídala a más tardar el",
        "when-none": "Tiene 240 días para pedirla. Los días cuentan desde su primera cuenta después de ir a casa.",
        "calm": "Por 120 días o más no pasamos su cuenta a nadie que cobre deudas. Los días cuentan desde su primera cuenta.",
        "talk": "¿Tiene preguntas?",
        "talk-text": "Llame a su equipo. Puede hablar en su idioma. También es gratis.",
        "footer": "Ayuda del hospital con la cuenta",
    },
}
PAPERS: Final[Mapping[str, Mapping[str, str]]] = {
    "en": {
        "photo-id": "a card with your photo", "proof-of-address": "a paper with your name and your street",
        "pay-stubs": "your last pay stubs", "tax-return": "your last tax form", "hospital-bill": "the bill",
    },
    "es": {
        "photo-id": "un carnet con su foto", "proof-of-address": "un papel con su nombre y su calle", "pay-stubs": "sus últimos pagos",
        "tax-return": "su última hoja de impuestos", "hospital-bill": "la cuenta",
    },
}  # fmt: skip
MONTHS: Final = (
    "enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre",
)  # fmt: skip


def plain(language: str) -> str:
    """Everything the letter says in words, for those who check how hard it is to read."""
    said = WORDS[language]
    return "\n".join([*(text for key, text in said.items() if key != "footer"), *PAPERS[language].values()])


def day(value: date, language: str) -> str:
    """A day as it is written in a letter."""
    if language == "es":
        return f"{value.day} de {MONTHS[value.month - 1]} de {value.year}"
    return f"{value:%B} {value.day}, {value.year}"


def paper(view: View, *, patient: str, language: str) -> Paper:
    """The letter for a patient (an id), by what is known of the household and the bill today. Raises Invalid for another language."""
    if language not in LANGUAGES:
        raise refuse("The letter is written in English and Spanish.", "DocumentReference.content")
    person = view.get("Patient", patient)
    said, today = WORDS[language], local_day(view.now, view.zone)
    lives_on = means.known(view, person)
    row = rules.program(PROGRAM, today)
    bill = proofs.first_bill(view, f"Patient/{patient}")
    wanted = cast(list[str], row.values["documents"]) if row else []
    blocks: list[Block] = [Text(said["lead"]), Heading(said["who"]), Text(said["who-text"])]
    if lives_on is not None:
        blocks.append(Facts([(said["home"], str(lives_on.size)), (said["lives-on"], f"${lives_on.income:,.0f}")]))
        blocks += _tiers(lives_on, said, today)
    blocks += [Text(said["never"]), Heading(said["how"]), Text(said["how-text"])]
    blocks.append(Text("\n".join(f"• {PAPERS[language].get(each, each)}" for each in wanted)))
    blocks.append(Heading(said["when"]))
    last = rules.deadline(row, bill) if row else None
    if bill is not None and last is not None:
        blocks.append(Facts([(said["bill"], day(bill, language)), (said["last"], day(last, language))]))
    else:
        blocks.append(Text(said["when-none"]))
    blocks += [Text(said["calm"]), Heading(said["talk"]), Text(said["talk-text"])]
    name = identity.identity(person, today).name
    return Paper(said["title"], blocks, language, subtitle=name, footer=said["footer"], made=day(today, language))


def _tiers(lives_on: Means, said: Mapping[str, str], today: date) -> list[Block]:
    """What the hospital takes off, by what this household lives on."""
    if not lives_on.state:
        return []
    try:
        line = poverty.guideline(lives_on.size, lives_on.state, today)
    except (ValueError, LookupError):
        return []
    tiers: list[Mapping[str, Any]] = [row.values for row in table(rules.TABLE).in_force(today) if row.values.get("kind") == "tier"]
    rows = [
        (f"${line * each['up_to'] // 100:,}", said["all"] if each["discount"] == 100 else f"{each['discount']} %")
        for each in tiers
        if each["program"] == PROGRAM
    ]
    return [Rows((said["line"], said["off"]), rows, (3, 2))] if rows else []


def keep(change: Change, *, patient: str, language: str, way: str | None = None) -> Stored:
    """Make the letter and keep it with the patient's documents. `way`: see `slips.handed`. Raises Invalid."""
    slips.handed(change, "assistance-letter", patient=f"Patient/{patient}", way=way)
    return letters.keep(change, patient=f"Patient/{patient}", paper=paper(change, patient=patient, language=language), way=way)
