"""Commands that users of Doppler, Infisical, 1Password and Vault try first work, or get a helpful hint.

The lines are those that their guides begin with. A value that someone typed as an argument, out of habit, is
never repeated.
"""

from __future__ import annotations

import pytest

from .cli_world import CliWorld

VALUE = "hunter2-typed-as-an-argument"

WORKS = ""
"""Expected for a line that works here, too."""

DOPPLER = [
    ("doppler setup", "did you mean connect?"),
    ("doppler me", "did you mean whoami?"),
    (f"doppler secrets set API_KEY={VALUE}", "`strongroom secrets set API_KEY`"),
    (f"doppler secrets set API_KEY {VALUE}", "`strongroom secrets set API_KEY`"),
    ("doppler secrets -p billing", WORKS),
    ("doppler secrets get API_KEY", "run `strongroom get` on a machine"),
    ("doppler secrets delete billing/API_KEY --dry-run", WORKS),
    ("doppler secrets download --no-file", "run `strongroom export` on a machine"),
    ("doppler run -p billing -- true", WORKS),
    ("doppler run --config prd -- true", "--project application/ENVIRONMENT"),
    ("doppler open --no-browser", WORKS),
    ("doppler configs logs", "did you mean profiles?"),
    ("doppler activity", "did you mean audit tail?"),
]
INFISICAL = [
    ("infisical init", "did you mean connect?"),
    ("infisical run --env=prod --path=/ -- true", "--project application/ENVIRONMENT"),
    (f"infisical secrets set STRIPE_KEY={VALUE}", "`strongroom secrets set STRIPE_KEY`"),
    ("infisical secrets folders get", "run `strongroom projects`"),
    ("infisical scan", "there is no scan yet"),
    ("infisical export --format=dotenv -p billing", WORKS),
    ("infisical secrets --env=dev", "--project application/ENVIRONMENT"),
    (f"infisical --token={VALUE} secrets", "sign in with `strongroom login`"),
]
ONE_PASSWORD = [
    ("op signin", "did you mean login?"),
    ("op whoami", WORKS),
    ("op read op://billing/API_KEY/password", "did you mean get?"),
    ("op inject -i config.tpl -o config", "run `strongroom run` or `strongroom export`"),
    ("op run --env-file=.env -- true", "--project application/project"),
    (f"op item create --category=login password={VALUE}", "`strongroom secrets set PATH`"),
    ("op item get API_KEY --fields password", "`strongroom get PATH`"),
    (f"op item edit API_KEY password={VALUE}", "`strongroom secrets set PATH`"),
    ("op vault list", "did you mean projects?"),
    ("op document get key.pem", "`strongroom get PATH`"),
]
VAULT = [
    ("vault status", WORKS),
    (f"vault kv put -mount=secret billing API_KEY={VALUE}", "`strongroom secrets set PATH`"),
    ("vault kv get -field=API_KEY secret/billing", "`strongroom get PATH`"),
    ("vault kv metadata get secret/billing", "`strongroom secrets set PATH`"),
    ("vault read secret/billing", "did you mean get?"),
    (f"vault write secret/billing value={VALUE}", "did you mean secrets set?"),
    ("vault list", WORKS),
    ("vault token lookup", "there are no tokens"),
    ("vault policy list", "`strongroom grants list MACHINE`"),
    ("vault agent -config=agent.hcl", "`strongroom watch`"),
    ("vault audit list", WORKS),
    (f"vault API_KEY={VALUE}", "`strongroom secrets set PATH`"),
]
LINES = [*DOPPLER, *INFISICAL, *ONE_PASSWORD, *VAULT]


@pytest.mark.parametrize("program", ["doppler", "infisical", "op", "vault"])
async def test_what_people_type_first(cli_world: CliWorld, program: str) -> None:
    """D-3: each line works with `strongroom` as the program's name, or the hint says what to run."""
    await cli_world.apply("log-in")
    for line, hint in LINES:
        typed, _, rest = line.partition(" ")
        if typed != program:
            continue
        done = await cli_world.terminal.type(f"strongroom {rest}")
        told = f"{line}: {done.status} {done.out} {done.err}"

        if hint == WORKS:
            assert done.status == 0, told
        else:
            assert done.status == 2, told
            assert done.err.count("\n") == 2, told
            assert hint in done.err.splitlines()[1], told
        assert VALUE not in done.out + done.err, told


def test_there_are_forty_lines() -> None:
    """The lines cover the four programs, and some of them contain a value."""
    assert len(LINES) >= 40
    assert sum(VALUE in line for line, _ in LINES) >= 8
