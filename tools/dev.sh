#!/usr/bin/env bash
# The web app with reload at http://127.0.0.1:5173, beside a server on the data folder ./data/dev.
#
# The server's own screens are left out: nobody waits for their build, and what the browser shows is what was
# saved last. The addresses that it prints lead to the app that reloads. Ctrl-C ends both.
set -euo pipefail
cd "$(dirname "$0")/.."

export POSTRIDER_WEB=skip
export POSTRIDER_PUBLIC_URL=${POSTRIDER_PUBLIC_URL:-http://127.0.0.1:5173}

cargo build --quiet -p postrider-server
target/debug/postrider serve --data data/dev "$@" &
server=$!
trap 'kill "$server" 2>/dev/null || true; wait "$server" || true' EXIT
npm --prefix web run dev -- --host 127.0.0.1
