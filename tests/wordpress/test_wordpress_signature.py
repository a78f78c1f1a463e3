"""What PHP signs Python takes, and the other way round: by the contract, not by either side's code."""

import hashlib
import hmac
import json

from hypothesis import given, settings
from hypothesis import strategies as st
from plugin_php import PLUGIN, php

SIGN = """
define('ABSPATH', '/'); require $argv[1];
foreach (json_decode(file_get_contents('php://stdin'), true) as $case) {
    $signed[] = Comeback\\Signature::of(...$case);
}
echo json_encode($signed);
"""
texts = st.text(st.characters(exclude_categories=("Cs",)), max_size=60)
case = st.tuples(
    st.text("abcDEF-_09", min_size=43, max_size=43),
    st.sampled_from(["cart.updated", "cart.removed", "shopper.erased", "store.disconnected"]),
    st.uuids().map(str),
    st.integers(0, 2**40),
    st.dictionaries(texts, texts).map(json.dumps) | texts,
)


def signed(secret: str, topic: str, delivery: str, timestamp: int, body: str) -> str:
    raw = f"v1\n{topic}\n{delivery}\n{timestamp}\n".encode() + body.encode()
    return "v1=" + hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()


@settings(max_examples=4, deadline=None)
@given(st.lists(case, min_size=20, max_size=40))
def test_php_and_python_sign_alike(cases: list[tuple[str, str, str, int, str]]) -> None:
    by_php = json.loads(
        php("-r", SIGN, "--", str(PLUGIN / "includes" / "class-signature.php"), stdin=json.dumps(cases))
    )
    assert by_php == [signed(*one) for one in cases]
