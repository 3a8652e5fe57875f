"""A mail server for crash trials that keeps each message under its Message-ID."""

import re
import socket
import threading
from collections import Counter
from typing import Any


class Stub(threading.Thread):
    """An SMTP server that keeps each message under its Message-ID, as a careful server does; `seen` counts every delivery."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]
        self.seen: Counter[str] = Counter()

    def run(self) -> None:
        while True:
            try:
                peer, _address = self.server.accept()
            except OSError:
                return
            threading.Thread(target=self._talk, args=(peer,), daemon=True).start()

    def _talk(self, peer: socket.socket) -> None:
        try:
            with peer, peer.makefile("rwb") as file:
                self._session(file)
        except OSError:
            pass

    def _session(self, file: Any) -> None:
        def say(line: bytes) -> None:
            file.write(line + b"\r\n")
            file.flush()

        say(b"220 stub")
        while line := file.readline():
            verb = line[:4].upper()
            if verb == b"DATA":
                say(b"354 go on")
                text = b""
                while (part := file.readline()) not in (b".\r\n", b""):
                    text += part
                if part:
                    self.seen[re.search(rb"(?mi)^Message-ID:\s*(\S+)", text)[1].decode()] += 1  # type: ignore[index]
                    say(b"250 kept")
            elif verb == b"QUIT":
                say(b"221 bye")
                return
            else:
                say(b"250 ok")
