#!/usr/bin/env bash
# Looks for bytes that break what must hold: tools/fuzz.sh [--keep] [TARGET…]
#
# Each target of fuzz/ runs FUZZ_SECONDS (600), one after another, from the corpus that is kept in fuzz/corpus. What is
# found goes to target/fuzz-corpus, so that a run changes no file of the repository. With --keep nothing is searched
# for: of what was found, one file stays for each edge of the code that no other file reaches, and is kept. Bytes that
# break something are kept by hand, under a name that says what they are; the crates' own tests then run them for ever.
# Needs a nightly compiler (FUZZ_TOOLCHAIN, nightly) and cargo-fuzz: `cargo install cargo-fuzz`.
set -euo pipefail
cd "$(dirname "$0")/.."

toolchain=${FUZZ_TOOLCHAIN:-nightly}
seconds=${FUZZ_SECONDS:-600}
found=target/fuzz-corpus
keep=
if [ "${1:-}" = --keep ]; then keep=1; shift; fi
targets=("$@")
[ ${#targets[@]} -gt 0 ] || mapfile -t targets < <(cargo "+$toolchain" fuzz list)

for target in "${targets[@]}"; do
    kept=fuzz/corpus/$target
    mkdir -p "$found/$target"
    if [ -n "$keep" ]; then
        cargo "+$toolchain" fuzz run "$target" "$kept" "$found/$target" -- -merge=1 -use_counters=0 -max_len=4096
        continue
    fi
    printf 'fuzz: %s, %s s\n' "$target" "$seconds"
    cargo "+$toolchain" fuzz run "$target" "$found/$target" "$kept" -- \
        -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1
done
