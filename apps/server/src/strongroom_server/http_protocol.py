"""HTTP/1.1 as uvicorn speaks it, with an end to what may come before a request is known.

Neither uvicorn nor the parser below it bounds the size of a request's head: one connection could fill
the memory before any rule of ours sees the request.
"""

from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MOST_HEAD_BYTES = 64 * 1024


class BoundedProtocol(HttpToolsProtocol):
    """Answers 400 and closes when target and headers together pass 64 KiB.

    They are counted by what is received, so a head may pass by the size of one read.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._in_head = True
        self._received = 0

    def data_received(self, data: bytes) -> None:
        """Take what came over the connection."""
        self._received += len(data)
        super().data_received(data)
        too_long = self._in_head and self._received > MOST_HEAD_BYTES
        if too_long and not self.transport.is_closing():
            self.send_400_response("The request's head is too long.")

    def on_message_begin(self) -> None:
        """Begin to count."""
        self._in_head, self._received = True, 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Stop counting: bodies are bounded by the application."""
        self._in_head = False
        super().on_headers_complete()
