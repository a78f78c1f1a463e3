"""What people write back: the wordings of planned shoppers, and what a person's own words mean."""

import re
import unicodedata

# What a carrier itself acts on: one of these words alone (Vonage, Opt-Out Assist; CTIA Messaging Principles).
CARRIER_STOP = frozenset(
    ("stop", "stopall", "end", "quit", "cancel", "unsubscribe", "revoke", "optout", "arret")
)
CARRIER_START = frozenset(("start", "unstop", "join"))
HELP_WORDS = frozenset(("help", "info", "aide", "hilfe", "ayuda"))

# Opt-outs as people write them: 47 CFR 64.1200(a)(10) asks for "any reasonable manner".
OPT_OUTS = {
    "en": (
        "STOP", "Stop", "stop.", "STOP!!", "Stop please", "Unsubscribe", "stop texting me", "No more texts",
        "please remove me", "take me off this list", "wrong number", "Quit",
    ),
    "fr": ("STOP", "Arrêt", "STOP SMS", "désabonner", "ne m'envoyez plus de sms"),
    "de": ("STOPP", "Stop", "Abmelden", "bitte keine SMS mehr"),
    "es": ("BAJA", "STOP", "no quiero más mensajes", "Cancelar suscripción"),
}  # fmt: skip
QUESTIONS = {
    "en": (
        "When do you restock?", "Do you ship to Alaska?", "Who is this?", "Can I stop by to pick it up?",
        "Does the code work with sale items?", "HELP",
    ),
    "fr": ("Quels sont les délais de livraison ?", "C'est quelle taille ?", "AIDE"),
    "de": ("Wann ist es wieder da?", "Wie hoch ist der Versand?", "HILFE"),
    "es": ("¿Cuándo llega?", "¿Hacéis envíos a Canarias?", "AYUDA"),
}  # fmt: skip

_PHRASES = re.compile(
    r"\b(stopp?|unsubscribe|opt[ -]?out|remove me|take me off|no more (texts?|messages?)|wrong number"
    r"|(stop|don'?t|quit) (text|messag)\w*|leave me alone|arret|desabonner|abmelden|keine sms mehr|baja"
    r"|plus de sms|no quiero mas|cancelar suscripcion)\b"
)
_HARMLESS = re.compile(r"\bstop (by|in|over|at)\b|non-?stop")


def plain(text: str) -> str:
    """Lower case without accents or punctuation at the ends, for comparing."""
    letters = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in letters if not unicodedata.combining(c)).strip(" \t\r\n.!?\"'¡¿")


def carrier_stop(text: str) -> bool:
    """True if the carrier takes the text as an opt-out: a stop word and nothing else."""
    return plain(text) in CARRIER_STOP


def carrier_start(text: str) -> bool:
    return plain(text) in CARRIER_START


def asks_help(text: str) -> bool:
    return plain(text) in HELP_WORDS


def wants_out(text: str) -> bool:
    """True if a person who writes this wants no more texts, in the wordings known here."""
    words = plain(text)
    return carrier_stop(text) or (bool(_PHRASES.search(words)) and not _HARMLESS.search(words))


_ASKS = re.compile(r"(?:reply|responde|repondez|mit) (?P<yes>y|yes|si|oui|ja)\b", re.IGNORECASE)


def wanted_yes(text: str) -> str | None:
    """The word that a text asks its reader to confirm with, if it does: "Reply Y to subscribe"."""
    found = _ASKS.search(plain(text))
    return found["yes"].upper() if found else None


def confirms_opt_out(text: str) -> bool:
    """True for the one text that may follow an opt-out: it confirms, and leads nowhere."""
    said = re.search(
        r"unsubscribed|opted[ -]?out|no (more|further) (texts|messages)|desabonne|desinscrit|abgemeldet"
        r"|dado de baja|baja (confirmada|hecha)|cancelad[oa]|plus de (sms|message)|keine (weiteren )?(sms|nachrichten)"
        r"|no (recibira|te enviaremos|le enviaremos)",
        plain(text),
    )
    return bool(said) and "://" not in text
