"""The cookies: the session's, and the one by which a browser is known again at the next log-in (A-4).

The `__Host-` prefix makes browsers refuse the cookie unless it is Secure, has the path `/` and no
domain. Over `http://localhost` a cookie cannot be Secure, so both go without there.
"""

from datetime import timedelta

from litestar.datastructures import Cookie

from strongroom_core.kernel.errors import NotAuthenticated
from strongroom_core.settings import Settings

DEVICE_LIFETIME = timedelta(days=365)


def session_name(settings: Settings) -> str:
    """Return what the session's cookie is called at this address."""
    return "strongroom" if settings.is_local else "__Host-strongroom"


def device_name(settings: Settings) -> str:
    """Return what the device's cookie is called at this address."""
    return f"{session_name(settings)}-device"


def session_cookie(settings: Settings, token: str) -> Cookie:
    """Return the cookie of a session. It lives as long as the browser; its end is the server's to know."""
    return _cookie(settings, session_name(settings), token, None)


def expired_session_cookie(settings: Settings) -> Cookie:
    """Return the cookie that takes the session's out of the browser."""
    return _cookie(settings, session_name(settings), "", 0)


def device_cookie(settings: Settings, token: str) -> Cookie:
    """Return the cookie by which this browser is a known device for a year."""
    lifetime = int(DEVICE_LIFETIME.total_seconds())
    return _cookie(settings, device_name(settings), token, lifetime)


def session_token(headers: list[str], settings: Settings) -> str | None:
    """Return the session token of these Cookie headers, if there is one.

    Raises `NotAuthenticated` for two cookies of our name: somebody on a sibling domain may have
    planted one, and which of them counts must not depend on their order.
    """
    found = _values(headers, session_name(settings))
    if len(found) > 1:
        raise NotAuthenticated("two session cookies were sent: clear the cookies of this site")
    return found[0] if found else None


def device_token(headers: list[str], settings: Settings) -> str | None:
    """Return the device token, if there is exactly one: an ambiguous one proves nothing."""
    found = _values(headers, device_name(settings))
    return found[0] if len(found) == 1 else None


def _values(headers: list[str], name: str) -> list[str]:
    pairs = (pair.partition("=") for header in headers for pair in header.split(";"))
    return [value.strip() for key, _, value in pairs if key.strip() == name]


def _cookie(settings: Settings, name: str, value: str, max_age: int | None) -> Cookie:
    return Cookie(
        key=name,
        value=value,
        path="/",
        max_age=max_age,
        secure=not settings.is_local,
        httponly=True,
        samesite="lax",
    )
