#!/usr/bin/env bash
# Shows that fault injection notices when a rule is missing: tools/chaos-broken.sh [RULE…] (fence, sender)
#
# Each rule is taken out of a copy of the sources, which is built beside the real one. The run without it has to find
# that something was not kept; where it finds nothing, this fails.
set -euo pipefail
cd "$(dirname "$0")/.."

rules=("$@")
[ ${#rules[@]} -gt 0 ] || rules=(fence sender)
place=$PWD/target/chaos-broken
chaos=$PWD/target/debug/postrider-chaos
cargo build --quiet -p postrider-chaos

# Where a missing rule shows: where no key is honoured, so that whatever is sent twice is there twice. A network that
# keeps one copy of what is sent under one key hides it.
network=takahe

for rule in "${rules[@]}"; do
    mkdir -p "$place/sources"
    # With the time of now: what was taken out before is put back, and has to be built again.
    git ls-files -z --cached --others --exclude-standard | tar --create --null --files-from=- |
        tar --extract --touch --directory "$place/sources"
    "$chaos" break "$rule" "$place/sources"
    (cd "$place/sources" && CARGO_TARGET_DIR=$place/target POSTRIDER_WEB=skip cargo build --quiet -p postrider-server)
    cp "$place/target/debug/postrider" "$place/postrider-without-$rule"
    printf 'without the rule %s:\n' "$rule"
    if "$chaos" run --mode full --seed "${SEED:-1}" --databases postgres --only stalls \
        --network "$network" --binary "$place/postrider-without-$rule" --broken "$rule" --keep "$place/logs-$rule" >"$place/$rule.txt"; then
        tail -n 2 "$place/$rule.txt"
        printf 'nothing was found although the rule is missing\n' >&2
        exit 1
    fi
    # Something else than a finding may have ended it.
    grep -A 5 -E '^(duplicates|lost|false failures|broken promises): [1-9]' "$place/$rule.txt"
    tail -n 1 "$place/$rule.txt"
done
