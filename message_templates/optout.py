"""Sees whether a text already tells its reader how to opt out.

The costly mistake is to see one where there is none ("Don't stop now", "STOP! Your cart is waiting"): the
text would go out without the words the carriers demand. So a keyword alone is not enough; it must be
something to reply with, or be followed by what it does. The other mistake only says it twice.
"""

import re
import unicodedata
from collections.abc import Iterable

# Words that carriers, the FCC (47 CFR 64.1200(a)(10)) and senders in our languages use as opt-out keywords.
_KEYWORD = (
    r"(?:stop|stopp|stopall|end|quit|cancel|unsubscribe|optout|opt-out|revoke|arret|desabonner|baja|alto|cancelar"
    r"|abmelden|ferma|annulla|parar|sair|afmelden|sluta|avsluta)"
)
_LOUD = r"(?:stop|stopp|arret|baja|alto|abmelden|ferma|sair|sluta)"
_REPLY = (
    r"(?:reply|text|txt|send|respond|answer|sms|repondez|reponds|repondre|envoyez|envoie|envoyer|rep"
    r"|responde|responda|responder|envia|envie|enviar|contesta|conteste|manda"
    r"|antworte|antworten|antwort|sende|senden|schick\w*|schreib\w*|rispondi|rispondere|invia|responda|stuur|antwoord"
    r"|svara|skicka|mit)"
)
_FILLER = (
    r"(?:with|the|word|mit|dem|das|wort|par|le|mot|con|la|palabra|back|por|sms|per|einfach|simplemente"
    r"|to\s+\d{3,15}|au\s+\d{3,15}|al\s+\d{3,15}|an\s+\d{3,15})"
)
_TO = r"(?:to|2|for|pour|para|zum|zur|um|per|om|voor|=|:|->)"
_PURPOSE = (
    r"(?:opt|end|quit|cancel|unsub\w*|remove\w*|leave|stop\w*|desabonn\w*|desinscri\w*|arret\w*|ne\s+plus|vous\s+desabonn\w*"
    r"|vous\s+desinscri\w*|te\s+desabonn\w*|baja|darte|darse|cancelar|dejar|no\s+recib\w*|abmeld\w*|beend\w*|abbestell\w*"
    r"|austrag\w*|keine|annull\w*|disiscri\w*|sair|afmeld\w*|avsluta|avregistrera)"
)
_NOUN = (
    r"(?:opt[\s-]?out|unsubscribe|stop\s+texts|desinscription|se\s+desinscrire|desabonnement|se\s+desabonner"
    r"|darse\s+de\s+baja|darte\s+de\s+baja|cancelar\s+suscripcion|abmelden|abmeldung|abbestellen|austragen)"
)
_QUOTE = r"[\"'“”‘’„«»*\s]*"

_SHAPES = (
    # Reply STOP … / Txt "STOP" to 12345 / Antworte mit STOP / Répondez par STOP
    rf"\b{_REPLY}\b[\s:,]*(?:{_FILLER}\b\s*){{0,3}}{_QUOTE}\b{_KEYWORD}\b(?!\s+(?:by|in|at|the)\b)",
    # Abmelden: mit STOP antworten
    rf"\b{_KEYWORD}\b{_QUOTE}(?:antworten|repondre|responder|als\s+antwort)\b",
    # STOP to opt out / STOP = end / STOP pour vous désabonner / STOP2END
    rf"\b{_KEYWORD}{_QUOTE}{_TO}\s*{_PURPOSE}\b",
    # STOP au 36111, the French form for short codes
    rf"\b{_LOUD}\s+(?:sms\s+)?(?:au|al|an|to)\s+\+?\d{{3,15}}\b",
    # Opt out: https://…
    rf"\b{_NOUN}\b\s*(?:here|ici|aqui|hier)?\s*[:>-]*\s*https?://",
    # Baja: https://…, but not "la temporada baja: https://…"
    r"(?:^|[.!?;|]\s*|https?://\S+\s+)baja\s*:\s*https?://",
)
_OPT_OUT = re.compile("|".join(_SHAPES), re.MULTILINE)
_SHORTEST = len("stop=end")  # a shorter wording could stand in any text by chance
_ANY_KEYWORD = re.compile(rf"{_KEYWORD}|opt\W*out")


def has_opt_out(text: str, wording: str = "", *, values: Iterable[str] = ()) -> bool:
    """Whether `text` tells how to opt out: by `wording`, or in words of its own in any of our languages.

    `values` are what was filled in (titles, names): an opt-out printed on a T-shirt is none.
    """
    given = " ".join(_fold(wording).split())
    folded = _fold(text)
    for value in values:
        # Folded first: a filter may have written the value in capitals.
        if (said := _fold(value)) and (_ANY_KEYWORD.search(said) or (given and given in said)):
            folded = folded.replace(said, " ")
    return (len(given) >= _SHORTEST and given in " ".join(folded.split())) or bool(_OPT_OUT.search(folded))


def _fold(text: str) -> str:
    """Lower case, no accents, no zero-width characters, single spaces, lines kept."""
    bare = text if text.isascii() else _bare(text)
    return "\n".join(" ".join(line.split()) for line in bare.casefold().splitlines())


def _bare(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(char for char in decomposed if unicodedata.category(char) not in ("Mn", "Cf"))
