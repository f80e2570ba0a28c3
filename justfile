# What there is to do in this checkout. `./run NAME` prepares the environment first.

set positional-arguments
set quiet

uv := "uv run --frozen --all-groups"

# List what there is to do
[no-exit-message]
default:
    {{ quote(just_executable()) }} --list --unsorted

# Prepare the environment, and build the pages of the dashboard
setup:
    uv sync --frozen --all-groups
    {{ quote(just_executable()) }} build-dashboard

# Build the pages of the dashboard into the cache folder, unless they are there; `release`: into its package
[no-exit-message]
build-dashboard *ARGS:
    {{ uv }} python -m strongroom_dashboard.build "$@"

# Lock the npm packages of the dashboard anew
[no-exit-message]
lock-dashboard:
    {{ uv }} python -m strongroom_dashboard.build lock

# Start Strongroom here, with a database of its own
[no-exit-message]
dev *ARGS:
    {{ uv }} strongroom-server dev "$@"

# Pass the tests; options go to pytest
[no-exit-message]
test *ARGS:
    {{ uv }} pytest -n 2 --dist loadgroup "$@"

# Pass the tests on another PostgreSQL, e.g. /usr/lib/postgresql/15/bin
[no-exit-message]
test-on BINARIES *ARGS:
    shift && STRONGROOM_PG_BIN={{ quote(BINARIES) }} {{ uv }} pytest -n 2 --dist loadgroup "$@"

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

# Prove with full counts: envelope, kill, leaks, matrix, schemathesis, mutation, mutations, lockout, machine-kill, races
[no-exit-message]
prove NAME *ARGS:
    shift && {{ quote(just_executable()) }} {{ quote("prove-" + NAME) }} "$@"

[no-exit-message]
[private]
prove-envelope *ARGS:
    STRONGROOM_FUZZ_CASES="${STRONGROOM_FUZZ_CASES:-1000000}" {{ uv }} pytest tests/fuzz/test_envelope.py -s "$@"

[no-exit-message]
[private]
prove-kill *ARGS:
    STRONGROOM_KILLS="${STRONGROOM_KILLS:-100}" {{ uv }} pytest tests/kill -s "$@"

[no-exit-message]
[private]
prove-leaks *ARGS:
    {{ uv }} pytest tests/leaks -s "$@"

[no-exit-message]
[private]
prove-matrix *ARGS:
    {{ uv }} pytest tests/matrix "$@"

[no-exit-message]
[private]
prove-schemathesis *ARGS:
    STRONGROOM_SCHEMATHESIS_EXAMPLES="${STRONGROOM_SCHEMATHESIS_EXAMPLES:-100}" {{ uv }} pytest tests/api/test_schemathesis.py -s "$@"

[no-exit-message]
[private]
prove-mutation *ARGS:
    {{ uv }} python -m tests.mutation "$@"

[no-exit-message]
[private]
prove-mutations *ARGS:
    {{ uv }} pytest tests/machine_plane tests/api/machine -m prove -k mutations -s "$@"

[no-exit-message]
[private]
prove-lockout *ARGS:
    {{ uv }} pytest tests/machine_plane tests/api/machine -m prove -k lockout -s "$@"

[no-exit-message]
[private]
prove-machine-kill *ARGS:
    {{ uv }} pytest tests/machine_plane tests/api/machine -m prove -k kill -s "$@"

[no-exit-message]
[private]
prove-races *ARGS:
    {{ uv }} pytest tests/machine_plane tests/api/machine -m prove -k races -s "$@"

# Measure something; prints ratios and counts
[no-exit-message]
bench NAME *ARGS:
    shift && {{ uv }} python -m {{ quote("benchmarks." + NAME) }} "$@"

# Measure signed reads against statement-by-statement reading, bare commits and bare verifications
bench-reads *ARGS:
    {{ uv }} python -m benchmarks.reads "$@"

# Write the next migration, named for what it does
new-migration WHAT:
    {{ uv }} python -m strongroom_core.schema.new_migration "$1"

# Write the pages of the documentation that come from the code
docs:
    {{ uv }} python -m strongroom_server.documents

# Take pictures of every screen and dialog, light, dark and on a phone, into dist/screenshots or a folder
[no-exit-message]
screenshots *ARGS:
    {{ uv }} python -m e2e.screenshots "$@"
