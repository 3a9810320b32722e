#!/usr/bin/env bash
# Meta's official Business SDK against the simulated Facebook and Instagram: tools/meta-sdk/run.sh
#
# The SDK is installed once from the package registry, pinned, into .tools/meta-sdk. Nothing of it is changed but the
# address it is given. It lists a person's Pages and creates a post, a photo, a video and a container of Instagram, which
# it publishes; all four have to be visible then. Needs Python 3, ffmpeg and a build of the product.
set -euo pipefail
cd "$(dirname "$0")/../.."

say() { printf 'meta-sdk: %s\n' "$*" >&2; }
binary=$(realpath "${POSTRIDER_BIN:-target/debug/postrider}")
[ -x "$binary" ] || { say "no $binary: build it first"; exit 1; }
python=.tools/meta-sdk/bin/python
if ! cmp -s tools/meta-sdk/requirements.txt .tools/meta-sdk/requirements.txt; then
    say 'installing the SDK, once'
    python3 -m venv .tools/meta-sdk
    "$python" -m pip install --quiet --disable-pip-version-check --requirement tools/meta-sdk/requirements.txt
    cp tools/meta-sdk/requirements.txt .tools/meta-sdk/requirements.txt
fi
folder=$(mktemp -d "${TMPDIR:-/tmp}/postrider-meta-sdk.XXXXXX")
trap 'rm -rf "$folder"' EXIT
make_film() { ffmpeg -v error -y -f lavfi -i "testsrc=size=$1:rate=30:duration=5" "${@:2}"; }
make_film 800x600 -frames:v 1 "$folder/quay.jpg"
make_film 640x360 -f lavfi -i sine=duration=5 -c:v libx264 -pix_fmt yuv420p -c:a aac -movflags +faststart "$folder/film.mp4"
"$python" tools/meta-sdk/check.py "$binary" "$folder"
