#!/bin/sh
# Registers a workload with Strongroom and stores its identity as a Kubernetes secret.
# (We haven't run this script, because we have no cluster to test it on.)
#
#   curl -sSL @{URL}@{PATH}/TOKEN/k8s | NAMESPACE=default sh
set -eu

namespace="${NAMESPACE:-default}"
secret="${SECRET_NAME:-strongroom-identity}"
mount='/etc/strongroom'
command -v kubectl >/dev/null 2>&1 || { echo 'strongroom: kubectl is required' >&2; exit 1; }
if kubectl -n "$namespace" get secret "$secret" >/dev/null 2>&1; then
    echo "strongroom: secret $secret already exists in $namespace; delete it first" >&2
    exit 1
fi

umask 077
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM
curl -sSL '@{URL}@{PATH}/@{TOKEN}' | STRONGROOM_HOME="$work" sh
vault="$(basename "$work"/vaults/*)"
identity="$work/vaults/$vault/identity.json"
sed "s#\"privateKeyPath\":\"[^\"]*\"#\"privateKeyPath\":\"$mount/vaults/$vault/private.pem\"#" \
    "$identity" >"$work/identity.json"
kubectl -n "$namespace" create secret generic "$secret" \
    --from-file=identity.json="$work/identity.json" \
    --from-file=private.pem="$work/vaults/$vault/private.pem"
echo "strongroom: mount secret $secret at $mount/vaults/$vault"
