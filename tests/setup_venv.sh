#!/bin/sh
# Make a virtual environment. Debian ships Python without ensurepip: install it where we may.
python=$1
venv=$2
if "$python" -m venv "$venv" 2>/dev/null; then exit 0; fi
rm -rf "$venv"
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    apt-get update -qq && apt-get install -y -qq --no-install-recommends python3-venv >/dev/null
    exec "$python" -m venv "$venv"
fi
# Without rights to install: any pip at hand can serve an environment that was made without one.
if "$python" -m pip --version >/dev/null 2>&1 && "$python" -m venv --without-pip "$venv"; then
    exec "$python" -m pip --python "$venv/bin/python" install --quiet pip
fi
echo "This Python cannot make a virtual environment. Install it: sudo apt-get install python3-venv" >&2
exit 1
