#!/usr/bin/env bash
# Checks the cluster of docker-compose.yml: starts it, kills a node, stops EventStoreDB, and checks the result after each step.
# It needs Docker with the compose plugin and nothing else, takes some minutes (the image is built), and works in a project of its
# own: volumes, ports and secret are not those of a deployment on the same machine, and are removed at the end.
#
#   deploy/smoke.sh            KEEP=1 deploy/smoke.sh leaves everything running
set -euo pipefail
cd "$(dirname "$0")/.."

project=alarm-smoke
work=$(mktemp -d)
JWT_SECRET_KEY=$(head -c 32 /dev/urandom | base64)
export JWT_SECRET_KEY SITE_ADDRESS=localhost HTTP_PORT="${HTTP_PORT:-18080}" HTTPS_PORT="${HTTPS_PORT:-18443}"
# A .env beside docker-compose.yml is for the deployment, not for this test.
export COMPOSE_PROFILES=cluster EVENT_STORE= EVENT_STORE_PREFIX= TOKEN_EXPIRE_MINUTES=60 LOG_LEVEL=info COMPOSE_FILE=docker-compose.yml

compose() { timeout "${LIMIT:-120}" docker compose --project-name "$project" "$@"; }

finish() {
  status=$?
  trap - EXIT
  if [ "$status" -ne 0 ]; then
    echo '== what the containers said last'
    compose logs --tail 40 || true
  fi
  if [ -n "${KEEP:-}" ]; then
    echo "== left running: docker compose --project-name $project --profile cluster down --volumes"
  else
    compose down --volumes --timeout 20 || true
  fi
  rm -rf "$work"
  if [ "$status" -eq 0 ]; then echo '== the cluster holds'; else echo '== the cluster DOES NOT hold'; fi
  exit "$status"
}
trap finish EXIT
trap 'exit 130' INT TERM

# In the balancer's network: there localhost is Caddy, whose own certificate is trusted by its root, and the nodes have their names.
ask() {
  echo "== $1"
  timeout 180 docker run --rm --user 0 --network "container:$(compose ps --quiet balancer)" --volumes-from "$(compose ps --quiet balancer):ro" \
    --volume "$PWD/deploy/smoke.mjs:/smoke.mjs:ro" --volume "$work:/smoke" --env NODE_EXTRA_CA_CERTS=/data/caddy/pki/authorities/local/root.crt \
    --entrypoint node alarm-server /smoke.mjs "$1"
}

echo '== build and start'
compose down --volumes --timeout 20
LIMIT=600 compose pull --quiet balancer eventstore
LIMIT=1200 compose build --quiet node-1
LIMIT=300 compose up --detach --no-build --wait balancer

# Caddy makes its root at its first start.
for _ in $(seq 60); do
  if compose exec -T balancer test -s /data/caddy/pki/authorities/local/root.crt; then break; fi
  sleep 1
done

ask together

echo '== kill -9 of node 1'
compose kill --signal KILL node-1
ask one-gone
compose up --detach --no-build --no-deps --wait node-1

echo '== kill -9 of EventStoreDB'
compose kill --signal KILL eventstore
ask store-gone
compose up --detach --no-build --wait eventstore
ask recovered
