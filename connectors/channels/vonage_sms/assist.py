"""Opt-Out Assist: the words that Vonage itself replies to where that service is switched on.

It answers STOP, HELP and START, blocks the number for this sender, and still hands the text to us
(developer.vonage.com, opt-out-assist/technical-details). Free wordings it doesn't know: those we answer.
"""

WORDS = frozenset(
    "stop stopall end quit cancel unsubscribe revoke optout opt-out arret help info start unstop".split()
)


def answers(words: str) -> bool:
    """A keyword and nothing else, in any case."""
    return words.strip().strip(".!").casefold() in WORDS
