import shutil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compliance.errors import RulebookError
from compliance.optout import FOLDER, classify, lexicon, normalise

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
please cancel my subscription
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
Va bene, grazie mille
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


def test_every_answer_says_by_which_rule():
    assert classify("Please stop").rule == "keyword stop"
    assert classify("take me off your list").rule.startswith("phrase take me off")
    assert classify("I said stop").rule == "word stop"


@pytest.mark.parametrize(
    ("old", "new"),
    [('"afmelden", ', '"(", "afmelden", '), ("polite =", "polit ="), ("help = [", "help = [1")],
)
def test_a_broken_word_list_is_named(tmp_path, old, new):
    folder = tmp_path / "optout"
    shutil.copytree(FOLDER, folder)
    text = (folder / "nl.toml").read_text()
    assert old in text
    (folder / "nl.toml").write_text(text.replace(old, new))
    with pytest.raises(RulebookError, match=r"nl\.toml"):
        lexicon(folder)


def test_every_word_in_the_lists_is_written_as_it_is_looked_for():
    words = lexicon()
    listed = words.anywhere | words.polite | words.unclear | frozenset().union(*words.whole.values())
    assert [word for word in listed if normalise(word) != word] == []
    assert words.unclear <= words.whole["stop"] | words.anywhere
