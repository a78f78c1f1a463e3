"""The demo for a person: everything runs until they have seen enough."""

import argparse
import signal
import sys
import threading

from plugin_server.demo import stage

# Texts may be sent then in New York and London, on any day of the week.
HOUR = 17


def run(options: argparse.Namespace) -> int:
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    _say("Starting PostgreSQL, Valkey, the sandbox, web, worker and clock …")
    try:
        with stage.up(options, {"CLOCK_SECONDS": "0.5"}, stage.today_at(HOUR)) as running:
            _say(_welcome(running))
            while not stopped.wait(1):
                for name in running.processes.dead():
                    _say(f"{name} ended:\n{running.processes.last_lines(name)}")
                    return 1
            _say("Stopping …")
    except stage.NotUp as error:
        _say(str(error))
        return 1
    return 0


def _welcome(running: stage.Stage) -> str:
    shop, ours = running.world.url, running.settings.public_url
    return f"""
Comeback runs beside a pretend world. Nothing leaves this machine.

  Start here: {shop}/

  1. Open a shop, tick the box, leave without buying:   {shop}/shop/mugs
  2. Skip an hour: the button is on the next page, and at the top of every page.
  3. Read the text: a ticked box must be confirmed in the US. Reply Y, and the reminder comes:
                                                        {shop}/phone
  4. Follow its link, buy, and see what came back:      {ours}/

The shops: mugs speaks Shopify, wool speaks WooCommerce. Ctrl-C ends it; the next start begins anew.
"""


def _say(words: str) -> None:
    sys.stdout.write(words + "\n")
    sys.stdout.flush()
