#!/bin/sh
# Make, mend and fill a virtual environment: setup_venv.sh PYTHON VENV LOCK...
# Quick when there is nothing to do. Packages are installed only if their hashes are in the lock file.
python=$1
venv=$2
shift 2
say() { echo "$*" >&2; }
suits() { "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null; }
# Compiled byte code makes TensorFlow's import two to four times faster.
# An environment that was made without a pip of its own is served by that of the Python outside.
pip() {
    set -- --quiet --disable-pip-version-check "$@"
    has_pip || set -- --python "$venv/bin/python" "$@"
    serving=$python
    has_pip && serving=$venv/bin/python
    env -u PYTHONDONTWRITEBYTECODE "$serving" -m pip "$@"
}
has_pip() { "$venv/bin/python" -c 'import pip' 2>/dev/null; }

make_venv() {
    suits "$python" || { say "Python 3.11, 3.12 or 3.13 is needed: make PYTHON=/path/to/python3.11"; exit 1; }
    "$python" -m venv "$venv" 2>/dev/null && return
    rm -rf "$venv"
    # Debian ships Python without ensurepip: install it where we may.
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        apt-get update -qq && apt-get install -y -qq --no-install-recommends python3-venv >/dev/null
        "$python" -m venv "$venv" && return
    fi
    # Without rights to install: any pip at hand can serve an environment that was made without one.
    "$python" -m pip --version >/dev/null 2>&1 && "$python" -m venv --without-pip "$venv" && return
    say "This Python cannot make a virtual environment. Install it: sudo apt-get install python3-venv"
    exit 1
}

if [ -e "$venv" ] && ! suits "$venv/bin/python"; then
    say "$venv is broken: its Python is gone or of another version. Making it again."
    rm -rf "$venv"
fi
[ -e "$venv" ] || make_venv
if ! has_pip; then
    if "$venv/bin/python" -m ensurepip >/dev/null 2>&1; then
        say "$venv has no pip. Putting it back."
    elif ! "$python" -m pip --version >/dev/null 2>&1; then
        say "$venv has no pip. Making it again."
        rm -rf "$venv"
        make_venv
    fi
fi

for lock in "$@"; do
    installed=$venv/$(basename "$lock")
    cmp -s "$lock" "$installed" && continue
    if [ -e "$installed" ]; then
        say "$lock has changed. Installing what it lists now."
    else
        say "Installing the packages of $lock; the first time this takes some minutes."
    fi
    rm -f "$installed"
    pip install --require-hashes -r "$lock" || {
        say "The packages of $lock are not all installed; the reason is above. Fix it and run make again."
        exit 1
    }
    cp "$lock" "$installed"
done

# The project itself, without copying it: this is how `pareto-lab` gets into the environment.
if [ -e pyproject.toml ]; then
    own="$PWD $(cksum <pyproject.toml)"
    if [ "$(cat "$venv/project" 2>/dev/null)" != "$own" ]; then
        pip install --no-deps --no-build-isolation --editable . || exit 1
        echo "$own" >"$venv/project"
    fi
fi
