# What there is to do in this checkout. `./run NAME` prepares the environment first.

set positional-arguments
set quiet

uv := "uv run --frozen --all-groups"

# List what there is to do
[no-exit-message]
default:
    {{ quote(just_executable()) }} --list --unsorted

# Prepare the environment
setup:
    uv sync --frozen --all-groups

# Start Strongroom here, with a database of its own
[no-exit-message]
dev *ARGS:
    {{ uv }} strongroom-server dev "$@"

# Pass the tests; options go to pytest
[no-exit-message]
test *ARGS:
    {{ uv }} pytest -n 2 "$@"

# Pass the tests on another PostgreSQL, e.g. /usr/lib/postgresql/15/bin
[no-exit-message]
test-on BINARIES *ARGS:
    shift && STRONGROOM_PG_BIN={{ quote(BINARIES) }} {{ uv }} pytest -n 2 "$@"

# Look at the code without running it: form, lint, types, layers, laws
[no-exit-message]
check:
    {{ uv }} ruff format --check --quiet .
    {{ uv }} ruff check --quiet .
    {{ uv }} pyright
    {{ uv }} lint-imports
    {{ uv }} pytest --quiet tests/architecture

# Put the form right and fix what can be fixed by itself
fix:
    {{ uv }} ruff check --fix .
    {{ uv }} ruff format .

# Prove with full counts: envelope, kill, leaks, matrix, schemathesis, mutation
[no-exit-message]
prove NAME *ARGS:
    shift && {{ quote(just_executable()) }} {{ quote("prove-" + NAME) }} "$@"

[no-exit-message]
[private]
prove-envelope *ARGS:
    {{ uv }} pytest -m prove tests/envelope "$@"

[no-exit-message]
[private]
prove-kill *ARGS:
    {{ uv }} pytest -m prove tests/kill "$@"

[no-exit-message]
[private]
prove-leaks *ARGS:
    {{ uv }} pytest -m prove tests/leaks "$@"

[no-exit-message]
[private]
prove-matrix *ARGS:
    {{ uv }} pytest -m prove tests/matrix "$@"

[no-exit-message]
[private]
prove-schemathesis *ARGS:
    {{ uv }} pytest -m prove tests/schemathesis "$@"

[no-exit-message]
[private]
prove-mutation *ARGS:
    {{ uv }} mutmut run "$@"

# Measure something; prints ratios and counts
[no-exit-message]
bench NAME *ARGS:
    shift && {{ uv }} python -m {{ quote("benchmarks." + NAME) }} "$@"

# Write the next migration, named for what it does
new-migration WHAT:
    {{ uv }} python -m strongroom_core.schema.new_migration "$1"

# Write the pages of the documentation that come from the code
docs:
    {{ uv }} python -m strongroom_server.documents
