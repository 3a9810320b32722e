#!/usr/bin/env bash
# Runs one stage and notes its seconds: tools/stage.sh NAME COMMAND [ARGUMENT…]
# The note goes to the file $POSTRIDER_STAGES, which .ci/run reads at its end; without it nothing is noted.
set -uo pipefail

name=$1
shift
printf '\n== %s: %s\n' "$name" "$*"
start=$SECONDS
"$@"
status=$?
if [ -n "${POSTRIDER_STAGES:-}" ]; then
    printf '%s %s %s\n' "$name" "$((SECONDS - start))" "$status" >>"$POSTRIDER_STAGES"
fi
exit "$status"
