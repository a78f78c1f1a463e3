"""How many SMS a text costs, as the carrier counts them: GSM 03.38 (160, 153) or UCS-2 (70, 67)."""

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENSION = frozenset("|^€{}[]~\\\f")  # two septets each


def count(text: str) -> int:
    """Segments of `text`, at least 1 (an empty text still travels).

    A character of two units is never split over two segments. Source: Vonage, "Concatenation and encoding".
    """
    gsm = all(c in _BASIC or c in _EXTENSION for c in text)
    single, part = (160, 153) if gsm else (70, 67)
    costs = [_cost(c, gsm) for c in text]
    if sum(costs) <= single:
        return 1
    segments, filled = 1, 0
    for cost in costs:
        if filled + cost > part:
            segments, filled = segments + 1, 0
        filled += cost
    return segments


def _cost(character: str, gsm: bool) -> int:
    if gsm:
        return 2 if character in _EXTENSION else 1
    return 2 if ord(character) > 0xFFFF else 1
