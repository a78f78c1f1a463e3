import re
import time
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compliance.errors import RulebookError
from compliance.optout import FOLDER, Intent, classify, lexicon, normalise
from compliance.optout_phrases import Phrases, first_letters
from compliance.optout_spelling import distance

STOP = """
STOP
stop
Stop.
 stop!!
"STOP"
S T O P
S.T.O.P.
st0p
STOOOOP
ＳＴＯＰ
s\u200btop
stop 🛑
🛑
🖕
stpo
STOPALL
Stop all
stop2quit
END
Quit
unsubscribe
Unsubscribe me please
unsuscribe
revoke
opt out
OPT-OUT
opt me out of this
please opt me out
I'm opting out
REMOVE
TD
stop please
please stop
Ok stop now thanks
STOP TEXTING ME
stop messaging this number
stop it
Please stop sending me these messages, I already bought it
I said stop
can you stop?
Take me off your list
take me off this thing
Remove me
remove my number from your list
delete my number
Lose my number
lose this number!!
Don't text me
don’t text me again
do not contact me again
Please do not message this number
dont ever text me again
never text me
don't send me any more texts
no more texts
No more messages please
not interested
Leave me alone
leave me the hell alone
Wrong number
sorry, wrong number
You have the wrong number
wrong person
I never signed up for this
I didn't subscribe
I did not consent to this
how did you get my number
who gave you my number?
quit texting me
Cease and desist
I withdraw my consent
fuck off
go away
get lost
This is harassment
my lawyer will hear about it
I'm reporting you
I'm going to block you
this is spam
I don't want these
please cancel my subscription
I do not want to receive these
sick of these texts
I'm on the do not call list
ARRET
Arrêt
arrêtez
Désabonner
désinscrivez-moi svp
arrêtez de m'envoyer des sms
je ne veux plus recevoir vos messages
ne me contactez plus
laissez-moi tranquille
mauvais numéro
plus de sms svp
BAJA
Darme de baja por favor
no me envíen más mensajes
No quiero recibir más
número equivocado
no me interesa
parar
cancelar
dejen de molestarme
STOPP
Abmelden
bitte keine SMS mehr
Keine Nachrichten mehr bitte
Lasst mich in Ruhe
Falsche Nummer
hören Sie auf mir zu schreiben
Bitte löschen Sie meine Nummer
kein Interesse
Ich widerrufe meine Einwilligung
Nicht mehr schreiben
annulla
Basta
non scrivetemi più
non sono interessato
numero sbagliato
cancellatemi
SAIR
não me enviem mais mensagens
pare de mandar mensagem
número errado
não quero mais receber
afmelden
Stop met sturen
geen berichten meer
verkeerd nummer
uitschrijven aub
sluta
Sluta skicka sms
fel nummer
avregistrera mig
"""

UNCLEAR = """
cancel
Cancel my order
no
No thanks
No, thank you!
nope
enough
delete
remove
no more
nein danke
non merci
Fin
"""

SHOP_TALK = """
When does the sale end?
Does the weekend discount end Sunday?
Can I stop by the store tomorrow?
stop by 5pm?
I'll stop in at the store later
Is there a bus stop near you?
Do you sell door stops?
Is this flight non-stop?
Are these noise cancelling?
Was my order cancelled?
Is the blue one back in stock?
Where is my order?
Do you ship to Canada?
What size should I take?
Can you help me with sizing?
I need help choosing
How much is shipping
Thanks!
Thank you so much
ok
Ok great
👍
❤️❤️
lol
Who is this?
I already bought it
I paid yesterday
Is the code still good?
The code doesn't work
Please remove the blue shirt from my cart
Can you take 10% off?
No, I meant the large one
No worries, will buy later
I never got a confirmation email
I did not get the tracking number
Send me the link again please
Text me when it is back
Call me
Do you have any more of these?
Are there no more mediums?
I don't want the red one, do you have green?
It was the wrong size
Which list is that on?
Can I return it?
The zipper stopped working
Fine
Great, start the order
Yes I want it
yes please send it
I agree with the reviews
Is this information right?
Leave it at the door please
Exit 12 on the highway?
Block heel or stiletto?
Pause my delivery until May
Merci beaucoup
Avez-vous plus de tailles ?
C'est pour offrir
Où est l'arrêt de bus ?
¿Para cuándo llega?
¿Tienen talla más baja?
Es para mi madre
Si, lo quiero
Danke schön
Wann kommt das Paket?
Ich habe keine SMS bekommen
Haben Sie das auch in Größe 40?
Ja, ich nehme es
Quando arriva?
Quanto custa o frete?
Wanneer komt het?
Ik heb geen sms ontvangen
Ja dat is goed hoor
När kommer paketet?
12
?
"""

OTHERS = {
    "help": ["HELP", "help please", "Info", "AIDE", "ayuda", "Hilfe!", "aiuto", "ajuda"],
    "start": ["START", "unstop", "Subscribe", "alta"],
    "confirm": ["Y", "YES", "yes!", "Yes please", "oui", "Sí", "Ja bitte", "sim"],
    "other": ["", "   ", "🎉"],
}


def lines(block: str) -> list[str]:
    return [line for line in block.split("\n") if line]


@pytest.mark.parametrize("text", lines(STOP))
def test_what_a_reasonable_person_reads_as_a_stop_is_one(text):
    assert classify(text).kind == "stop"


@pytest.mark.parametrize("text", lines(UNCLEAR))
def test_what_may_be_a_stop_is_one_and_a_person_reads_it(text):
    found = classify(text)
    assert (found.kind, found.ambiguous) == ("stop", True)


@pytest.mark.parametrize("text", lines(SHOP_TALK))
def test_ordinary_shop_talk_stops_nothing(text):
    assert classify(text).kind == "other"


@pytest.mark.parametrize(("text", "kind"), [(text, kind) for kind in OTHERS for text in OTHERS[kind]])
def test_help_start_and_confirm_are_whole_messages(text, kind):
    assert classify(text).kind == kind


@pytest.mark.parametrize(
    "text", ["HELP STOP", "yes stop", "START? no, STOP", "help me unsubscribe", "info stop", "Y STOP"]
)
def test_stop_comes_before_everything_else(text):
    assert classify(text).kind == "stop"


PER_SE = ["stop", "quit", "end", "revoke", "opt out", "cancel", "unsubscribe"]  # 47 CFR 64.1200(a)(10)(i)


@given(
    st.sampled_from(PER_SE),
    st.sampled_from(["", " ", ".", "!!", "\n", " 🙏", "\u200d", " please", ", thanks"]),
    st.booleans(),
)
def test_the_words_of_the_law_count_in_any_dress(word, tail, upper):
    assert classify((word.upper() if upper else word) + tail).kind == "stop"


@given(st.text(max_size=200))
def test_nothing_that_can_be_typed_breaks_the_reader(text):
    assert classify(text).kind in ("stop", "help", "start", "confirm", "other")


@given(st.text(max_size=80))
def test_normalising_twice_changes_nothing_more(text):
    assert normalise(normalise(text)) == normalise(text)


RULES = {
    "Please stop": "keyword stop",
    "take me off your list": "phrase take me off",
    "so I revoke it": "word revoke",
    "Never on a Sunday. END": "keyword end",
    "cancle": "misspelled keyword cancel",
    "why are you texting me": "phrase why are you texting me",
    "🚫 hello": "sign",
    "👎": "sign",
    "👍": "empty",
    "Liked “Reply STOP to opt out”": "reaction",
    "HELP": "keyword help",
    "is it blue": "none",
}


@pytest.mark.parametrize("text", RULES)
def test_every_answer_says_by_which_rule(text):
    assert classify(text).rule == RULES[text]


# -- normalising


DRESSED = """
STOP
ＳＴＯＰ
S.T.O.P.
s-t-o-p
s_t_o_p
st0p
$top
$t0p
5top
ЅТОР
ѕtор
ςtop
🅢🅣🅞🅟
🆂🆃🅾🅿
🇸🇹🇴🇵
ꜱᴛᴏᴘ
s\u200bt\u200bo\u200bp
s\u0336t\u0336o\u0336p\u0336
stooooop
«STOP»
‘stop’
STOP Sent from my iPhone
"""
WITH_MORE = [
    "Stop\n\nGet Outlook for Android",
    "STOP\n\nEnvoyé de mon iPhone",
    "Stop\n> Mugs: reply HELP for help",
]


@pytest.mark.parametrize("text", [*lines(DRESSED), *WITH_MORE])
def test_a_keyword_is_known_in_any_dress(text):
    assert classify(text) == Intent("stop", "keyword stop")


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("Ikke flere beskeder på køb, tæt!", "ikke flere beskeder pa kob taet"),
        ("Wyłącz to", "wylacz to"),
        ("SCHLIEßEN Sie", "schliessen sie"),
        ("Désabonnez-moi", "desabonnez moi"),
        ("l’arrêt", "larret"),
        ("don't", "dont"),
        ("нет", "нет"),
        ("🇳🇴 ships there?", "ships there"),
    ],
)
def test_letters_lose_their_marks_and_words_their_punctuation(text, plain):
    assert normalise(text) == plain


def test_what_others_wrote_is_not_what_the_person_wrote():
    ours = "Mugs: your cart is waiting https://mugs.example/c/1 Reply STOP to opt out"
    assert classify(f"> {ours}\nYes I want it").kind == "other"
    assert classify(f"Is “{ours}” really from you").kind == "other"
    assert classify(f"Loved “{ours}”").kind == "other"
    assert classify(f"👍 to “{ours}”").kind == "other"
    assert classify(f"Disliked “{ours}”") == Intent("stop", "sign", ambiguous=True)
    assert classify("> STOP").kind == "stop"
    assert classify("I said “stop texting me at night please”").kind == "stop"


# -- signs


@pytest.mark.parametrize("text", ["🛑", "🛑🛑🛑", "✋", "🚫", "🖕", "enough ✋", "👎", "❌"])
def test_a_sign_that_says_stop_is_one_that_a_person_reads(text):
    found = classify(text)
    assert found.kind == "stop"
    assert found.ambiguous


@pytest.mark.parametrize(
    "text", ["👍", "❤️", "👎 the old colour was nicer", "✋ can you help me choose?", "❌ size M"]
)
def test_other_signs_say_nothing(text):
    assert classify(text).kind == "other"


# -- slips of the finger


@pytest.mark.parametrize(
    "text",
    [
        "sotp",
        "stpo texting",
        "Stip please",
        "sttop",
        "unsubscirbe",
        "please unsuscribe me from it",
        "cancle",
        "qiut",
    ],
)
def test_a_slip_of_the_finger_is_forgiven(text):
    assert classify(text).kind == "stop"


@pytest.mark.parametrize(
    "text", ["shop", "Step one", "top", "spot on", "stoop", "atop it", "quite", "cancer", "remote"]
)
def test_a_real_word_is_no_slip(text):
    assert classify(text).kind == "other"


def test_a_short_word_is_a_slip_only_where_little_else_is_said():
    assert classify("the stopo of the lamp is loose").kind == "other"
    assert classify("is the stip for the door included").kind == "other"


@given(st.sampled_from(["unsubscribe", "stop", "cancel", "desabonnement"]), st.data())
def test_two_neighbours_that_changed_places_are_a_slip(word, data):
    n = data.draw(st.integers(1, len(word) - 2))
    slipped = word[:n] + word[n + 1] + word[n] + word[n + 2 :]
    assert classify(slipped).kind == "stop"


@pytest.mark.parametrize(
    ("one", "two", "slips"),
    [
        ("stop", "stop", 0),
        ("stop", "sotp", 1),
        ("stop", "stp", 1),
        ("stop", "step", 1),
        ("stop", "pots", 3),
        ("", "ab", 2),
    ],
)
def test_the_distance_counts_swaps_as_one(one, two, slips):
    assert distance(one, two) == distance(two, one) == slips


# -- sentences


def test_a_clear_keyword_counts_as_a_sentence_an_unclear_one_only_alone():
    assert classify("END. I bought it elsewhere") == Intent("stop", "keyword end")
    assert classify("No. Nope.").ambiguous
    assert classify("No. I meant the large one").kind == "other"


@pytest.mark.parametrize(
    "text", ["Where is my order? Also stop texting me", "Love them, do you have blue? Take me off your list"]
)
def test_a_question_about_the_shop_hides_no_stop(text):
    assert classify(text).kind == "stop"


# -- where expressions can begin


@pytest.mark.parametrize(
    ("expression", "letters"),
    [
        ("stop it", "s"),
        ("(?:take|get) me off", "tg"),
        ("(?:please )?no|never", "pn"),
        ("^(?:end|quit)(?= x)", "eq"),
        ("(?!no)(?:a|b)c", "ab"),
        ("un ?sub", "u"),
        ("a?b*c", "abc"),
        ("x{0,2}y", None),
        (r"\w+ off", None),
        ("[ab]c", None),
        ("(?:a|)b", None),
        ("(a[)]|b)c", "ab"),
    ],
)
def test_the_letters_that_an_expression_can_begin_with(expression, letters):
    found = first_letters(expression)
    assert found == (None if letters is None else frozenset(letters))


def test_phrases_are_found_from_left_to_right_and_none_within_another():
    phrases = Phrases(["b c", r"a b( \w+)?", "^d"])
    assert phrases.first("x b c") == "b c"
    assert phrases.first("xa b cd") is None
    assert phrases.without("a b c d b c d") == "  d   d"


# -- time


PIECES = [
    "a",
    "a ",
    "no more ",
    "dont you ever please ",
    "stop by ",
    "never get the ",
    "s t o p x ",
    "x1!",
    "“",
    "> ",
]
PIECES += [
    "0",
    "ο",
    "why are you ",
    "i said i told you ",
    "the my your ",
    "nicht mehr keine ",
    "ne me plus de ",
]


@pytest.mark.parametrize("piece", PIECES)
def test_no_text_takes_long_to_read(piece):
    begun = time.process_time()
    classify((piece * 10_000)[:10_000])
    assert time.process_time() - begun < 2


# -- the lists


WHOLE = "".join(
    f'{name} = ["weg"]\n'
    for name in ("stop", "unclear", "anywhere", "phrases", "benign", "help", "start", "confirm", "polite")
)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('phrases = ["weg"]', 'phrases = ["("]'),
        ('stop = ["weg"]', 'stop = ["!"]'),
        ('help = ["weg"]', "help = [1]"),
        ('help = ["weg"]', "help = [weg]"),
        ("polite =", "polit ="),
        ('polite = ["weg"]', ""),
        ('benign = ["weg"]', 'benign = ["<nowhere>"]'),
    ],
)
def test_a_broken_word_list_is_named(tmp_path, old, new):
    assert old in WHOLE
    (tmp_path / "nl.toml").write_text(WHOLE.replace(old, new), "utf-8")
    with pytest.raises(RulebookError, match=r"nl\.toml"):
        lexicon(tmp_path)


def test_a_list_is_written_as_people_write_and_may_name_pieces(tmp_path):
    written = WHOLE.replace('stop = ["weg"]', 'stop = ["Weg!", "vær så god"]').replace(
        'phrases = ["weg"]', 'phrases = ["<no> bøker"]\nunclear_phrases = ["å"]'
    )
    (tmp_path / "no.toml").write_text(written + '[parts]\nno = "inga|ingen"\n', "utf-8")
    words = lexicon(tmp_path)
    assert words.whole["stop"] == {"weg", "vaer sa god"}
    assert words.phrases.first("vi vil ha ingen boker") == "ingen boker"
    assert words.unclear_phrases.first("a") == "a"


def test_every_unclear_word_is_a_stop_somewhere():
    words = lexicon()
    assert words.unclear - words.whole["stop"] - words.anywhere == set()


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.toml")), ids=lambda path: path.stem)
def test_an_expression_holds_nothing_that_normalising_takes_away(path):
    table = tomllib.loads(path.read_text("utf-8"))
    written = [e for name in ("phrases", "benign", "unclear_phrases") for e in table.get(name, [])]
    written += list(table.get("parts", {}).values())
    letters = [re.sub(r"\\[A-Za-z]|\(\?P?<\w+>|\{\d*,\d*\}", "", expression) for expression in written]
    assert [e for e in letters if re.search("[A-Z'’,;/\"&@]", e)] == []
