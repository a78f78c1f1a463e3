"""What a person's own text leads to. STOP before everything else; START and JOIN only by these very words.

Pure: the meaning of the words comes from `compliance.optout`, the rest from our rows. What must follow is a value.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from compliance.optout import Intent

Answer = Literal["opt_out_confirmation", "help_reply", "consent_request", "welcome"]
HELP_EVERY = timedelta(minutes=1)
"""HELP is answered once a minute at most: two machines that answer each other must not go on for ever (OPT-10)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """A text and what we know of its writer.

    `suppressed`: the kind of the suppression in force, if any; `told`: this opt-out was confirmed before; `no_since`:
    when they last said no, by any way; `lives`: the text is newer than the failures for which the number was given
    up; `asking`: a request for confirmation is open; `helped_at`: when HELP was last answered; `joins`: the words are
    the shop's keyword for signing up; `carrier_answers`: the carrier itself replies to these very words.
    """

    intent: Intent
    at: datetime
    suppressed: str | None = None
    told: bool = False
    no_since: datetime | None = None
    lives: bool = True
    asking: bool = False
    helped_at: datetime | None = None
    joins: bool = False
    carrier_answers: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Follows:
    """What to do, all of it in the transaction that stores the text.

    `suppress`: no more texts. `lift`: the suppression ends. `consent`: the line of evidence that this text is:
    `withdrawn`, `joined` (an affirmative act that still wants its confirmation), `confirmed`. `answer`: the one
    text that answers. `flag`: a person should read it.
    """

    suppress: bool = False
    lift: bool = False
    consent: Literal["withdrawn", "joined", "confirmed"] | None = None
    answer: Answer | None = None
    flag: bool = False
    why: str = ""


def follow(heard: Heard) -> Follows:
    """The one place that says what STOP, HELP, START, JOIN and YES do."""
    kind = heard.intent.kind
    if kind == "stop":
        return _stop(heard)
    then = _not_stop(heard)
    if heard.suppressed == "bounced" and not then.lift and heard.lives:
        # The number was retired because nothing reached it: whoever writes from it can be reached.
        return replace(then, lift=True)
    return then


def _stop(heard: Heard) -> Follows:
    answer: Answer | None = None if heard.told or heard.carrier_answers else "opt_out_confirmation"
    why = "said again that they want no texts" if heard.told else "opted out by a reply"
    return Follows(suppress=True, consent="withdrawn", answer=answer, flag=heard.intent.ambiguous, why=why)


def _not_stop(heard: Heard) -> Follows:
    kind = heard.intent.kind
    if kind == "help":
        lately = heard.helped_at is not None and heard.at - heard.helped_at < HELP_EVERY
        quiet = lately or heard.carrier_answers
        return Follows(answer=None if quiet else "help_reply", why="asked for help")
    if heard.no_since is not None and heard.at <= heard.no_since:
        # Carriers deliver late and out of order: what was said before a no doesn't undo it.
        return Follows(why="wrote, before they opted out")
    if kind == "start" or heard.joins:
        return _joins(heard)
    if kind == "confirm" and heard.asking and heard.suppressed in (None, "bounced"):
        return Follows(consent="confirmed", answer="welcome", why="confirmed by a reply")
    return Follows(why="wrote")


def _joins(heard: Heard) -> Follows:
    """OPT-09: their own words end the opt-out, and the programme still wants to be named and confirmed."""
    return Follows(
        lift=heard.suppressed is not None,
        consent="joined",
        answer=None if heard.asking else "consent_request",
        why="asked for texts",
    )
