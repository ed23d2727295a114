#!/usr/bin/env bash
# Runs once, when the autograder is built: an environment with NumPy and h5py, nothing else.
set -euo pipefail
cd "${AUTOGRADER_ROOT:-/autograder}/source"
find_python() {
    for name in python3.13 python3.12 python3.11 python3; do
        if "$name" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' \
            2> /dev/null
        then
            command -v "$name"
            return
        fi
    done
}
python=$(find_python)
if [ -z "$python" ]; then
    apt-get update
    apt-get install -y python3.12 python3.12-venv || apt-get install -y python3.11 python3.11-venv
    python=$(find_python)
fi
"$python" -m venv environment
environment/bin/pip install --no-cache-dir -r requirements.txt
