#!/bin/sh
# Registers a workload with Strongroom, stores its identity as a Kubernetes secret, and prints a manifest of
# pods that use it. In the pods, the key is only in memory.
# (We haven't run this script, because we have no cluster to test it on.)
#
#   curl -sSL @{URL}@{PATH}/TOKEN/k8s | NAMESPACE=default sh >pods.yaml
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
curl -sSL '@{URL}@{PATH}/@{TOKEN}' | STRONGROOM_HOME="$work" sh >&2
vault="$(basename "$work"/vaults/*)"
identity="$work/vaults/$vault/identity.json"
sed "s#\"privateKeyPath\":\"[^\"]*\"#\"privateKeyPath\":\"$mount/vaults/$vault/private.pem\"#" \
    "$identity" >"$work/identity.json"
kubectl -n "$namespace" create secret generic "$secret" \
    --from-file=identity.json="$work/identity.json" \
    --from-file=private.pem="$work/vaults/$vault/private.pem" >&2
cat >&2 <<END
strongroom: the identity is in the secret $secret in $namespace
strongroom: the manifest follows; replace its name, image and command, then use kubectl apply -f FILE
END
cat <<END
# The identity is copied from the secret into memory (an emptyDir), where only the program's user can read it.
# The secret must not be mounted into any other container.
apiVersion: apps/v1
kind: Deployment
metadata:
  name: app
  namespace: $namespace
spec:
  selector:
    matchLabels: { app: app }
  template:
    metadata:
      labels: { app: app }
    spec:
      securityContext: { runAsNonRoot: true, runAsUser: 10001, runAsGroup: 10001, fsGroup: 10001 }
      initContainers:
        - name: strongroom-identity
          image: registry.example/app:1.0
          command:
            - sh
            - -ec
            - umask 077; mkdir -p $mount/vaults/$vault; cp /identity/identity.json /identity/private.pem $mount/vaults/$vault
          volumeMounts:
            - { name: stored, mountPath: /identity, readOnly: true }
            - { name: strongroom, mountPath: $mount }
      containers:
        - name: app
          image: registry.example/app:1.0 # with the strongroom command
          command: [strongroom, run, --, /app/start]
          env:
            - { name: STRONGROOM_HOME, value: "$mount" }
          securityContext: { allowPrivilegeEscalation: false }
          volumeMounts:
            - { name: strongroom, mountPath: $mount }
      volumes:
        - name: stored
          secret: { secretName: $secret, defaultMode: 0440 }
        - name: strongroom
          emptyDir: { medium: Memory, sizeLimit: 1Mi }
END
