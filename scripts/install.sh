#!/bin/sh
# Install what a make target needs: `app` and `dev` into .venv, `node` into node_modules.
# A stamp named after the content of the lock files makes every further call return at once,
# whatever the files' times say; a changed lock installs again, and another Python or place of
# this folder makes .venv anew, because its programs name both.
#
# `app EXTRA...` adds what an extra needs, each from a lock file of its own. Which were chosen
# stands in .extras, so that a .venv that is made anew has them again; `app none` forgets them.
set -eu
cd "$(dirname "$0")/.."

fail() {
    echo "parlour: $*" >&2
    exit 1
}

key() { # FILE...: a word that changes with the files' content
    cat "$@" | cksum | tr -d ' \n'
}

place() { # a word that changes with the interpreter of .venv and this folder's place
    { .venv/bin/python -V 2>&1 || true; pwd; } | cksum | tr -d ' \n'
}

usable() { # COMMAND: is it a Python 3.11 or newer
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

make_venv() {
    without_pip=
    for python in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11}; do
        usable "$python" || continue
        if "$python" -c 'import ensurepip, venv' >/dev/null 2>&1; then
            echo "Creating .venv with $("$python" -V)"
            "$python" -m venv --clear .venv
            touch ".venv/.made-$(place)"
            return
        fi
        without_pip=${without_pip:-$python}
    done
    [ -z "$without_pip" ] || fail "$without_pip cannot create virtual environments; install its" \
        "venv package (Debian, Ubuntu: apt-get install python3-venv) and run the command again."
    fail "Python 3.11 or newer is needed and ${PYTHON:-python3} is not; install one" \
        "or name it: make setup PYTHON=/path/to/python3"
}

pip_install() {
    .venv/bin/python -m pip install -qq --disable-pip-version-check --no-input "$@"
}

install_python() { # STAMP LOCK
    stamp=".venv/.$1-$(key "$2" pyproject.toml)"
    [ ! -e "$stamp" ] || return 0
    echo "Installing the packages of $2"
    rm -f ".venv/.$1-"*
    # The lock names every package with its hash; nothing is left to resolve.
    pip_install --require-hashes --no-deps -r "$2"
    case "$1" in app | dev) pip_install --no-index --no-deps --no-build-isolation --editable . ;; esac
    touch "$stamp"
}

choose_extras() { # EXTRA...: keep the choice, when there is one
    [ $# -gt 0 ] || return 0
    [ "$*" != none ] || set --
    for extra in "$@"; do
        [ -e "requirements-$extra.lock" ] && [ "$extra" != dev ] ||
            fail "there is no extra $extra; say EXTRAS=\"postgresql redis s3 traces\", some of them, or none"
    done
    if [ $# -gt 0 ]; then echo "$@" >.extras; else rm -f .extras; fi
}

install_node() { # FOLDER of a package.json and its lock
    stamp="$1/node_modules/.parlour-$(key "$1/package.json" "$1/package-lock.json")"
    [ ! -e "$stamp" ] || return 0
    echo "Installing the packages of $1/package-lock.json"
    (cd "$1" && npm ci --loglevel=error)
    touch "$stamp"
}

# Two makes at once must not install over each other, where the system has flock.
if command -v flock >/dev/null 2>&1; then
    mkdir -p .venv
    exec 9>.venv/.lock
    flock 9
fi
target=$1
shift
[ "$target" != app ] || choose_extras "$@"
[ -x .venv/bin/python ] && [ -e ".venv/.made-$(place)" ] || make_venv
case "$target" in
app)
    install_python app requirements.lock
    for extra in $(cat .extras 2>/dev/null || true); do
        install_python "$extra" "requirements-$extra.lock"
    done
    ;;
dev) install_python dev requirements-dev.lock ;;
node) install_node . && install_node benchmarks/peers ;;
*) fail "install.sh: app, dev or node, not $target" ;;
esac
