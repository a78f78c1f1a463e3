"""An opt-out is seen in any language we speak, and never where there is none."""

import pytest

from message_templates.optout import has_opt_out
from message_templates.wording import fill, languages, wording

OPT_OUTS = [
    "Reply STOP to opt out",
    "reply stop to end",
    "Txt STOP to 28282 to quit",
    "Text “STOP” to unsubscribe.",
    "Reply with the word STOP.",
    "STOP to opt-out",
    "STOP=end",
    "Stop2Quit",
    "Reply END to cancel",
    "Reply UNSUBSCRIBE",
    "S\u200bTOP to opt out",
    "ＳＴＯＰ to opt out",
    "Opt out: https://shop.example/o/1",
    "Unsubscribe here: https://shop.example/o/1",
    "Répondez STOP pour vous désabonner",
    "Re\u0301pondez STOP",
    "Envoyez ARRÊT au 36111",
    "STOP au 36111",
    "STOP SMS au 36111",
    "STOP pour ne plus en recevoir",
    "Désinscription : https://shop.example/o/1",
    "Responde STOP para darte de baja",
    "Para darse de baja, responda STOP",
    "Envía BAJA al 12345",
    "Responde BAJA",
    "Baja: https://shop.example/o/1",
    "Antworte STOP zum Abmelden",
    "Antworten Sie mit STOPP",
    "Abmelden: mit STOP antworten",
    "Mit STOP abmelden",
    "STOP zum Beenden",
    "Abmelden: https://shop.example/o/1",
    "Rispondi STOP per annullare",
    "Responda SAIR para cancelar",
    "Antwoord STOP om af te melden",
    "Svara STOPP för att avsluta",
]

NO_OPT_OUTS = [
    "Don't stop now, your cart is waiting",
    "STOP! Your cart is waiting",
    "Stop by the shop or tap https://shop.example/c/1",
    "Nothing can stop you: https://shop.example/c/1",
    "The sale ends today. Text us any time",
    "Text us or stop by the store",
    "No need to text, stop by the shop",
    "Reply YES to end the wait",
    "Non-stop delivery to 12345 towns",
    "Cancel any time. https://shop.example/c/1",
    "Ne vous arrêtez pas en si bon chemin",
    "En stock au 12 rue de Rivoli",
    "La temporada baja: https://shop.example/c/1",
    "Precios en baja para ti",
    "Stopp! Dein Warenkorb wartet",
    "Mit Stoppuhr geliefert",
    "",
]


@pytest.mark.parametrize("text", OPT_OUTS)
def test_sees_an_opt_out(text: str) -> None:
    assert has_opt_out(f"Kiln & Clay: your cart https://kiln.example/c/1 {text}")


@pytest.mark.parametrize("text", NO_OPT_OUTS)
def test_sees_none_where_there_is_none(text: str) -> None:
    assert not has_opt_out(text)


@pytest.mark.parametrize("language", languages())
def test_sees_its_own_wordings_without_being_told_them(language: str) -> None:
    words = wording(language)
    assert has_opt_out(words.opt_out)
    assert has_opt_out(fill(words.opt_out_link, link="https://shop.example/o/1"))


def test_sees_the_given_wording_however_it_is_spaced_and_cased() -> None:
    assert has_opt_out("bye.  WRITE\nnope to leave", "Write nope to leave")


def test_sees_an_opt_out_on_a_line_of_its_own() -> None:
    assert has_opt_out("Tu carrito: https://kiln.example/c/abc\nBaja: https://kiln.example/o/1")


def test_an_opt_out_printed_on_a_product_is_none() -> None:
    title = "Reply STOP to opt out T-shirt"
    assert not has_opt_out(f"Your {title} waits", values=[title])
    assert has_opt_out(f"Your {title} waits. Reply STOP to opt out", values=[title])
