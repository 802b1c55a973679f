"""A web hall that lets people wait for times known to itself alone, and whose pages write down what they did when."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from random import Random
from typing import Any

DELAYS_S = (0.05, 2.0)
BUTTON, SHOWN = "查询", "查询结果"
AT_ONCE, IN_TIME = "/at-once", "/in-time"
"""Pages for enquiries: one lets nobody wait, the other as a real one does, for the same times each time."""
TIMES_S = (0.31, 0.12, 0.74, 0.26, 0.48, 0.19, 0.93)
_ENQUIRY = """<!doctype html><html lang=zh><meta charset=utf-8><link rel=icon href=data:,><title>测试厅</title>
<h1>我的账户</h1><label>手机号 <input id=number></label><button>查询</button><p id=told></p><script>
document.querySelector('button').onclick = () => {
  setTimeout(() => { told.textContent = `结果 ${number.value}` }, TIMES[number.value]);
};
</script></html>"""
_PAGE = f"""<!doctype html><html lang=zh><meta charset=utf-8><link rel=icon href=data:,><title>测试厅</title>
<h1>我的账户</h1><button>{BUTTON}</button><p id=told></p><script>
let clicked, loaded;
addEventListener('load', () => {{ loaded = performance.now() }});
document.querySelector('button').addEventListener('click', event => {{
  clicked = event.timeStamp;
  setTimeout(() => {{
    told.textContent = '{SHOWN}';
    const shown = performance.now();
    fetch(location.pathname, {{method: 'POST', keepalive: true, body: JSON.stringify([loaded, shown - clicked])}});
  }}, WAIT);
}});
</script></html>"""


@dataclass(frozen=True)
class Stamp:
    """What a page says of itself: navigation start → load event, and the click → its answer shown. Unit: seconds."""

    open_s: float
    see_s: float


@dataclass
class Hall:
    """Where it is, and what each page that was opened has written down."""

    url: str
    chance: Random
    stamps: dict[str, Stamp] = field(default_factory=dict)


@contextmanager
def hall(chance: Random) -> Iterator[Hall]:
    """Serve it on a free port of 127.0.0.1 while the context lasts."""
    mine = Hall("", chance)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(mine))
    server.daemon_threads = True
    mine.url = f"http://127.0.0.1:{server.server_port}"
    serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    serving.start()
    try:
        yield mine
    finally:
        server.shutdown()
        serving.join()
        server.server_close()


def _handler(mine: Hall) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            if self.path in {AT_ONCE, IN_TIME}:
                times_s = TIMES_S if self.path == IN_TIME else [0.0] * len(TIMES_S)
                time.sleep(times_s[-1])
                self._answer(_ENQUIRY.replace("TIMES", str([1000 * one for one in times_s])).encode())
                return
            time.sleep(mine.chance.uniform(*DELAYS_S))
            self._answer(_PAGE.replace("WAIT", f"{1000 * mine.chance.uniform(*DELAYS_S):.1f}").encode())

        def do_POST(self) -> None:
            loaded_ms, shown_ms = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            mine.stamps[self.path] = Stamp(loaded_ms / 1000, shown_ms / 1000)
            self._answer(b"")

        def _answer(self, content: bytes) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            """Keep the bench's output clean."""

    return Handler
