"""`bin/comeback classify`: a filter that says what replies mean."""

import json
import subprocess

from tests_settings import ROOT

COMMAND = [str(ROOT / "bin" / "comeback"), "classify"]


def classified(raw: bytes) -> tuple[list[dict[str, object]], str, int]:
    ran = subprocess.run(COMMAND, input=raw, capture_output=True, check=False, cwd=ROOT)
    assert b"Traceback" not in ran.stderr
    return [json.loads(line) for line in ran.stdout.splitlines()], ran.stderr.decode(), ran.returncode


def test_every_line_gets_its_answer_in_its_place():
    answers, said, code = classified("STOP\r\nCancel my order\nsí\nIs it blue?\n\nHELP".encode())
    assert (said, code) == ("", 0)
    assert answers[0] == {"text": "STOP", "kind": "stop", "rule": "keyword stop"}
    assert answers[1] == {
        "text": "Cancel my order",
        "kind": "stop",
        "rule": "word cancel",
        "ambiguous": True,
    }
    assert [answer["kind"] for answer in answers] == ["stop", "stop", "confirm", "other", "other", "help"]
    assert answers[2]["text"] == "sí"


def test_a_line_that_is_no_text_is_named_and_the_others_are_answered():
    answers, said, code = classified(b"stop\n\xff\xfe\nhelp\n")
    assert [answer["kind"] for answer in answers] == ["stop", "help"]
    assert "line 2 isn't UTF-8" in said
    assert code == 2


def test_nothing_in_nothing_out():
    assert classified(b"") == ([], "", 0)


def test_an_answer_comes_before_the_next_question():
    with subprocess.Popen(COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT) as running:
        assert running.stdin is not None
        assert running.stdout is not None
        for text, kind in (("wrong number", "stop"), ("what sizes are there", "other")):
            running.stdin.write(text.encode() + b"\n")
            running.stdin.flush()
            assert json.loads(running.stdout.readline())["kind"] == kind
        running.stdin.close()
        assert running.wait(10) == 0


def test_a_reader_that_leaves_early_gets_no_traceback(tmp_path):
    (tmp_path / "many").write_text("stop\n" * 20_000)
    with (
        (tmp_path / "many").open("rb") as many,
        subprocess.Popen(
            COMMAND, stdin=many, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT
        ) as running,
    ):
        assert running.stdout is not None
        assert running.stderr is not None
        assert json.loads(running.stdout.readline())["kind"] == "stop"
        running.stdout.close()
        assert b"Traceback" not in running.stderr.read()
