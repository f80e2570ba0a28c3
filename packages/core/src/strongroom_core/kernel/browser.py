"""Names a browser and its system from the User-Agent header, so that people recognize their own browsers."""

_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("HeadlessChrome/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
    ("curl/", "curl"),
)
"""What headers contain, and what that means. The order matters: most browsers also name older ones."""

_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Macintosh", "macOS"),
    ("Linux", "Linux"),
)

UNKNOWN = "Unknown browser"


def describe_browser(user_agent: str) -> str:
    """Return `Firefox on macOS`, or only what is known. The header is the client's own claim."""
    browser = next((name for sign, name in _BROWSERS if sign in user_agent), UNKNOWN)
    system = next((name for sign, name in _SYSTEMS if sign in user_agent), None)
    return browser if system is None else f"{browser} on {system}"
