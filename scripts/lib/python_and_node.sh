# What the tests need from PyPI and npm, at the exact versions of the lock files.

# tests_venv: prints the path of the tests' virtual environment; as in scripts/venvs.sh.
tests_venv() { _venv tests "$headgate_top/tests/requirements.lock"; }

# npm_packages FOLDER: what its package-lock.json names, when that has changed since the last time.
npm_packages() {
    local folder=$1 stamp
    stamp=$(sha256sum "$folder/package-lock.json" | cut -c1-64)
    [ "$(cat "$folder/node_modules/.headgate-lock" 2>/dev/null)" = "$stamp" ] && return 0
    long "npm packages of ${folder#"$headgate_top"/}" "$HEADGATE_LOGS/npm-$(basename "$folder").log" \
        npm ci --prefix "$folder" --no-audit --no-fund --ignore-scripts || return 1
    printf '%s' "$stamp" >"$folder/node_modules/.headgate-lock"
}
