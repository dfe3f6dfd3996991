#!/bin/sh
# Print the path of a Chromium that runs, for the tests with a real browser:
# CHROME_PATH, else one on PATH, else one installed by apt-get where that is allowed.
set -eu

# First the one without windows: the same engine at half the processor time.
find_chromium() {
    for name in chromium-headless-shell chromium chromium-browser google-chrome google-chrome-stable \
        "/Applications/Chromium.app/Contents/MacOS/Chromium" \
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"; do
        path=$(command -v "$name" 2>/dev/null) || continue
        # A name may be a stub that only tells how to install the real one.
        "$path" --version >/dev/null 2>&1 || continue
        echo "$path"
        return 0
    done
    return 1
}

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    else
        sudo -n "$@"
    fi
}

install_chromium() {
    command -v apt-get >/dev/null 2>&1 || return 1
    as_root true >/dev/null 2>&1 || return 1
    echo "Installing Chromium with apt-get" >&2
    as_root apt-get -qq update </dev/null >&2 || return 1
    for package in chromium-headless-shell chromium; do
        as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq install -y \
            --no-install-recommends "$package" fonts-liberation fonts-noto-color-emoji \
            </dev/null >&2 && return 0
    done
    return 1
}

if [ -n "${CHROME_PATH:-}" ]; then
    if "$CHROME_PATH" --version >/dev/null 2>&1; then
        echo "$CHROME_PATH"
        exit 0
    fi
    echo "parlour: CHROME_PATH=$CHROME_PATH is no browser that runs." >&2
    exit 1
fi
find_chromium && exit 0
install_chromium && find_chromium && exit 0
echo "parlour: no Chromium found and no right to install one; install it" \
    "(Debian: apt-get install chromium) or set CHROME_PATH to a Chromium or Chrome." >&2
exit 1
