"""Public addresses only, whatever the name says."""

import datetime
import socket
import ssl

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from raw_http import RawServer, reply

from connectors import http, sockets

REAL_LOOKUP = socket.getaddrinfo


def names(monkeypatch, **book):
    """Make names lead where the test says; what stands for each is one lookup's addresses after another."""
    left = {name.replace("_", "."): list(lookups) for name, lookups in book.items()}
    asked = []

    def lookup(host, port, *args, **kwargs):
        if host not in left:
            return REAL_LOOKUP(host, port, *args, **kwargs)
        asked.append(host)
        found = left[host].pop(0)
        return [entry for address in found for entry in REAL_LOOKUP(address, port, *args, **kwargs)]

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    return asked


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.9.9.9",
        "10.0.0.5",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "192.0.2.1",
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1",
        "fe80::1%eth0",
        "fc00::1",
        "fd00:ec2::254",
        "ff02::1",
        "2001:db8::1",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe",
        "2002:7f00:1::",
        "2002:a9fe:a9fe::",
        "::10.0.0.5",
        "::ffff:0:10.0.0.5",
        "64:ff9b:1::a00:5",
        "fec0::1",
    ],
)
def test_addresses_that_are_not_public(address):
    assert not sockets.is_public(address)


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "93.184.216.34", "2606:2800:220:1::1", "::ffff:8.8.8.8", "64:ff9b::808:808"]
)
def test_addresses_that_are_public(address):
    assert sockets.is_public(address)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::1]", "[::ffff:127.0.0.1]"]
)
def test_a_private_address_is_refused_however_it_is_spelt(host):
    with RawServer(lambda seen: reply(200)) as server, pytest.raises(http.NotReached) as caught:
        http.session(connect=1).get(f"http://{host}:{server.port}/")
    assert isinstance(caught.value, http.PrivateAddress)
    assert caught.value.permanent
    assert "a private address; only public addresses are called" in str(caught.value)
    assert server.connections == 0


def test_a_name_that_leads_inside_is_refused(monkeypatch):
    names(monkeypatch, shop_example=[["10.0.0.5"]])
    with pytest.raises(http.PrivateAddress, match=r"^shop\.example leads to 10\.0\.0\.5"):
        http.session().get("http://shop.example/")


def test_a_name_that_leads_both_out_and_inside_is_refused(monkeypatch):
    names(monkeypatch, shop_example=[["8.8.8.8", "127.0.0.1"]])
    with pytest.raises(http.PrivateAddress):
        http.session().get("http://shop.example/")


def test_the_connection_goes_to_the_address_that_was_judged(monkeypatch):
    """A second lookup, after the judgement, would find nothing here and might find anything elsewhere."""
    judged = []
    monkeypatch.setattr(sockets, "is_public", lambda address: judged.append(address) or True)
    asked = names(monkeypatch, shop_example=[["127.0.0.1"]])
    with RawServer(lambda seen: reply(200)) as server:
        http.session().get(f"http://shop.example:{server.port}/")
    assert (asked, judged) == (["shop.example"], ["127.0.0.1"])
    assert server.seen[0].headers["host"] == f"shop.example:{server.port}"


def test_a_name_is_judged_again_for_each_new_connection(monkeypatch):
    monkeypatch.setattr(sockets, "is_public", lambda address: address == "127.0.0.1")
    names(monkeypatch, shop_example=[["127.0.0.1"], ["127.0.0.2"]])
    with RawServer(lambda seen: reply(200, headers="Connection: close\r\n")) as server:
        session = http.session()
        session.get(f"http://shop.example:{server.port}/")
        with pytest.raises(http.PrivateAddress, match=r"127\.0\.0\.2"):
            session.get(f"http://shop.example:{server.port}/")
    assert server.connections == 1


def test_the_next_address_is_tried_when_the_first_refuses(monkeypatch):
    names(monkeypatch, shop_example=[["127.0.0.2", "127.0.0.1"]])
    with RawServer(lambda seen: reply(200, b"here")) as server:
        answer = http.session(allow_private=True).get(f"http://shop.example:{server.port}/")
    assert answer.text == "here"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A self-signed certificate for shop.example: (context of its server, path of the certificate)."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "shop.example")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("shop.example")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "shop.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context, str(path)


def test_tls_still_names_and_checks_the_host(monkeypatch, certificate):
    context, path = certificate
    called = []
    context.sni_callback = lambda sock, name, ctx: called.append(name)
    names(monkeypatch, shop_example=[["127.0.0.1"]])
    with RawServer(lambda seen: reply(200, b"safe"), tls=context) as server:
        session = http.session(allow_private=True)
        session.verify = path
        assert session.get(f"https://shop.example:{server.port}/").text == "safe"
    assert called == ["shop.example"]


@pytest.mark.parametrize("host", ["other.example", "shop.example"], ids=["wrong name", "unknown issuer"])
def test_a_certificate_that_does_not_fit_means_nothing_was_sent(monkeypatch, certificate, host):
    context, path = certificate
    names(monkeypatch, other_example=[["127.0.0.1"]], shop_example=[["127.0.0.1"]])
    with RawServer(lambda seen: reply(200), tls=context) as server:
        session = http.session(allow_private=True)
        session.verify = path if host == "other.example" else True
        with pytest.raises(http.NotReached, match="certificate"):
            session.post(f"https://{host}:{server.port}/", data=b"secret")
    assert server.seen == []
