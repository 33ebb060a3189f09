# What the tests need from PyPI and npm, at the exact versions of the lock files.

# tests_venv: makes the tests' virtual environment when it is missing or its lock file has changed.
tests_venv() {
    local lock=$headgate_top/tests/requirements.lock stamp
    stamp=$(sha256sum "$lock" | cut -c1-12)
    tests_python=$headgate_cache/venvs/tests-$stamp/bin/python
    [ -e "$headgate_cache/venvs/tests-$stamp/whole" ] && return 0
    long "Python packages of the tests" "$HEADGATE_LOGS/tests-venv.log" \
        make_venv "$headgate_cache/venvs/tests-$stamp" "$lock"
}

# make_venv FOLDER LOCK: complete only once the file `whole` is in it, so that an interrupted one is made again.
make_venv() {
    rm -rf "$1"
    python3 -m venv "$1" && "$1/bin/python" -m pip install --progress-bar off --require-hashes -r "$2" && touch "$1/whole"
}

# npm_packages FOLDER: what its package-lock.json names, when that has changed since the last time.
npm_packages() {
    local folder=$1 stamp
    stamp=$(sha256sum "$folder/package-lock.json" | cut -c1-64)
    [ "$(cat "$folder/node_modules/.headgate-lock" 2>/dev/null)" = "$stamp" ] && return 0
    long "npm packages of ${folder#"$headgate_top"/}" "$HEADGATE_LOGS/npm-$(basename "$folder").log" \
        npm ci --prefix "$folder" --no-audit --no-fund --ignore-scripts || return 1
    printf '%s' "$stamp" >"$folder/node_modules/.headgate-lock"
}
