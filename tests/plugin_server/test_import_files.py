"""Files as people have them are read, or refused with the line and byte where they are broken."""

import codecs
import hashlib

import pytest

from plugin_server.gathering import csv_files, mapping
from plugin_server.gathering.errors import BadFile, BadMapping

PLAIN = "Phone,Consent time,Source\n+14155552671,2025-05-01T10:00:00Z,Popup für Gäste\n"


@pytest.fixture
def file(tmp_path):
    """A file of these bytes, or of this text in UTF-8."""

    def make(content: bytes | str):
        path = tmp_path / "people.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return make


def read(path):
    return list(csv_files.records(csv_files.look(path)))


@pytest.mark.parametrize(
    ("encoded", "encoding"),
    [
        (PLAIN.encode(), "utf-8"),
        (codecs.BOM_UTF8 + PLAIN.encode(), "utf-8"),
        (codecs.BOM_UTF16_LE + PLAIN.encode("utf-16-le"), "utf-16-le"),
        (codecs.BOM_UTF16_BE + PLAIN.encode("utf-16-be"), "utf-16-be"),
    ],
    ids=["utf-8", "utf-8 with mark", "utf-16 le", "utf-16 be"],
)
def test_the_encodings_that_are_understood_give_the_same_rows(file, encoded, encoding) -> None:
    table = csv_files.look(file(encoded))
    assert (table.encoding, table.header) == (encoding, ("Phone", "Consent time", "Source"))
    assert table.sha256 == hashlib.sha256(encoded).hexdigest()
    assert list(csv_files.records(table)) == [
        (2, ["+14155552671", "2025-05-01T10:00:00Z", "Popup für Gäste"])
    ]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty"),
        (b"PK\x03\x04rest of a workbook", "spreadsheet"),
        (b"Phone,Source\n+1415,Popup\n+1415,caf\xe9\n", "line 3, byte 35 (0xE9) isn't UTF-8"),
        (b"Phone,Source\r\n\xff,Popup\r\n", "line 2, byte 15 (0xFF)"),
        (b"Phone,Source\r\xff,Popup\r", "line 2, byte 14 (0xFF)"),
        (PLAIN.encode("utf-16-le"), "NUL"),
        (codecs.BOM_UTF32_LE + PLAIN.encode("utf-32-le"), "NUL"),
        (codecs.BOM_UTF16_LE + PLAIN.encode("utf-16-le") + b"\x00", "isn't UTF-16-LE"),
        (codecs.BOM_UTF8 + b"Phone,Source\n1,\xc3", "line 2, byte 19 (0xC3)"),
        (b"Phone,Source\n1,\x00\n", "line 2 holds a NUL"),
    ],
)
def test_bytes_that_are_no_text_are_named_by_line_and_place(file, content, says) -> None:
    with pytest.raises(BadFile, match=r"CSV UTF-8|empty") as error:
        csv_files.look(file(content))
    assert says in str(error.value)


def test_a_broken_byte_is_found_wherever_the_file_is_cut_into_chunks(file, monkeypatch) -> None:
    content = b"Phone,Source\n" + "é,é\n".encode() * 9 + b"\xe9,x\n"
    for size in range(1, 12):
        monkeypatch.setattr(csv_files, "CHUNK", size)
        with pytest.raises(BadFile) as error:
            csv_files.look(file(content))
        assert f"line 11, byte {content.rindex(0xE9) + 1} (0xE9)" in str(error.value)


@pytest.mark.parametrize("sign", [",", ";", "\t", "|"])
def test_the_delimiter_is_told_from_the_rows_even_when_cells_hold_the_others(file, sign) -> None:
    rows = [["Phone", "Consent text", "Source"], ["+1415", '"a, b; c | d"', "x"], ["+1416", '"e;f,g|h"', "y"]]
    table = csv_files.look(file("\n".join(sign.join(row) for row in rows)))
    assert table.delimiter == sign
    assert [len(cells) for _, cells in csv_files.records(table)] == [3, 3]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("Phone\n+14155552671\n", "no delimiter"),
        ("Phone Source\n+1415 x\n", "no delimiter"),
        ("a,b;c\n1,2;3\n", "can't be told: it could be comma or semicolon"),
    ],
)
def test_a_file_without_a_delimiter_that_can_be_told_is_refused(file, content, says) -> None:
    with pytest.raises(BadFile, match=says):
        csv_files.look(file(content))


@pytest.mark.parametrize(
    "first", ["+14155552671,Popup", "ann@example.com,Popup", "2025-05-01,Popup", "(415) 555-2671,x"]
)
def test_a_file_without_a_header_is_refused_without_repeating_what_stands_there(file, first) -> None:
    with pytest.raises(BadFile, match="a header is needed") as error:
        csv_files.look(file(f"{first}\n{first}\n"))
    assert first.split(",")[0] not in str(error.value)


def test_a_header_that_names_a_column_twice_is_refused(file) -> None:
    with pytest.raises(BadFile, match="twice: phone"):
        csv_files.look(file("Phone,Source,phone \n1,2,3\n"))


def test_blank_lines_and_line_breaks_in_cells_keep_the_lines_counted_rightly(file) -> None:
    found = read(file('\nPhone,Source\n\n1,"two\nlines"\n,\n2,x\n'))
    assert found == [(4, ["1", "two\nlines"]), (7, ["2", "x"])]


@pytest.mark.parametrize("tail", ['3,"never closed\n4,x\n', '3,"closed" too early\n'])
def test_broken_quotes_end_the_reading_and_are_named_by_their_line(file, tail) -> None:
    with pytest.raises(BadFile, match=r"line 4: .*quoted cell"):
        read(file("Phone,Source\n1,x\n2,y\n" + tail))


def test_a_file_that_isnt_there_or_is_a_folder_is_refused_in_words(tmp_path) -> None:
    for path in (tmp_path / "nothing.csv", tmp_path):
        with pytest.raises(BadFile):
            csv_files.look(path)


def test_a_file_that_changed_since_it_was_judged_is_noticed(file) -> None:
    table = csv_files.look(file(PLAIN))
    assert csv_files.unchanged(table)
    file(PLAIN + "x,y,z\n")
    assert not csv_files.unchanged(table)


# -- which column holds what


@pytest.mark.parametrize(
    ("header", "found"),
    [
        (
            "Email,First Name,Last Name,Phone Number,SMS Marketing Consent,SMS Consent Timestamp,SMS Consent Source",
            {"phone": "Phone Number", "status": "SMS Marketing Consent", "at": "SMS Consent Timestamp"},
        ),
        (
            "phone_number,email,origin,opted_in_at,unsubscribed_at,subscriber_status",
            {
                "phone": "phone_number",
                "source": "origin",
                "at": "opted_in_at",
                "stopped_at": "unsubscribed_at",
            },
        ),
        (
            "Phone,Opt-In Source,Opt-In Time,Opt-Out Time,Country",
            {
                "source": "Opt-In Source",
                "at": "Opt-In Time",
                "stopped_at": "Opt-Out Time",
                "country": "Country",
            },
        ),
        (
            "Phone Number,FNAME,LNAME,OPTIN_TIME,OPTIN_IP,CONFIRM_TIME,CC,Source",
            {"at": "OPTIN_TIME", "ip": "OPTIN_IP", "confirmed_at": "CONFIRM_TIME", "first_name": "FNAME"},
        ),
        (
            "Customer ID,First Name,Email,Accepts Email Marketing,Default Address Country Code,Default Address Phone,"
            "Phone,Accepts SMS Marketing,Total Spent",
            {"phone": "Phone", "status": "Accepts SMS Marketing", "country": "Default Address Country Code"},
        ),
    ],
    ids=["Klaviyo", "Postscript", "Attentive", "Mailchimp", "Shopify"],
)
def test_columns_of_other_programs_are_recognised_by_their_names(header, found) -> None:
    names = dict(mapping.columns(header.split(","), {}).names)
    assert names.items() >= found.items()


def test_consent_to_emails_is_never_taken_for_consent_to_texts() -> None:
    header = "Phone,Accepts Email Marketing,Email Marketing Consent Timestamp,Accepts SMS Marketing,Source"
    columns = mapping.columns(header.split(","), {})
    assert columns.names["status"] == "Accepts SMS Marketing"
    assert "at" not in columns
    assert set(columns.unused) == {"Accepts Email Marketing", "Email Marketing Consent Timestamp"}


def test_what_the_merchant_says_comes_before_what_names_suggest() -> None:
    header = ["Phone", "Mobile", "Opt-in date", "Date, local", "Source", "Locale"]
    said = mapping.said('phone=Mobile,"at=Date, local",locale=')
    columns = mapping.columns(header, said)
    assert columns.names == {"phone": "Mobile", "at": "Date, local", "source": "Source"}
    assert columns.unused == ("Phone", "Opt-in date", "Locale")
    assert mapping.said('at="Opt-in date"') == {"at": "Opt-in date"}


@pytest.mark.parametrize(
    ("header", "said", "says"),
    [
        ("Phone,Consent time", {}, "at=COLUMN,source=COLUMN"),
        ("Phone,Source", {}, "at=COLUMN,source=COLUMN"),
        ("Consent time,Source", {}, "no column holds phone numbers"),
        ("Phone,Consent time,Source", {"phone": "Mobile"}, "no such column; the file has Phone"),
        ("Phone,Consent time,Source", {"fone": "Phone"}, "there is no field 'fone'"),
        ("Phone,Consent time,Source", {"at": "Phone", "phone": "Phone"}, "can't be both"),
    ],
)
def test_a_mapping_that_cant_give_an_import_is_refused(header, said, says) -> None:
    with pytest.raises(BadMapping, match=says):
        mapping.columns(header.split(","), said)


def test_opt_outs_alone_need_no_proof() -> None:
    assert set(mapping.columns(["Phone", "Status"], {}).names) == {"phone", "status"}


@pytest.mark.parametrize(
    ("raw", "says"), [(b"{", "not JSON"), (b"[]", "object of names"), (b'{"phone": 7}', "object of names")]
)
def test_a_mapping_file_that_is_none_is_refused(raw, says) -> None:
    with pytest.raises(BadMapping, match=says):
        mapping.from_json(raw)
    assert mapping.from_json(b'{"phone": "Mobile"}') == {"phone": "Mobile"}


def test_every_name_is_written_as_names_are_compared_and_means_one_field() -> None:
    names = [name for known in mapping.FIELDS.values() for name in known]
    assert [name for name in names if mapping.plain(name) != name] == []
    assert len(names) == len(set(names))
