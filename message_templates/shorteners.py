"""What may never stand in a text, whatever the merchant likes."""

import re

# Carriers filter public shorteners: T-Mobile's Code of Conduct; Vonage's 10DLC campaign requirements
# ("Public URL shorteners are prohibited, such as bitly and tinyurl"). The rest is common knowledge.
PUBLIC_SHORTENERS = (
    "adf.ly",
    "amzn.to",
    "bit.do",
    "bit.ly",
    "bitly.com",
    "bl.ink",
    "buff.ly",
    "clck.ru",
    "cutt.ly",
    "dlvr.it",
    "fb.me",
    "goo.gl",
    "is.gd",
    "j.mp",
    "lnkd.in",
    "ow.ly",
    "qr.ae",
    "rb.gy",
    "rebrand.ly",
    "s.id",
    "short.io",
    "shorturl.at",
    "soo.gd",
    "t.co",
    "t.ly",
    "t2m.io",
    "tiny.cc",
    "tinyurl.com",
    "tr.im",
    "urlz.fr",
    "v.gd",
    "x.co",
)
_HOSTS = "|".join(map(re.escape, PUBLIC_SHORTENERS))
SHORTENER = re.compile(rf"(?<![\w.@-])(?:[\w-]+\.)*(?:{_HOSTS})(?![\w-]|\.\w)", re.IGNORECASE)

# "you cannot complete the transaction on behalf of the customer" (help.klaviyo.com, abandoned cart SMS;
# help.twilio.com, error 30517).
REPLY_TO_BUY = re.compile(
    r"\b(?:reply|text|respond|responde|responda|répondez|reponds|antworte|antworten)\b(?!\W*stop)[^.!?\n]{0,24}?"
    r"\b(?:to|and|para|pour|um|zum)\b[^.!?\n]{0,20}?"
    r"\b(?:buy|order|pay|purchase|check\s?out|comprar|pagar|acheter|payer|commander|kaufen|bestellen|bezahlen)\b",
    re.IGNORECASE,
)
