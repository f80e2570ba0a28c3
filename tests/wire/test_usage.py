"""The commands that people are shown. The first journey checks that they work as printed."""

from __future__ import annotations

import ast
import shlex

from strongroom_wire.usage import (
    get_command,
    install_line,
    install_line_for_powershell,
    list_program,
    read_program,
    run_command,
)

ODD = 'my app/it\'s "live"/the $KEY; `x` \\'


def test_paths_stay_one_argument() -> None:
    """S-11: no matter what a name contains, the shell and Python treat it as text."""
    assert ["strongroom", "get", ODD] == shlex.split(get_command(ODD))
    assert ["strongroom", "run", "--project", ODD, "--", "printenv", "A_B"] == shlex.split(
        run_command(ODD, "A_B")
    )
    assert run_command("a", None) == "strongroom run --project a --dry-run"
    for program in (read_program(ODD), list_program(ODD)):
        texts = [n.value for n in ast.walk(ast.parse(program)) if isinstance(n, ast.Constant)]
        assert [ODD] == texts


def test_the_line_that_installs_names_this_server() -> None:
    """M-3: the command is a single line, with the URL of the list of wheels."""
    for line in (
        install_line("https://v.example"),
        install_line_for_powershell("https://v.example"),
    ):
        assert "https://v.example/download/strongroom.txt" in line
        assert "\n" not in line
