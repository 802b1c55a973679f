"""
Traces and HARs without secrets: every text in them masked, and what cannot be read left out.

A secret may hide in a URL, a header, a form, a JSON body, a page's snapshot, the call that typed it. So nothing is kept
that was not read: texts are masked, pictures and fonts stay as they are, any other binary entry is dropped.
"""

from __future__ import annotations

import base64
import binascii
import io
import json
import re
import zipfile
import zlib
from contextlib import suppress
from typing import Any, Protocol
from urllib.parse import parse_qsl, quote, urlencode

from prober.loading.masking import MASK


class Mask(Protocol):
    """What is taken out of texts and documents."""

    def __call__(self, text: str) -> str:
        """Return *text* masked."""
        ...

    def document(self, value: Any) -> Any:
        """Return a tree as JSON has them, masked."""
        ...

    def hides(self, text: str) -> bool:
        """Return whether anything in *text* is masked."""
        ...

    def secret(self, text: str) -> bool:
        """Return whether *text* holds a secret."""
        ...


class Unreadable(Exception):
    """An archive is not what it is known to be, so that nothing of it can be masked."""


DROPPED = "dropped.txt"
_PICTURES = re.compile(
    rb"\x89PNG\r\n|GIF8|\xff\xd8\xff|RIFF....WEBP|....ftypavif|\x00\x00\x01\x00|wOF[F2]|OTTO|\x00\x01\x00\x00",
    re.DOTALL,
)
"""How pictures and fonts begin: what they show was shown to the customer as well, and is no text."""
_ENCODINGS = ("utf-8", "gb18030")
_RESOURCE = re.compile(r"\b[0-9a-f]{40}(?:\.\w+)?\b")
_PART = re.compile(r'(name="(?P<name>[^"]*)"[^\r\n]*\r?\n(?:[^\r\n]+\r?\n)*\r?\n)(?P<value>.*?)(?=\r?\n--)', re.DOTALL)
_DAMAGED = (
    *(ValueError, LookupError, TypeError, AttributeError, EOFError, zipfile.BadZipFile, zlib.error),
    RuntimeError,  # of zipfile, for what is encrypted; of a page nested too deeply
)
"""What a file raises that is not what it is known to be. Their words may hold what it says, unmasked."""
_TYPED = ("value", "__playwright_value_")


def masked_har(content: bytes, mask: Mask) -> bytes:
    """
    Return a HAR without secrets.

    Raises:
        Unreadable: It is no HAR.
    """
    try:
        log = json.loads(content)["log"]
        for entry in log["entries"]:
            _mask_exchange(entry, mask)
        return json.dumps({"log": mask.document(log)}, ensure_ascii=False).encode()
    except _DAMAGED as exc:
        raise Unreadable(f"it is no HAR: {type(exc).__name__}") from exc


def masked_trace(content: bytes, mask: Mask) -> bytes:
    """
    Return a Playwright trace without secrets, nor the robot's own call stacks. `dropped.txt` names what was left out.

    Raises:
        Unreadable: It is no trace.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = {name: archive.read(name) for name in archive.namelist()}
        return _rewritten(entries, mask)
    except _DAMAGED as exc:
        raise Unreadable(f"it is no trace: {type(exc).__name__}") from exc


def _rewritten(entries: dict[str, bytes], mask: Mask) -> bytes:
    resources = [name for name in entries if name.startswith("resources/")]
    # A resource is called by the hash of its content, from which a short secret could be found out.
    names = {name.split("/", 1)[1]: f"resource{number}{_suffix(name)}" for number, name in enumerate(resources, 1)}
    written, dropped, stream = [], [], io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            if name in resources:
                kept, renamed = masked_body(content, mask), f"resources/{names[name.split('/', 1)[1]]}"
                written += [(renamed, kept)] if kept is not None else []
                dropped += [f"{renamed}: neither a text nor a picture, {len(content)} bytes\n"] if kept is None else []
            elif name.endswith((".trace", ".network")):
                written.append((name, _masked_lines(content, names, mask)))
        for name, kept in [*written, *([(DROPPED, "".join(dropped).encode())] if dropped else [])]:
            archive.writestr(name, kept)
    return stream.getvalue()


def _suffix(name: str) -> str:
    return "." + name.rsplit(".", 1)[1] if "." in name else ""


def _masked_lines(content: bytes, names: dict[str, str], mask: Mask) -> bytes:
    events = []
    for line in content.decode().splitlines():
        event = json.loads(_RESOURCE.sub(lambda found: names.get(found[0], found[0]), line))
        if event.get("type") == "resource-snapshot":
            _mask_exchange(event["snapshot"], mask)
        _hide_typed(event)
        events.append(event)
    # All at once: what a search costs is paid once.
    return "".join(f"{json.dumps(event, ensure_ascii=False)}\n" for event in mask.document(events)).encode()


def _hide_typed(value: Any) -> None:
    """Hide what stands in password fields, wherever a snapshot of the page holds one."""
    if isinstance(value, dict):
        if str(value.get("type", "")).lower() == "password":
            value |= {key: MASK for key in _TYPED if value.get(key)}
        for part in value.values():
            _hide_typed(part)
    elif isinstance(value, list):
        for part in value:
            _hide_typed(part)


def _mask_exchange(entry: dict[str, Any], mask: Mask) -> None:
    """Mask, in their own languages, the bodies of a request and its answer; the rest is left to `Mask.document`."""
    posted, body = entry["request"].get("postData"), entry["response"].get("content") or {}
    if posted and "text" in posted:
        posted["text"] = masked_text(posted["text"], mask, posted.get("mimeType", ""))
    if body.get("encoding") == "base64":
        body["text"] = _masked_base64(body["text"], mask)
    elif "text" in body:
        body["text"] = masked_text(body["text"], mask)
    for message in entry.get("_webSocketMessages", ()):
        message["data"] = masked_text(message["data"], mask) if message.get("opcode") == 1 else MASK


def _masked_base64(text: str, mask: Mask) -> str:
    try:
        kept = masked_body(base64.b64decode(text, validate=True), mask)
    except binascii.Error:
        kept = None
    return base64.b64encode(kept).decode() if kept is not None else ""


def masked_body(content: bytes, mask: Mask) -> bytes | None:
    """Return *content* masked where it is a text, as it is where it is a picture or font, None where it is neither."""
    for encoding in _ENCODINGS:
        if _PICTURES.match(content):
            return None if mask.secret(content.decode("latin-1")) else content
        with suppress(UnicodeDecodeError):
            text = content.decode(encoding)
            return None if "\0" in text else masked_text(text, mask).encode(encoding)
    return None


def masked_text(text: str, mask: Mask, kind: str = "") -> str:
    """Return *text* masked; the values of JSON and forms also by the names of their fields. *kind*: its MIME type."""
    if "urlencoded" in kind:
        pairs = parse_qsl(text, keep_blank_values=True)
        form = urlencode([(mask(name), _of_field(name, value, mask)) for name, value in pairs])
        return form.replace(quote(MASK[0]), MASK[0])
    if "multipart" in kind:
        return mask(_PART.sub(lambda part: part[1] + _of_field(part["name"], part["value"], mask), text))
    if text.lstrip()[:1] in {"{", "["}:
        try:
            return json.dumps(mask.document(json.loads(text)), ensure_ascii=False)
        except (ValueError, RecursionError):
            pass
    return mask(text)


def _of_field(name: str, value: str, mask: Mask) -> str:
    return str(mask.document({name: value}).popitem()[1])
