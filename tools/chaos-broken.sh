#!/usr/bin/env bash
# Shows that fault injection notices when a rule is missing: tools/chaos-broken.sh [RULE…] (fence, sender)
#
# Each rule is taken out of a copy of the sources, which is built beside the real one. A run without it has to find
# that something was not kept. Whether one run meets the few moments in which a rule matters depends on how its stops
# fall, so up to three are made, each with another plan; where none finds anything, this fails.
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
    found=
    for seed in ${SEEDS:-1 2 3}; do
        printf 'without the rule %s, seed %s:\n' "$rule" "$seed"
        report=$place/$rule-$seed.txt
        "$chaos" run --mode full --seed "$seed" --databases postgres --only overtaken --network "$network" \
            --binary "$place/postrider-without-$rule" --broken "$rule" --keep "$place/logs-$rule" >"$report" || true
        # Something else than a finding may have ended it.
        if grep -A 5 -E '^(duplicates|lost|false failures|broken promises): [1-9]' "$report"; then
            found=$seed
        fi
        tail -n 1 "$report"
        [ -z "$found" ] || break
    done
    if [ -z "$found" ]; then
        printf 'nothing was found although the rule %s is missing\n' "$rule" >&2
        exit 1
    fi
done
