"""The settings an embedded PostgreSQL runs with, given on its command line, above any file."""

from dataclasses import dataclass
from pathlib import Path

from strongroom_server.embedded.folder import PORT

QUIET = {
    # Values can stand in a statement, in its parameters, in the DETAIL of an error ('Key (a)=("x")
    # already exists') and in its first line ('invalid input syntax for type integer: "x"'). The
    # application receives errors anyway, so none of these four reaches the log: messages of the
    # server itself (LOG, FATAL, PANIC) do.
    "log_statement": "none",
    "log_min_duration_statement": "-1",
    "log_min_error_statement": "panic",
    "log_min_messages": "log",
    "log_error_verbosity": "terse",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "log_checkpoints": "off",
    "log_destination": "stderr",
    "logging_collector": "off",
    "log_line_prefix": "%m [%p] ",
    "log_timezone": "UTC",
}


@dataclass(frozen=True, slots=True)
class Settings:
    """How the cluster is to run. `fsync=False` is for tests: a power cut then loses the cluster."""

    shared_buffers: str = "128MB"
    max_connections: int = 100
    fsync: bool = True

    def arguments(self, socket_folder: Path) -> list[str]:
        """Give the arguments of `postgres` for a server that listens in `socket_folder` only."""
        return as_arguments(
            {
                **QUIET,
                "listen_addresses": "",
                "port": str(PORT),
                "unix_socket_directories": str(socket_folder),
                "unix_socket_permissions": "0700",
                "password_encryption": "scram-sha-256",
                "shared_buffers": self.shared_buffers,
                "max_connections": str(self.max_connections),
                "fsync": "on" if self.fsync else "off",
                "timezone": "UTC",
            }
        )


def as_arguments(settings: dict[str, str]) -> list[str]:
    """Write settings as `-c name=value`."""
    return [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
