#!/bin/sh
# Install what the tests need outside Python: a browser, its fonts, a PostgreSQL server, openssl.
find_browser() {
    [ -n "$CHROMIUM" ] && [ -x "$CHROMIUM" ] && return 0
    for name in chromium chromium-browser google-chrome; do
        command -v "$name" >/dev/null && return 0
    done
    ls "${HOME:-/root}"/.cache/ms-playwright/chromium*/*/chrome >/dev/null 2>&1
}
find_postgres() {
    command -v initdb >/dev/null || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1
}
install() {
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || return 1
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}
command -v openssl >/dev/null || install openssl
find_browser || install chromium fonts-dejavu-core || .venv/bin/python -m playwright install chromium
find_browser || { echo "No browser for the tests. Install one: sudo apt-get install chromium" >&2; exit 1; }
find_postgres || install postgresql
find_postgres || { echo "No PostgreSQL for the tests. Install it: sudo apt-get install postgresql" >&2; exit 1; }
