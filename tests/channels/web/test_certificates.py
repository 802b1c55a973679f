"""Who the customer is, by certificate, at a site that lets in nobody without one."""

from __future__ import annotations

import datetime as dt
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from prober.channels.web.actions import Open
from prober.channels.web.config import ClientCertificate, Settings
from prober.channels.web.driver import WebDriver
from prober.errors import RobotBroken
from prober.model.run import Seen
from tests.channels.web.conftest import Customer

pytestmark = pytest.mark.asyncio(loop_scope="session")

PAGE = "<!doctype html><meta charset=utf-8><title>厅</title><p>您好，{name}".encode()
DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class Signed:
    """A certificate and its key, also as files."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey
    cert_path: Path
    key_path: Path


def signed(folder: Path, name: str, by: Signed | None = None, passphrase: bytes = b"") -> Signed:
    """Return a certificate for *name*, by itself (then it may sign others) or *by* another."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(by.certificate.subject if by else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - DAY)
        .not_valid_after(now + DAY)
        .add_extension(x509.BasicConstraints(ca=by is None, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False)
        .sign(by.key if by else key, hashes.SHA256())
    )
    locked = serialization.BestAvailableEncryption(passphrase) if passphrase else serialization.NoEncryption()
    made = Signed(certificate, key, folder / f"{name}.pem", folder / f"{name}.key")
    made.cert_path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    made.key_path.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, locked))
    return made


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        names = dict(pair for each in self.connection.getpeercert()["subject"] for pair in each)
        page = PAGE.replace(b"{name}", names["commonName"].encode())
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    def log_message(self, *_: Any) -> None:
        """Keep the test's output clean."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    tls: ssl.SSLContext

    def finish_request(self, request: Any, address: Any) -> None:
        with request.dup() as plain, suppress(OSError):
            try:
                with self.tls.wrap_socket(request, server_side=True) as shown:
                    super().finish_request(shown, address)
            except ssl.SSLError:  # who closes at once takes the refusal back that is still on its way
                plain.settimeout(5)
                while plain.recv(4096):
                    pass


@pytest.fixture
def authority(tmp_path: Path) -> Signed:
    return signed(tmp_path, "authority")


@pytest.fixture(params=[ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=lambda version: version.name)
def strict_site(request, tmp_path: Path, authority: Signed) -> Iterator[str]:
    """A site that answers who has a certificate of the authority, and nobody else."""
    server = signed(tmp_path, "server", authority)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = context.maximum_version = request.param
    context.load_cert_chain(server.cert_path, server.key_path)
    context.load_verify_locations(authority.cert_path)
    context.verify_mode = ssl.CERT_REQUIRED
    site = _Server(("127.0.0.1", 0), _Handler)
    site.tls = context
    thread = threading.Thread(target=site.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield f"https://127.0.0.1:{site.server_port}"
    site.shutdown()
    thread.join()
    site.server_close()


@pytest_asyncio.fixture(loop_scope="session")
async def shows(web_run):
    """Opens a window that shows a certificate to a site."""
    drivers: list[WebDriver] = []
    there: list[Customer] = []

    async def show(site: str, mine: Signed | None, passphrase: str = "") -> Customer:
        shown = [mine] if mine else []
        certificates = [
            ClientCertificate(origin=site, cert=one.cert_path, key=one.key_path, passphrase=passphrase) for one in shown
        ]
        settings = Settings(base_url=site, ignore_https_errors=True, client_certificates=certificates)
        drivers.append(WebDriver(settings))
        run = web_run()
        there.append(Customer(run, await drivers[-1].open(run)))
        return there[-1]

    yield show
    for one in there:
        await one.session.close()
    for one in drivers:
        await one.close()


@pytest.mark.parametrize("passphrase", ["", "sesame"])
async def test_who_has_it_is_known(shows, strict_site, authority, tmp_path, passphrase):
    """The page greets the customer by the name in the certificate, its key encrypted or not."""
    mine = signed(tmp_path, "partner", authority, passphrase.encode())
    one = await shows(strict_site, mine, passphrase)
    assert (await one.do(Open("/"))).seen is Seen.EXPECTED
    assert (await one.see("您好，partner")).seen is Seen.EXPECTED


@pytest.mark.parametrize("signed_by", ["itself", "nobody it trusts"])
async def test_one_that_the_site_refuses_is_the_robots_own(shows, strict_site, tmp_path, signed_by):
    """An ERROR that says what the site said to it; whether the page works, nobody can tell."""
    other = signed(tmp_path, "other-authority") if signed_by != "itself" else None
    one = await shows(strict_site, signed(tmp_path, "stranger", other))
    with pytest.raises(RobotBroken, match=r"refuses the certificate .*(unknown ca|certificate)") as told:
        await one.do(Open("/"))
    assert "channels.web.client_certificates" in told.value.cure


async def test_who_has_none_is_told_that_the_site_wants_one(shows, strict_site):
    """FAILED: a site that asks every customer for a certificate lets in none of them."""
    one = await shows(strict_site, None)
    seen = await one.do(Open("/"))
    assert seen.seen is Seen.UNREACHABLE
    assert "it lets in nobody without a certificate, and the robot has none for it" in seen.actual


async def test_a_site_that_is_down_is_out_of_reach_with_a_certificate_too(shows, authority, tmp_path):
    """No page of Playwright's own is taken for the site's answer."""
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    one = await shows(f"https://127.0.0.1:{port}", signed(tmp_path, "partner", authority))
    seen = await one.do(Open("/"))
    assert (seen.seen, seen.doubtful) == (Seen.UNREACHABLE, True)
    assert "Playwright" not in seen.actual


async def test_a_handshake_that_fails_for_another_reason_is_told_as_that(shows, web_site, authority, tmp_path):
    """A site that speaks no TLS at all refuses nobody's certificate."""
    one = await shows(web_site.url.replace("http:", "https:"), signed(tmp_path, "partner", authority))
    seen = await one.do(Open("/"))
    assert (seen.seen, seen.doubtful) == (Seen.UNREACHABLE, True)
    assert "Playwright" not in seen.actual


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda mine, other: mine.key_path.unlink(), "partner.key: No such file"),
        (lambda mine, other: mine.cert_path.write_text("?"), "do not go together"),
        (lambda mine, other: mine.key_path.write_bytes(other.key_path.read_bytes()), "key values mismatch"),
    ],
    ids=["no file", "no certificate", "another's key"],
)
async def test_one_that_cannot_be_shown_is_told_before_anything_is_asked(shows, tmp_path, spoil, words):
    """With the file's name, and where it is set."""
    mine, other = signed(tmp_path, "partner"), signed(tmp_path, "other")
    spoil(mine, other)
    with pytest.raises(RobotBroken, match=words) as told:
        await shows("https://127.0.0.1:1", mine)
    assert "channels.web.client_certificates" in told.value.cure


async def test_a_key_is_opened_by_its_passphrase_alone(shows, tmp_path):
    """And nobody is asked for it at a terminal."""
    mine = signed(tmp_path, "partner", passphrase=b"sesame")
    for wrong in ("", "open"):
        with pytest.raises(RobotBroken, match="cannot be shown"):
            await shows("https://127.0.0.1:1", mine, wrong)
