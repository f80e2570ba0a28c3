"""``python -m strongroom_server`` is `strongroom-server`."""

from strongroom_server.main import main

main(prog_name="strongroom-server")
