"""From what somebody typed to plain words: lower case, no accents, no disguise, no punctuation.

"S.T.O.P.", "$t0p", "ＳＴＯＰ", "ЅТОР" and "STOOOP" are all "stop". What others wrote (signatures of mail
programs, our own text, quoted) is left out: it often holds the word STOP, and it isn't the person's.
"""

import re
import unicodedata
from collections.abc import Collection
from typing import Literal

STOP_SIGNS = "🛑🚫⛔"
"""A stop wherever they stand."""
HANDS = "✋🤚🖕🙅"
"""A stop alone or beside a few words: a hand also waves."""
LONE_SIGNS = "👎❌🔕"
"""A stop only where nothing else is said."""

Reaction = Literal["", "liked", "disliked"]

_LATIN = {
    "ø": "o",
    "ł": "l",
    "đ": "d",
    "ð": "d",
    "ı": "i",
    "æ": "ae",
    "œ": "oe",
    "þ": "th",
    "ħ": "h",
    "ß": "ss",
}
_SMALL_CAPITALS = dict(zip("ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘꞯʀꜱᴛᴜᴠᴡʏᴢ", "abcdefghijklmnopqrstuvwyz", strict=True))
_BOXED = {
    chr(first + n): chr(97 + n) for first in (0x1F150, 0x1F170) for n in range(26)
}  # 🅢 🆂: NFKC leaves them
_FLAGS = {chr(0x1F1E6 + n): chr(97 + n) for n in range(26)}
_LETTERS = str.maketrans(_LATIN | _SMALL_CAPITALS | _BOXED)
_FLAG_WORD = re.compile("[\U0001f1e6-\U0001f1ff](?:[ \u200b-\u200d\ufe0f]*[\U0001f1e6-\U0001f1ff]){2,}")
_ACCENTS = re.compile("[\u0300-\u036f]")  # Latin accents only: other scripts need their marks

# Cyrillic and Greek letters by the look of the small or of the capital one, lower case.
_LOOK_ALIKES = str.maketrans(
    dict(zip("авсеіјкмнорѕтухьԁһԛԝг", "abceijkmhopstyxbdhqwr", strict=True))
    | dict(zip("αβεηικμνορστυχζ", "abenikmnopstuxz", strict=True))
)
_FOREIGN = re.compile("[\u0370-\u03ff\u0400-\u052f]+")
_WORD = re.compile(r"\w+")
_CHUNK = re.compile(r"[^\s.,?;:()\"“”„«»]+")
_LEET = str.maketrans("03457$@€+", "oeastsaet")
_ONE = re.compile("[1!|]")

_QUOTED_LINES = re.compile(r"^[ \t]*>.*$", re.MULTILINE)
_QUOTATION = re.compile('[“„«"]([^“„«»”"]{25,})(?:[”“»"]|$)')
_OUR_FOOTER = re.compile(
    r"https?:|\b(?:reply|text|responde|repondez|rispond|antwo|respond|svar|odpisz|odpowiedz)\w*.{0,12}stop"
)
_REACTION = re.compile(
    r"\s*(?P<verb>(?:dis)?liked|loved|laughed at|emphasi[sz]ed|questioned|reacted \S{1,9} to"
    r"|removed an? [a-z ]{1,20} from|(?P<sign>[^\w\s“„\"]{1,9}) to)\s*[“„«\"]"
)
_SIGNATURE = re.compile(
    r" ?\b(?:sent (?:from|via|using) (?:my |the )?(?:iphone|ipad|android|samsung|galaxy|phone|mobile|blackberry|yahoo"
    r"|outlook|verizon|t mobile|att|wireless)|get outlook for|envoye (?:de|depuis) mon|von meinem"
    r"|gesendet (?:von|mit)|enviado desde mi|enviado (?:do|pelo) meu"
    r"|inviato (?:da|dal) (?:mio )?(?:iphone|ipad|android|samsung)|verzonden vanaf mijn|verstuurd vanaf mijn"
    r"|skickat fran min|sendt fra min|wyslane? z (?:mojego |iphone))\b.{0,40}$"
)


def normalise(text: str, known: Collection[str] = ()) -> str:
    """Plain words with single spaces. `known`: words (as this leaves them) to look for behind digits and signs
    ("un5ub5cribe") and behind letters of other scripts alone; a word of mixed scripts is always read as Latin."""
    plain = _without_quotations(fold(text))
    if known:
        plain = _unmasked(plain, known)
    plain = re.sub(r"(?<=\w)['’`´‘ʼ′](?=\w)", "", plain)
    plain = re.sub(r"[\W_]+", " ", plain).strip()
    return _unspelled(plain, known)


def fold(text: str) -> str:
    """Lower-case letters without accents; what isn't in the alphabet ("ø", "ß", "🆂") as its nearest; the rest stays."""
    if text.isascii():
        return text.lower()
    text = _FLAG_WORD.sub(lambda run: "".join(_FLAGS.get(char, "") for char in run.group()), text)
    return "".join(
        char for char in _bare(unicodedata.normalize("NFKC", text).casefold()) if unicodedata.category(char) != "Cf"
    )  # fmt: skip


def fold_letters(expression: str) -> str:
    """The letters of a regular expression as `fold` leaves them; what else it is made of stays."""
    return expression if expression.isascii() else _bare(expression)


def signs(text: str, words: int) -> bool:
    """True where a sign says stop, in a text of so many words."""
    if any(sign in text for sign in STOP_SIGNS):
        return True
    if any(sign in text for sign in HANDS):
        return words <= 2 and "?" not in text
    return not words and any(sign in text for sign in LONE_SIGNS)


def reaction(text: str) -> Reaction:
    """What a telephone writes in a person's name when they only tap on our text: `Liked “…”`, which quotes it."""
    found = _REACTION.match(fold(text))
    if not found:
        return ""
    bad = found["verb"] == "disliked" or any(
        sign in found.group() for sign in LONE_SIGNS + STOP_SIGNS + HANDS
    )
    return "disliked" if bad else "liked"


def clauses(text: str) -> list[str]:
    """The pieces of a text between its punctuation marks."""
    return re.split(r"[.,!?;\n\r…]+", text)


def _bare(text: str) -> str:
    plain = _ACCENTS.sub("", unicodedata.normalize("NFD", text.translate(_LETTERS)))
    return unicodedata.normalize("NFC", plain)


def _without_quotations(folded: str) -> str:
    """Without the text that is answered: lines that begin with ">", and quotations of a footer such as ours."""
    own = _QUOTED_LINES.sub("", folded)
    own = _QUOTATION.sub(lambda span: " " if _OUR_FOOTER.search(span[1]) else span.group(), own)
    return own if own.strip() else folded


def _unmasked(folded: str, known: Collection[str]) -> str:
    def letters(chunk: re.Match[str]) -> str:
        word = chunk.group().rstrip("!|")
        plain = word.translate(_LEET)
        seen = [plain, _ONE.sub("i", plain), _ONE.sub("l", plain)]
        hidden = [w for w in seen if w != word and w in known and re.search("[a-z]", word)]
        return hidden[0] if hidden else chunk.group()

    def latin(word: re.Match[str]) -> str:
        seen = word.group().translate(_LOOK_ALIKES)
        return seen if seen in known else word.group()

    return _FOREIGN.sub(latin, _CHUNK.sub(letters, folded))


def _one_script(word: re.Match[str]) -> str:
    found = word.group()
    mixed = re.search("[a-z]", found) and _FOREIGN.search(found)
    return found.translate(_LOOK_ALIKES) if mixed else found


def _unspelled(plain: str, known: Collection[str]) -> str:
    """ "s t 0 p" and "stooop" to "stop". Each change may open the way for another: until none is left."""
    before = None
    while plain != before:
        before = plain
        plain = re.sub(r"\b(?:\w ){2,}\w\b", lambda spelled: _joined(spelled.group(), known), plain)
        plain = _WORD.sub(_one_script, plain) if _FOREIGN.search(plain) else plain
        plain = re.sub(r"(?<=[a-z])0(?=[a-z])", "o", plain)
        plain = re.sub(r"([^\W\d])\1{2,}", r"\1", plain)
        plain = _SIGNATURE.sub("", plain) or plain
    return plain


def _joined(spelled: str, known: Collection[str]) -> str:
    """ "s t o p u" to "stop u" where a word is known, else to one."""
    word = spelled.replace(" ", "")
    ends = [n for n in range(3, min(len(word), 24)) if word[:n] in known]
    return word if word in known or not ends else f"{word[: ends[-1]]} {word[ends[-1] :]}"
