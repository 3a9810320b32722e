#!/usr/bin/env bash
# Made-up requests over the whole API, against a server of this build: tools/schemathesis/run.sh [EXAMPLES]
#
# What is asked comes from docs/openapi.json: for each operation its examples, its limits and beyond, EXAMPLES (5)
# random requests, good and bad, and chains in which one answer feeds the next request; with a key, and with a session
# for what keys may not do. No answer may be a server error, or one that the document does not promise. The instance
# is that of `postrider demo`, served again without a limit on the rate, and thrown away, whatever became of it. The
# seed is SCHEMATHESIS_SEED, so that a run can be repeated. Without schemathesis: an error when CI=1, else the run is
# skipped and says so.
set -euo pipefail
cd "$(dirname "$0")/../.."

examples=${1:-5}
seed=${SCHEMATHESIS_SEED:-20261126}
say() { printf 'schemathesis: %s\n' "$*" >&2; }

st=.tools/schemathesis/bin/st
if [ ! -x "$st" ]; then
    if [ "${CI:-}" = 1 ]; then say 'it is not here and CI=1: run `make setup`'; exit 1; fi
    say 'skipped: it is not here; `make setup` installs it'
    exit 0
fi
binary=${POSTRIDER_BIN:-target/debug/postrider}
[ -x "$binary" ] || { say "no $binary: build it first"; exit 1; }

folder=$(mktemp -d "${TMPDIR:-/tmp}/postrider-schemathesis.XXXXXX")
server=
stop() {
    if [ -n "$server" ]; then kill -TERM "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; fi
    server=
}
cleanup() {
    local status=$?
    trap - EXIT
    stop
    rm -rf "$folder"
    exit "$status"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# Starts the binary, and waits until $1 stands in what it prints.
start() {
    local word=$1
    shift
    : >"$folder/out"
    setpriv --pdeathsig TERM "$binary" "$@" >"$folder/out" 2>&1 </dev/null &
    server=$!
    for _ in $(seq 600); do
        if grep -qs "$word" "$folder/out"; then return; fi
        kill -0 "$server" 2>/dev/null || break
        sleep 0.1
    done
    say 'the server did not start:'
    cat "$folder/out" >&2
    exit 1
}

# What stands in the JSON on standard input at the names and numbers that are given.
field() {
    python3 -c 'import json, sys
value = json.load(sys.stdin)
for at in sys.argv[1:]:
    value = value[int(at) if at.isdigit() else at]
print(value)' "$@"
}

start '"url"' demo --data "$folder/data" --listen 127.0.0.1:0 --sandbox-listen 127.0.0.1:0 --json
stop
POSTRIDER_RATE_PER_MINUTE=0 start 'http://127.0.0.1' serve --data "$folder/data" --listen 127.0.0.1:0
url=$(grep -oE 'http://127\.0\.0\.1:[0-9]+' "$folder/out" | head -n 1)
key=$(field key <"$folder/data/demo.json")
workspace=$(field workspace <"$folder/data/demo.json")
ask() { curl --silent --fail --header "authorization: Bearer $key" "$url/api/v1$1"; }

export HYPOTHESIS_STORAGE_DIRECTORY=$folder/hypothesis
export SCHEMATHESIS_HOOKS=tools/schemathesis/hooks.py
SCHEMATHESIS_USER_ID=$(ask /me | field user id)
SCHEMATHESIS_KEY_ID=$(ask "/workspaces/$workspace/keys" | field items 0 id)
export SCHEMATHESIS_USER_ID SCHEMATHESIS_KEY_ID

cat >"$folder/schemathesis.toml" <<TOML
seed = $seed
continue-on-failure = true

[generation]
max-examples = $examples
database = "none"

[parameters]
"path.ws" = "$workspace"
TOML

# Sends requests with this header, and further arguments of schemathesis. Its health checks ask whether making up
# requests is slow, which says something of the machine only.
requests() {
    local header=$1
    shift
    "$st" --config-file "$folder/schemathesis.toml" run docs/openapi.json --url "$url" --header "$header" "$@" \
        --no-color --report-dir "$folder/report" --suppress-health-check all \
        --checks not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance
}

# The stream of events never ends; nothing else is left out.
failed=0
requests "Authorization: Bearer $key" --exclude-path-regex '/events$' || failed=1
ask /me >/dev/null || { say 'the key does not work any more: the requests locked themselves out'; exit 1; }

# What a key may not do, with a session.
login=$(curl --silent --fail --cookie-jar "$folder/cookies" --header 'content-type: application/json' --data-binary @- \
    "$url/api/v1/sessions" < <(python3 -c 'import json, sys
access = json.load(open(sys.argv[1]))
print(json.dumps({"email": access["email"], "password": access["password"]}))' "$folder/data/demo.json"))
SCHEMATHESIS_SESSION_ID=$(field session id <<<"$login")
export SCHEMATHESIS_SESSION_ID
cookie=$(awk '$6 ~ /postrider_session$/ { print $6 "=" $7 }' "$folder/cookies")
requests "Cookie: $cookie" --header 'Sec-Fetch-Site: same-origin' --include-operation-id-regex \
    '^((get|set)_notification_choices|(list|read)_notifications?|list_sessions|.*_instance_apps?|create_(workspace|key|password_reset))$' ||
    failed=1
exit "$failed"
