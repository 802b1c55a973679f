"""What the peer's checks ask: a small HTTP server on a port, which notes in a file when each was asked."""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path

_OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok"


async def serve(port: int, file: Path) -> None:
    """Answer until killed; a line for each question: its path, and the monotonic instant it came."""
    with file.open("w", encoding="utf-8", buffering=1) as asked:

        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                while head := await reader.readuntil(b"\r\n\r\n"):
                    at_s = time.monotonic()
                    asked.write(f"{head.split()[1].decode()} {at_s:.6f}\n")
                    writer.write(_OK)
            except (asyncio.IncompleteReadError, ConnectionError):
                pass
            finally:
                writer.close()

        server = await asyncio.start_server(answer, "127.0.0.1", port, backlog=1024)
        print("ready", flush=True)
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), Path(sys.argv[2])))
