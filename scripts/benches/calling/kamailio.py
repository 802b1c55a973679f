"""Kamailio as a registrar and proxy before a far end: whoever knows the password may register and call."""

from __future__ import annotations

import re
import socket
import subprocess
import time
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

HOST = "127.0.0.1"
PASSWORD, REALM = "open-sesame", "test"
READY_S = 20.0
_TEMPLATE = Path(__file__).with_name("kamailio.cfg")


class Kamailio:
    """
    A registrar and proxy at `server`, and by TLS at `tls`; calls go on to *far*.

    It can go away and come back; who registered before is not known then. *folder* keeps its files and its log.
    """

    def __init__(self, folder: Path, far: str) -> None:
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        port, tls = _free_port(), _free_port()
        self.server, self.tls, self.ca = f"{HOST}:{port}", f"{HOST}:{tls}", folder / "ca.pem"
        values = {"PORT": port, "TLS": tls, "FAR": far, "REALM": REALM, "PASSWORD": PASSWORD, "FOLDER": folder}
        text = _TEMPLATE.read_text(encoding="utf-8")
        config = re.sub(r"@([A-Z]+)@", lambda found: str(values[found[1]]), text)
        (folder / "kamailio.cfg").write_text(config, encoding="utf-8")
        certify(folder)

    def comes(self) -> None:
        """
        Start it, and return when it answers.

        Raises:
            RuntimeError: It ended, or did not answer in time.
        """
        where = str(self._folder)
        config, log = self._folder / "kamailio.cfg", self._folder / "kamailio.log"
        command = ["kamailio", "-f", str(config), "-DD", "-E", "-w", where, "-Y", where, "-m", "16"]
        with log.open("ab") as file:
            self._process = subprocess.Popen(command, stdout=file, stderr=file)
        until_s = time.monotonic() + READY_S
        while not _answers(self.server):  # it does not tell when it listens
            if self._process.poll() is not None or time.monotonic() > until_s:
                raise RuntimeError(f"Kamailio does not answer: {log.read_text(errors='replace')[-500:]}")

    def goes_away(self) -> None:
        """End it: its ports are closed when this returns. Safe to call twice."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait()
            self._process = None


def certify(folder: Path) -> None:
    """Write an authority, `ca.pem`, and what it certifies: `server.pem` with its key, for 127.0.0.1."""
    now = datetime.now(UTC)
    keys = {name: ec.generate_private_key(ec.SECP256R1()) for name in ("ca", "server")}
    names = {name: x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]) for name in keys}
    for name, key in keys.items():
        made = (
            x509.CertificateBuilder(names["ca"], names[name], key.public_key(), x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=2))
            .add_extension(x509.BasicConstraints(ca=name == "ca", path_length=None), critical=True)
            .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(HOST))]), critical=False)
            .sign(keys["ca"], hashes.SHA256())
        )
        (folder / f"{name}.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    form = serialization.PrivateFormat.TraditionalOpenSSL
    clear = serialization.NoEncryption()
    (folder / "server.key").write_bytes(keys["server"].private_bytes(serialization.Encoding.PEM, form, clear))


def _free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _answers(server: str) -> bool:
    """Whether a SIP server answers OPTIONS there, within 0.2 s."""
    port = int(server.rpartition(":")[2])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.settimeout(0.2)
        probe.bind((HOST, 0))
        lines = [
            f"OPTIONS sip:{server} SIP/2.0",
            f"Via: SIP/2.0/UDP {HOST}:{probe.getsockname()[1]};branch=z9hG4bKready",
            f"From: <sip:test@{HOST}>;tag=a",
            f"To: <sip:{server}>",
            "Call-ID: ready",
            "CSeq: 1 OPTIONS",
            "Max-Forwards: 5",
            "Content-Length: 0",
        ]
        try:
            probe.sendto(("\r\n".join(lines) + "\r\n\r\n").encode(), (HOST, port))
            return probe.recv(2048).startswith(b"SIP/2.0 200")
        except OSError:
            return False
