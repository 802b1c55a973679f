"""Traces and HARs without secrets."""

from __future__ import annotations

import base64
import io
import json
import zipfile

import pytest

from prober.channels.web.archives import Unreadable, masked_body, masked_har, masked_text, masked_trace
from prober.loading.masking import Masker

MASK = Masker(["246801"])
PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)


def har(**exchange):
    entry = {"request": {"url": "http://hall/"}, "response": {"content": {}}, **exchange}
    return json.dumps({"log": {"entries": [entry]}}).encode()


def entry_of(content):
    return json.loads(content)["log"]["entries"][0]


@pytest.mark.parametrize(
    ("kind", "text", "kept"),
    [
        ("application/x-www-form-urlencoded", "msisdn=13800000001&password=x%20y", "msisdn=138••••0001&password=•••"),
        ("application/json", '{"a": {"password": "x y"}, "b": 1}', '{"a": {"password": "•••"}, "b": 1}'),
        ("", "订单 246801 已提交", "订单 ••• 已提交"),
        ("application/json", '{"broken": 246801', '{"broken": •••'),
    ],
)
def test_a_body_is_masked_in_its_own_language(kind, text, kept):
    """Forms and JSON also by the names of their fields, whatever stands there."""
    assert masked_text(text, MASK, kind) == kept


def test_a_multipart_form_is_masked_by_its_fields():
    """Each part's value by its part's name."""
    part = '--b\r\nContent-Disposition: form-data; name="password"\r\n\r\nx y\r\n--b--'
    assert "x y" not in masked_text(part, MASK, "multipart/form-data; boundary=b")


def test_headers_cookies_and_urls_of_a_har_are_masked():
    """By field name where the value is always a secret, by value everywhere."""
    request = {
        "url": "http://hall/?password=abc&x=246801",
        "headers": [{"name": "Cookie", "value": "visit=abcdef"}, {"name": "Authorization", "value": "Bearer abcdef"}],
        "cookies": [{"name": "visit", "value": "abcdef"}],
        "queryString": [{"name": "password", "value": "abc"}],
    }
    response = {
        "headers": [{"name": "Set-Cookie", "value": "visit=abcdef"}],
        "content": {"text": '{"token": "abcdef"}'},
    }
    kept = masked_har(har(request=request, response=response), MASK).decode()
    assert "abc" not in kept
    assert "246801" not in kept
    assert json.loads(kept)["log"]["entries"][0]["request"]["headers"][0]["name"] == "Cookie"


def test_binary_bodies_are_kept_if_pictures_and_dropped_if_unknown():
    """What is neither a text nor a picture cannot be read, so it is not kept."""
    for content, kept in ((PNG, PNG), (b"\x00\x01\x02\xff", b""), ("密码 246801".encode(), "密码 •••".encode())):
        body = {"encoding": "base64", "text": base64.b64encode(content).decode()}
        masked = entry_of(masked_har(har(response={"content": body}), MASK))["response"]["content"]["text"]
        assert base64.b64decode(masked) == kept
    assert masked_body(PNG + b"246801", MASK) is None
    assert masked_body("密码 246801".encode("gb18030"), MASK) == "密码 •••".encode("gb18030")


def zipped(**entries):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return stream.getvalue()


def unzipped(content):
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_a_trace_is_rewritten_whole():
    """Calls, snapshots of password fields, resources and their references; the robot's own call stacks are left out."""
    named = "a" * 40 + ".html"
    lines = [
        {"type": "before", "params": {"value": "246801"}},
        {"type": "frame-snapshot", "html": ["INPUT", {"type": "password", "__playwright_value_": "other"}]},
        {"type": "resource", "sha1": named},
    ]
    trace = "\n".join(map(json.dumps, lines))
    content = {
        "trace.trace": trace,
        "trace.stacks": "{}",
        f"resources/{named}": "<b>246801",
        "resources/b.bin": b"\0\xff",
    }
    kept = unzipped(masked_trace(zipped(**content), MASK))
    assert set(kept) == {"trace.trace", "resources/resource1.html", "dropped.txt"}
    assert kept["resources/resource1.html"].decode() == "<b>•••"
    assert kept["dropped.txt"].decode() == "resources/resource2.bin: neither a text nor a picture, 2 bytes\n"
    before, snapshot, resource = map(json.loads, kept["trace.trace"].decode().splitlines())
    assert before["params"]["value"] == "•••"
    assert snapshot["html"][1]["__playwright_value_"] == "•••"
    assert resource["sha1"] == "resource1.html"


@pytest.mark.parametrize("content", [b"", b"no zip", zipped(**{"trace.trace": "no json"})])
def test_what_is_no_trace_is_not_kept(content):
    """Where it cannot be masked it must not be kept."""
    with pytest.raises(Unreadable):
        masked_trace(content, MASK)
    with pytest.raises(Unreadable):
        masked_har(content, MASK)


@pytest.mark.parametrize("depth", [990, 5000])
def test_a_page_nested_too_deeply_is_not_kept(depth):
    """Elements within each other by the hundred are no cause to stumble."""
    deep = "[" * depth + "]" * depth
    with pytest.raises(Unreadable):
        masked_trace(zipped(**{"trace.trace": f'{{"html": {deep}}}'}), MASK)
    with pytest.raises(Unreadable):
        masked_har(f'{{"log": {{"entries": [], "deep": {deep}}}}}'.encode(), MASK)


def test_a_damaged_or_encrypted_trace_is_not_kept():
    """Be it that only one of its entries cannot be read; the message holds nothing of what it says."""
    head = b"PK\x01\x02\x14\x03\x14\x00"
    encrypted = zipped(**{"trace.trace": "{}"}).replace(head + b"\0", head + b"\1")
    for damaged in (encrypted, deflated(b"\xff" * 9)):
        with pytest.raises(Unreadable):
            masked_trace(damaged, MASK)
    with pytest.raises(Unreadable) as caught:
        masked_trace(zipped(**{"trace.trace": b"Kf7 \xff"}), MASK)
    assert "Kf7" not in str(caught.value)


def deflated(damage):
    """Return a trace whose one packed entry begins with *damage*."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("trace.trace", "{}" * 100)
    content = stream.getvalue()
    begins = content.index(b"trace.trace") + len("trace.trace")
    return content[:begins] + damage + content[begins + len(damage) :]
