"""The Kubernetes manifest: where it keeps the key, and what its container runs (M-11)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from strongroom_testkit.issuer import Issuer, new_key, trust

if TYPE_CHECKING:
    from .cli_world import CliWorld

MANIFEST = Path("integrations/kubernetes/deployment.yaml")


def pod() -> dict[str, Any]:
    """Return the pod that the manifest describes."""
    account, deployment = yaml.safe_load_all(MANIFEST.read_text())
    template = deployment["spec"]["template"]
    assert account["metadata"]["name"] == template["spec"]["serviceAccountName"]
    assert deployment["spec"]["selector"]["matchLabels"] == template["metadata"]["labels"]
    assert account["automountServiceAccountToken"] is False
    return template["spec"]


def test_the_key_is_in_memory() -> None:
    """M-11: the identity's folder is in an emptyDir in memory, and nothing is in a Kubernetes secret."""
    spec = pod()
    [container] = spec["containers"]
    volumes = {each["name"]: each for each in spec["volumes"]}
    mounts = {each["mountPath"]: volumes[each["name"]] for each in container["volumeMounts"]}
    home = next(each["value"] for each in container["env"] if each["name"] == "STRONGROOM_HOME")
    token = mounts["/var/run/secrets/strongroom"]["projected"]["sources"][0]["serviceAccountToken"]

    assert "Memory" == mounts[str(Path(home).parent)]["emptyDir"]["medium"]
    assert set(volumes) == {each["name"] for each in container["volumeMounts"]}
    assert "token" == token["path"]
    assert token["audience"].startswith("strongroom:")
    assert "secret:" not in MANIFEST.read_text()


async def test_the_container_registers_once(cli_world: CliWorld, tmp_path: Path) -> None:
    """M-11: the container registers with the pod's token, and keeps its key after a restart if it works."""
    world, issuer, secret = cli_world.world, Issuer(), cli_world.secrets["billing/API_KEY"]
    project, key = cli_world.projects["billing"], new_key()
    await trust(world, issuer, audience="pods", projects=(project.id,), secrets=(secret.id,))
    mounted, token = tmp_path / "run", tmp_path / "token"
    mounted.mkdir()
    mounted.chmod(0o777)  # as Kubernetes mounts an emptyDir
    home = mounted / "home"
    cli_world.terminal.variables |= {
        "STRONGROOM_URL": cli_world.url,
        "STRONGROOM_VAULT": world.person.vault,
        "STRONGROOM_PROJECT": "billing",
        "STRONGROOM_HOME": str(home),
        "STRONGROOM_ID_TOKEN_FILE": str(token),
    }
    command = [*pod()["containers"][0]["command"][:-1], "printenv", "API_KEY"]
    read: list[str] = []
    machines: list[bytes] = []
    for start in ("first", "restarted", "revoked"):
        if start != "restarted":
            token.write_text(issuer.token(world, key, aud="pods"))
        if start == "revoked":
            async with world.core.database.transaction(world.person.vault) as connection:
                await connection.execute(
                    "update machine set enabled = false where enrolled_by = 'ephemeral'"
                )
        done = await cli_world.terminal.run(*command)
        assert not done.status, done.err
        read.append(done.out.splitlines()[-1])
        machines.append((home / "vaults" / world.person.vault / "identity.json").read_bytes())

    assert [await world.open_value(secret.id)] * 3 == read
    assert machines[0] == machines[1] != machines[2]
