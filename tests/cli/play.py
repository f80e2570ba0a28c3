"""Play a transcript on a stage."""

from __future__ import annotations

from .script import agrees, fill_in, parse
from .stage import Stage, fields_of


async def play(stage: Stage, text: str, *, heed_stderr: bool = True) -> int:
    """Do what a transcript says and compare; return the number of commands.

    Without `heed_stderr` it is compared only where something is written down.
    """
    commands = 0
    for step in parse(text):
        if step.befalls is not None:
            await stage.befall(step.befalls)
            continue
        commands += 1
        known = await _known(stage, step.command)
        done = await stage.terminal.type(fill_in(step.command, known))
        told = f"line {step.line}: $ {step.command}\n{done.out}--\n{done.err}--\n{done.status}"

        assert step.status == done.status, told
        assert agrees(step.out, done.out, known), told
        if step.err or heed_stderr:
            assert agrees(step.err, done.err, known), told
    return commands


async def _known(stage: Stage, command: str) -> dict[str, str]:
    """What the placeholders mean now."""
    known = {
        "server": stage.url,
        "home": str(stage.terminal.home),
        "here": str(stage.terminal.folder),
        "vault": stage.world.person.vault,
        "identity": str(stage.identity),
        "fingerprint": await stage.fingerprint() if "whoami" in command else "",
    }
    if "<token>" in command:
        known["token"] = await stage.token()
    for address, secret in stage.secrets.items():
        known[f"id of {address}"] = secret.id
        value = await stage.value(address)
        known[address] = value
        if secret.field_names:
            for name, text in fields_of(value).items():
                known[f"{address}#{name}"] = text
    for address, project in stage.projects.items():
        known[f"id of {address}"] = project.id
    return known
