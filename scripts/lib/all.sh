# Sourced by every script: where the tree, the logs and the cache are, and the functions beside this file.

headgate_top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
headgate_lib=$headgate_top/scripts/lib
HEADGATE_LOGS=$headgate_top/build/logs
HEADGATE_JOBS=${HEADGATE_JOBS:-$(nproc)}
mkdir -p "$HEADGATE_LOGS"

source "$headgate_lib/say.sh"
source "$headgate_lib/packages.sh"
source "$headgate_lib/tools.sh"
source "$headgate_lib/python_and_node.sh"
source "$headgate_top/scripts/venvs.sh"

trap 'end_what_runs' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# What is not installed by us, looked at before anything is.
check_for_tests() { check_go "$temporal_version" "$temporal_floor_version" && check_oauth2_proxy && check_node; }

install_for_build() { install_packages "${build_packages[@]}"; }

install_for_demo() {
    install_packages "${demo_packages[@]}" &&
        start_long "Python packages of the worker" "$HEADGATE_LOGS/worker-venv.log" worker_venv &&
        start_long "Python packages of the local Airbyte connector" "$HEADGATE_LOGS/connector-venv.log" connector_venv &&
        wait_long
}

# Both versions of Temporal's CLI, OAuth2-proxy, the tests' Python and npm packages.
install_for_tests() {
    install_packages "${test_packages[@]}" && install_node &&
        long "Python packages of the tests" "$HEADGATE_LOGS/tests-venv.log" tests_venv &&
        long "Python packages of the worker's tests" "$HEADGATE_LOGS/worker-dev-venv.log" worker_venv --dev &&
        npm_packages "$headgate_top/tests/e2e/payloads" &&
        npm_packages "$headgate_top/tests/e2e/sender_libraries" &&
        npm_packages "$headgate_top/tests/e2e/oauth2_proxy" &&
        npm_packages "$headgate_top/tests/proto_check" &&
        long "OAuth2-proxy" "$HEADGATE_LOGS/oauth2-proxy.log" build_oauth2_proxy &&
        install_temporal "$temporal_version" "$temporal_floor_version"
}

# install_temporal VERSION...: those that are not built yet, one after the other.
install_temporal() {
    local version
    for version in "$@"; do
        [ -x "$(temporal_path "$version")" ] && continue
        long "Temporal's CLI $version" "$HEADGATE_LOGS/temporal-$version.log" build_temporal "$version" || return 1
    done
}

# build_preset PRESET [TARGET...]: configures and compiles it, all of it without a target.
# A clone in another folder finds what was compiled in this one.
build_preset() {
    local preset=$1
    shift
    local -x CCACHE_BASEDIR=$headgate_top CCACHE_NOHASHDIR=1
    cd "$headgate_top" && cmake --preset "$preset" &&
        cmake --build "build/$preset" --parallel "$HEADGATE_JOBS" ${1:+--target "$@"}
}
