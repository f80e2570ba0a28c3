#!/bin/sh
# Registers this machine with Strongroom. The private key never leaves it.
#
#   curl -sSL @{URL}@{PATH}/TOKEN | sh
#   curl -sSL @{URL}@{PATH}/TOKEN | sh -s -- --replace     # overwrite an existing identity
set -eu

fail() { echo "strongroom: $1" >&2; exit 1; }
field() { sed -n 's/.*"'"$1"'":"\([^"]*\)".*/\1/p' "$work/answer"; }

write_identity() {
    printf '{"machineId":"%s","machineName":"%s","vaultId":"%s","apiUrl":"%s","privateKeyPath":"%s"}\n' \
        "$machine" "$name" "$vault" "$url" "$1" >"$folder/identity.json.new"
    mv -f "$folder/identity.json.new" "$folder/identity.json"
}

# This function is called on the last line, so that a partial download does nothing.
main() {
    url='@{URL}'
    token='@{TOKEN}'
    replace=no
    for argument in "$@"; do
        case "$argument" in
            --replace) replace=yes ;;
            *) echo "strongroom: unknown option: $argument" >&2; exit 2 ;;
        esac
    done

    command -v openssl >/dev/null 2>&1 || fail 'openssl is required to generate the key; install it and try again'
    command -v curl >/dev/null 2>&1 || fail 'curl is required; install it and try again'
    [ -n "${STRONGROOM_HOME:-${HOME:-}}" ] || fail 'set HOME or STRONGROOM_HOME'
    home="${STRONGROOM_HOME:-$HOME/.strongroom}"

    umask 077
    work="$(mktemp -d)" || fail 'cannot create a temporary folder'
    trap 'rm -rf "$work"' EXIT
    # With a trap alone, the script would continue after the signal.
    trap 'exit 129' HUP
    trap 'exit 130' INT
    trap 'exit 143' TERM

    openssl genpkey -algorithm ed25519 -out "$work/private.pem" 2>/dev/null ||
        fail 'this openssl cannot generate Ed25519 keys; version 1.1.1 or newer is required'
    # The last 32 bytes of the DER form are the raw public key.
    public="$(openssl pkey -in "$work/private.pem" -pubout -outform DER | tail -c 32 | openssl base64 -A)"
    host="$(hostname 2>/dev/null || uname -n)"
    host="$(printf '%s' "$host" | tr -c 'A-Za-z0-9._-' '-' | cut -c 1-253)"

    if [ "$replace" = no ]; then
        for identity in "$home"/vaults/*/identity.json; do
            if [ -e "$identity" ] && grep -qF "\"apiUrl\":\"$url\"" "$identity"; then
                fail "an identity already exists: $identity (use --replace to overwrite it)"
            fi
        done
    fi

    status="$(printf '{"token":"%s","publicKey":"%s","hostname":"%s"}' "$token" "$public" "$host" |
        curl -sS -o "$work/answer" -w '%{http_code}' -X POST -H 'Content-Type: application/json' \
            --data-binary @- "$url@{PATH}/register")" || fail "$url is unreachable"
    [ "$status" = 201 ] || fail "$(field error)"

    machine="$(field machineId)"
    name="$(field machineName)"
    vault="$(field vaultId)"
    folder="$home/vaults/$vault"
    mkdir -p "$folder"
    chmod 700 "$home" "$home/vaults" "$folder"
    for file in identity.json private.pem; do
        if [ "$replace" = no ] && [ -e "$folder/$file" ]; then
            fail "an identity already exists: $folder/$file (use --replace to overwrite it)"
        fi
    done
    # Two files can't be replaced atomically. The new key therefore first gets another name, so that the
    # identity always refers to an existing key that belongs to it, even if the script is interrupted.
    next="$folder/private.pem.$machine"
    cp "$work/private.pem" "$next"
    write_identity "$next"
    cp "$work/private.pem" "$folder/private.pem.part"
    mv -f "$folder/private.pem.part" "$folder/private.pem"
    write_identity "$folder/private.pem"
    rm -f "$folder"/private.pem.*
    chmod 600 "$folder/private.pem" "$folder/identity.json"

    # The fingerprint has two rows of eight groups, as in the dashboard.
    fingerprint="$(printf '%s' "$public" | openssl base64 -d -A | openssl dgst -sha256 |
        sed 's/.*[= ]//; s/..../& /g; s/ $//')"
    cat <<END
strongroom: registered as $name; waiting for approval

Compare this fingerprint in the dashboard, at $url/machines/$machine

    $(printf '%s' "$fingerprint" | cut -c 1-39)
    $(printf '%s' "$fingerprint" | cut -c 41-79)

END
    command -v strongroom >/dev/null 2>&1 || cat <<'END'
In the meantime, install the command-line tool:

    @{INSTALL}

END
    cat <<'END'
Once this machine is approved and has access, list what it can read:

    strongroom list
END
}

main "$@"
