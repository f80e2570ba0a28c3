"""The cookies of a session, of a sign-in between its two steps, and of a known browser (A-4).

The `__Host-` prefix makes browsers reject the cookie unless it is Secure and has the path `/` and no domain.
Over `http://localhost` a cookie can't be Secure, so the prefix is left out there.
"""

from datetime import timedelta

from litestar.datastructures import Cookie

from strongroom_core.kernel.errors import NotAuthenticated
from strongroom_core.settings import Settings

DEVICE_LIFETIME = timedelta(days=365)
STEP_LIFETIME = timedelta(minutes=10)


def session_name(settings: Settings) -> str:
    """Return the name of the session cookie for this URL."""
    return "strongroom" if settings.is_local else "__Host-strongroom"


def device_name(settings: Settings) -> str:
    """Return the name of the device cookie for this URL."""
    return f"{session_name(settings)}-device"


def step_name(settings: Settings) -> str:
    """Return the name of the cookie between the two steps of a sign-in."""
    return f"{session_name(settings)}-step"


def session_cookie(settings: Settings, token: str) -> Cookie:
    """Return the session cookie. It has no expiry time, because the server knows when the session ends."""
    return _cookie(settings, session_name(settings), token, None)


def expired_session_cookie(settings: Settings) -> Cookie:
    """Return a cookie that removes the session cookie from the browser."""
    return _cookie(settings, session_name(settings), "", 0)


def device_cookie(settings: Settings, token: str) -> Cookie:
    """Return the cookie that makes this browser a known device for a year."""
    lifetime = int(DEVICE_LIFETIME.total_seconds())
    return _cookie(settings, device_name(settings), token, lifetime)


def step_cookie(settings: Settings, token: str) -> Cookie:
    """Return the cookie of a sign-in between its two steps. It can't be used for anything else."""
    return _cookie(settings, step_name(settings), token, int(STEP_LIFETIME.total_seconds()))


def expired_step_cookie(settings: Settings) -> Cookie:
    """Return a cookie that removes the step's cookie from the browser."""
    return _cookie(settings, step_name(settings), "", 0)


def step_token(headers: list[str], settings: Settings) -> str | None:
    """Return the token of a sign-in between its two steps, if there is exactly one."""
    found = _values(headers, step_name(settings))
    return found[0] if len(found) == 1 else None


def session_token(headers: list[str], settings: Settings) -> str | None:
    """Return the session token in these Cookie headers, if there is one.

    Raises `NotAuthenticated` if there are two session cookies. A sibling domain may have planted one (session
    fixation), and the choice between them must not depend on their order.
    """
    found = _values(headers, session_name(settings))
    if len(found) > 1:
        raise NotAuthenticated("two session cookies received; delete this site's cookies")
    return found[0] if found else None


def device_token(headers: list[str], settings: Settings) -> str | None:
    """Return the device token if there is exactly one. If there are two, neither can be trusted."""
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
