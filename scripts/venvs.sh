# Virtual environments of the reference worker, made from its locked requirements. Source this file, then:
#
#   python=$(worker_venv)/bin/python          temporalio, dbt, DuckDB; with `worker_venv --dev` also pytest, ruff, mypy
#   connectors=$(connector_venv)              the Airbyte connectors, apart: their dependencies differ from dbt's
#
# Each is made once per lock file under $HEADGATE_CACHE/venvs (default ~/.cache/headgate) and found again by the lock's
# hash. A marker is written last, so one that was interrupted is made anew; two callers at once wait for each other.
# Progress goes to standard error, only the path to standard output.

_venvs_worker="$(cd "$(dirname "${BASH_SOURCE[0]}")/../worker" && pwd)"

worker_venv() {
    if [ "${1:-}" = --dev ]; then
        _venv worker-dev "$_venvs_worker/requirements.lock" "$_venvs_worker/requirements-dev.lock"
    else
        _venv worker "$_venvs_worker/requirements.lock"
    fi
}

connector_venv() {
    _venv connector "$_venvs_worker/connector-requirements.lock"
}

# _venv NAME LOCK... : the path of the environment with what the lock files pin.
_venv() {
    local name="$1" hash folder
    shift
    hash="$(cat -- "$@" | sha256sum | cut -c1-16)"
    folder="${HEADGATE_CACHE:-$HOME/.cache/headgate}/venvs/$name-$hash"
    if [ ! -e "$folder/.complete" ]; then
        mkdir -p "$(dirname "$folder")"
        # The descriptor holds the lock for the subshell only; whoever waited finds the work done.
        (
            flock 9
            [ -e "$folder/.complete" ] || _make_venv "$name" "$folder" "$@"
        ) 9>"$folder.lock" || return 1
    fi
    printf '%s\n' "$folder"
}

_make_venv() {
    local name="$1" folder="$2" python begun=$SECONDS lock
    local -a locks=()
    shift 2
    python="$(_python)" || return 1
    for lock in "$@"; do locks+=(-r "$lock"); done
    echo "$name environment: installing from $(basename "$1") (one to two minutes, once)" >&2
    rm -rf "$folder"
    "$python" -m venv "$folder" >&2 || {
        echo "$name environment: $python cannot make one — on Debian install python3-venv" >&2
        return 1
    }
    "$folder/bin/python" -m pip --disable-pip-version-check install --quiet --require-hashes --no-deps "${locks[@]}" >&2 || {
        echo "$name environment: pip failed; run the command again when the package index can be reached" >&2
        return 1
    }
    touch "$folder/.complete"
    echo "$name environment: ready after $((SECONDS - begun)) s" >&2
}

# The locks are made for Python 3.11, which is Debian 12's.
_python() {
    local candidate
    for candidate in python3.11 /usr/bin/python3 python3; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null; then
            printf '%s\n' "$candidate"
            return 0
        fi
    done
    echo "no Python 3.11 found — on Debian 12 install python3 and python3-venv" >&2
    return 1
}
