#!/bin/sh
# `browser.sh [firefox]`: print the path of a browser that runs, for the tests with a real one:
# CHROME_PATH (FIREFOX_PATH), else one on PATH, else one installed by apt-get where that is allowed.
set -eu

kind=${1:-chromium}
case $kind in
chromium)
    called=Chromium variable=CHROME_PATH given=${CHROME_PATH:-}
    # First the one without windows: the same engine at half the processor time.
    packages="chromium-headless-shell chromium"
    names="chromium-headless-shell chromium chromium-browser google-chrome google-chrome-stable"
    mac="/Applications/Chromium.app/Contents/MacOS/Chromium
/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
    ;;
firefox)
    called=Firefox variable=FIREFOX_PATH given=${FIREFOX_PATH:-}
    packages=firefox-esr
    names="firefox-esr firefox"
    mac="/Applications/Firefox.app/Contents/MacOS/firefox"
    ;;
*)
    echo "parlour: the tests know no browser called $kind; chromium and firefox they do." >&2
    exit 1
    ;;
esac

# A name may be a stub that only tells how to install the real one.
runs() {
    "$1" --version >/dev/null 2>&1
}

find_browser() {
    for name in $names; do
        path=$(command -v "$name" 2>/dev/null) || continue
        runs "$path" || continue
        echo "$path"
        return 0
    done
    echo "$mac" | while read -r path; do
        if runs "$path"; then
            echo "$path"
            break
        fi
    done | grep .
}

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    else
        sudo -n "$@"
    fi
}

install_browser() {
    command -v apt-get >/dev/null 2>&1 || return 1
    as_root true >/dev/null 2>&1 || return 1
    echo "Installing $called with apt-get" >&2
    as_root apt-get -qq update </dev/null >&2 || return 1
    for package in $packages; do
        as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq install -y \
            --no-install-recommends "$package" fonts-liberation fonts-noto-color-emoji \
            </dev/null >&2 && return 0
    done
    return 1
}

if [ -n "$given" ]; then
    if runs "$given"; then
        echo "$given"
        exit 0
    fi
    echo "parlour: $variable=$given is no browser that runs." >&2
    exit 1
fi
find_browser && exit 0
install_browser && find_browser && exit 0
echo "parlour: no $called found and no right to install one; install it" \
    "(Debian: apt-get install ${packages##* }) or set $variable to one." >&2
exit 1
