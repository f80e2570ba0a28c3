"""How a server is. Anyone may ask."""

from typing import Any

from strongroom.calls import HEALTH, understand
from strongroom.connections import Answer
from strongroom.errors import StrongroomError
from strongroom.exchange import nonsense, unsigned_request
from strongroom.identity import require_server_url
from strongroom.refusals import refusal
from strongroom.server_texts import code
from strongroom.transport import Transport

_UNWELL = 503


def server_status(url: str, *, timeout: float = 5.0) -> dict[str, Any]:
    """Return what a server says of itself: `status` is `ok`, `degraded`, `sealed` or `not_initialised`.

    `serverTime`, in Unix seconds, is there when the answer bears a date. `timeout` is in seconds; it
    is asked once. Raises `Unreachable` when no answer comes, `BadIdentity` for an unusable address.
    """
    transport = Transport(require_server_url(url), timeout)
    try:
        answer = transport.send(unsigned_request(HEALTH.method, HEALTH.path, b""))
    finally:
        transport.close()
    status = understand(HEALTH, answer.body)
    if (
        answer.status not in (HEALTH.status, _UNWELL)
        or status is None
        or code(status.get("status")) is None
    ):
        raise _unexpected(answer)
    return status | _time(answer)


def _unexpected(answer: Answer) -> StrongroomError:
    return nonsense(answer) if answer.status == HEALTH.status else refusal(answer)


def _time(answer: Answer) -> dict[str, int]:
    from email.utils import parsedate_to_datetime  # noqa: PLC0415 -- `http.client` has loaded it

    try:
        return {"serverTime": int(parsedate_to_datetime(answer.headers["date"]).timestamp())}
    except (KeyError, ValueError):
        return {}
