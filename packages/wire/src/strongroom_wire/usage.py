"""The commands for installing the client and reading a secret on a machine, as they are shown to people.

Every command works exactly as it is printed. Paths are quoted for a POSIX shell, which PowerShell also
accepts.
"""

from shlex import quote

FOLDER = "~/.strongroom/cli"
"""Where the CLI is installed: a separate virtual environment."""

DOWNLOADS = "/download/strongroom.txt"


def install_line(url: str) -> str:
    """Return the line that installs the CLI from the server at `url`, for a POSIX shell."""
    return (
        f"python3 -m venv {FOLDER} && {FOLDER}/bin/pip install -qr {url}{DOWNLOADS}"
        f" && export PATH={FOLDER}/bin:$PATH"
    )


def install_line_for_powershell(url: str) -> str:
    """Return the same line for PowerShell on Windows."""
    folder = '"$HOME/.strongroom/cli"'
    return (
        f'py -m venv {folder}; & {folder[:-1]}/Scripts/pip" install -qr {url}{DOWNLOADS};'
        f' $env:PATH = {folder[:-1]}/Scripts;$env:PATH"'
    )


def get_command(path: str) -> str:
    """Return the command that prints a secret."""
    return f"strongroom get {quote(path)}"


def list_command(project: str | None = None) -> str:
    """Return the command that lists what the machine can read, in a project or in all of them."""
    return "strongroom list" if project is None else f"strongroom list --project {quote(project)}"


def run_command(project: str, variable: str | None) -> str:
    """Return the command that starts a program with a project's secrets.

    The program prints the variable. Without one, the command only prints the names of the variables.
    """
    command = f"strongroom run --project {quote(project)}"
    return f"{command} --dry-run" if variable is None else f"{command} -- printenv {variable}"


def read_program(path: str) -> str:
    """Return a program in Python that reads a secret."""
    return (
        "from strongroom import Strongroom\n\n"
        "with Strongroom() as strongroom:\n"
        f"    secret = strongroom.find_secret({_literal(path)})\n"
        "    value = strongroom.get_secret(secret.id).reveal()\n"
    )


def list_program(project_id: str | None = None) -> str:
    """Return a program in Python that lists what the machine can read, in a project or in all of them."""
    which = "" if project_id is None else _literal(project_id)
    return (
        "from strongroom import Strongroom\n\n"
        "with Strongroom() as strongroom:\n"
        f"    for secret in strongroom.list_secrets({which}):\n"
        "        print(secret.address)\n"
    )


def _literal(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
