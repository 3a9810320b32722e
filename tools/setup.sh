#!/usr/bin/env bash
# Installs what building and testing needs, and nothing that is already there.
#
# Debian packages: PostgreSQL, Chromium, ffmpeg, libfaketime, and fonts for what the app's own does not have
# (Arabic, Hebrew, Japanese, emoji): pictures of screens show boxes without them. Cargo tools, at the pinned version
# or newer, go into .tools/ unless PATH has them. npm packages where there is a lock file (tools/real-* wait for
# test-real). moto, an S3 server for tests, and schemathesis, which makes up requests, in environments of their own.
set -euo pipefail
cd "$(dirname "$0")/.."

NEXTEST=0.9.143
DENY=0.20.2
PACKAGES=(
    postgresql chromium fonts-noto-core fonts-noto-color-emoji fonts-ipafont-gothic
    ffmpeg libfaketime faketime python3-venv
)

say() { printf 'setup: %s\n' "$*"; }

debian_packages() {
    if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
        say "this is not Debian: please install by your system's means: ${PACKAGES[*]}"
        say 'tests that need one of them say so and are skipped, or fail when CI=1'
        return
    fi
    local package missing=()
    for package in "${PACKAGES[@]}"; do
        [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
    done
    if [ ${#missing[@]} -eq 0 ]; then return; fi
    local root=()
    if [ "$(id -u)" != 0 ]; then
        command -v sudo >/dev/null || { say "please install as root: ${missing[*]}"; exit 1; }
        root=(sudo)
    fi
    say "installing ${missing[*]}"
    "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get update -qq
    "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"
}

# Whether `$1 --version` runs and prints a version of at least $2.
at_least() {
    local have
    have=$("$1" --version 2>/dev/null | grep -oE '[0-9]+\.[0-9]+\.[0-9]+' | head -n 1) || return 1
    [ -n "$have" ] && [ "$(printf '%s\n%s\n' "$2" "$have" | sort -V | head -n 1)" = "$2" ]
}

# Unoptimised and without debug information: the tools run for seconds, their optimised build takes minutes.
cargo_tool() {
    local name=$1 version=$2
    shift 2
    if at_least "$PWD/.tools/bin/$name" "$version" || at_least "$name" "$version"; then return; fi
    say "building $name $version"
    CARGO_PROFILE_DEV_DEBUG=0 CARGO_PROFILE_DEV_STRIP=symbols CARGO_INCREMENTAL=0 \
        cargo install --quiet --debug --locked --force --version "$version" --root .tools "$name" "$@"
}

# `npm ci` starts from nothing each time, so it runs only when the lock has changed since the last run.
npm_packages() {
    local lock folder stamp
    while IFS= read -r lock; do
        folder=$(dirname "$lock")
        stamp="$folder/node_modules/.installed-lock"
        if cmp -s "$lock" "$stamp"; then continue; fi
        command -v npm >/dev/null || { say "npm is missing: skipping $folder"; continue; }
        say "npm ci in $folder"
        (cd "$folder" && npm ci --no-audit --no-fund)
        cp "$lock" "$stamp"
    done < <(find . \( -name node_modules -o -name target -o -name .git -o -path './tools/real-*' \) -prune \
        -o -name package-lock.json -print)
}

# An environment is made anew when its list has changed: pip does not remove what is no longer wanted.
python_tool() {
    local name=$1 lock=tools/$1/requirements.txt folder=.tools/$1
    if cmp -s "$lock" "$folder/.installed-lock"; then return; fi
    command -v python3 >/dev/null || { say "python3 is missing: skipping $name"; return; }
    say "installing $name"
    rm -rf "$folder"
    python3 -m venv "$folder"
    "$folder/bin/pip" install --quiet --disable-pip-version-check --no-deps --requirement "$lock"
    cp "$lock" "$folder/.installed-lock"
}

debian_packages
cargo_tool cargo-nextest "$NEXTEST" --no-default-features --features default-no-update
cargo_tool cargo-deny "$DENY"
npm_packages
python_tool moto
python_tool schemathesis
say 'everything is there'
