"""A site whose every page goes wrong in a way of its own, on loopback, in the loop of who plays."""

from __future__ import annotations

import asyncio
import datetime as dt
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

HOME = "首页"
_LATER = "<p>正在加载</p><script>onload = () => setTimeout(() => {{ {} }}, 1000)</script>"
"""A page that has been opened by then."""
_PAGES = {
    "/home": f"<h1>{HOME}</h1>",
    "/told": _LATER.format("fetch('/now')"),
    "/eats": _LATER.format("const kept = []; while (true) kept.push(new Array(1e6).fill(Math.random()))"),
    "/hangs": _LATER.format("while (true) {}"),
    "/asks": _LATER.format("alert('系统升级公告')"),
    "/bills": "<a href=/bill>导出账单</a>",
    "/captcha": '<div class="geetest_panel" style="height:9em">拖动滑块完成拼图</div>',
}


@dataclass
class Site:
    """Where the site is; *now* is called when the page /told has come, and *paths* are those asked for."""

    url: str = ""
    now: Callable[[], object] = lambda: None
    paths: list[str] = field(default_factory=list)


@asynccontextmanager
async def site(*, port: int = 0, tls: ssl.SSLContext | None = None) -> AsyncIterator[Site]:
    """Serve it, also to those who ask for it as a proxy; nothing is left of it afterwards."""
    mine = Site()
    under_way: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        under_way.add(task)
        task.add_done_callback(under_way.discard)
        try:
            with suppress(OSError, asyncio.IncompleteReadError):
                await _answer(mine, reader, writer)
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", port, ssl=tls)
    mine.url = f"http{'s' if tls else ''}://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield mine
    finally:
        server.close()
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)


async def _answer(mine: Site, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    path = urlsplit(head.split()[1]).path
    mine.paths.append(path)
    match path:
        case "/silent":
            await asyncio.Event().wait()
        case "/circle":
            writer.write(b"HTTP/1.1 302 Found\r\nLocation: /circle\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        case "/bill":
            head = "HTTP/1.1 200 OK\r\nContent-Disposition: attachment; filename=bill.csv\r\nContent-Length: 9999"
            writer.write(f"{head}\r\n\r\n{'month,fee ' * 500}".encode())
            await writer.drain()
            await asyncio.Event().wait()
        case "/blocked":
            _page(writer, "<h1>Access Denied</h1><p>您的访问被拦截。Reference #18.5a</p>", "403 Forbidden")
        case "/now":
            mine.now()
            _page(writer, "")
        case _:
            body = _PAGES.get(path)
            _page(writer, body or "没有这个页面", "200 OK" if body else "404 Not Found")
    await writer.drain()


def _page(writer: asyncio.StreamWriter, body: str, status: str = "200 OK") -> None:
    content = f"<!doctype html><html lang=zh><meta charset=utf-8><title>测试厅</title>{body}".encode()
    head = (
        f"HTTP/1.1 {status}\r\nContent-Type: text/html\r\nConnection: close\r\nContent-Length: {len(content)}\r\n\r\n"
    )
    writer.write(head.encode() + content)


def unknown_authority(folder: Path) -> ssl.SSLContext:
    """Return what a server shows whose certificate nobody has signed but itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = folder / "site.pem"
    pem.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    shown = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    shown.load_cert_chain(pem)
    return shown
