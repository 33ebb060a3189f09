# The Debian packages that Headgate is built and tested with, and how the missing ones get installed.

# What the C++ build needs.
build_packages=(
    # compiler, linker, build tools
    clang-19 lld-19 libclang-rt-19-dev cmake ninja-build ccache pkg-config
    # coroutines and HTTP (Asio, Beast), the JSON tokeniser, URLs
    libboost1.81-dev libboost-json1.81-dev libboost-url1.81-dev libboost-system1.81-dev
    # Temporal's gRPC
    libgrpc++-dev protobuf-compiler-grpc libprotobuf-dev protobuf-compiler
    # configuration, command line, text, logs, metrics
    libyaml-cpp-dev libcli11-dev libfmt-dev libspdlog-dev prometheus-cpp-dev
    # cryptography and TLS, the embedded store, regular expressions, the allocator
    libssl-dev libsqlite3-dev libre2-dev libmimalloc-dev libxxhash-dev
    # bodies: packed ones and XML
    zlib1g-dev libzstd-dev libbrotli-dev libexpat1-dev
)

# What the demo runs beside them. Python and its venv module carry the worker.
demo_packages=(curl openssl jq git python3 python3-venv ca-certificates)

# What only the tests and benchmarks need.
test_packages=(
    clang-tidy-19 clang-format-19   # format and lint
    libgtest-dev libgmock-dev       # unit and contract tests
    nginx wrk                       # the bench's neighbour and its load
    sqlite3                         # a second pair of eyes on the store
)

# Prints those of the named packages that are not installed. (libboost1.81-dev conflicts with the unversioned
# libboost-dev of Debian 12: never name that one.)
missing_packages() {
    local package
    for package in "$@"; do
        [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || printf '%s\n' "$package"
    done
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo -n "$@"; fi
}

# install_packages NAME...: installs what is missing, asking the package lists once.
install_packages() {
    local missing log="$HEADGATE_LOGS/packages.log"
    mapfile -t missing < <(missing_packages "$@")
    if [ "${#missing[@]}" -eq 0 ]; then say "   Debian packages: all there"; return 0; fi
    if ! command -v apt-get >/dev/null; then
        fail "no apt-get here" "install by hand what corresponds to: ${missing[*]}"
        return 1
    fi
    if [ "$(id -u)" -ne 0 ] && ! sudo -n true 2>/dev/null; then
        fail "installing needs root" "run: sudo apt-get install ${missing[*]}"
        return 1
    fi
    say "   Debian packages missing: ${missing[*]}"
    long "apt-get update" "$log" as_root apt-get -q update || return 1
    long "apt-get install (${#missing[@]} packages)" "$log" \
        as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends install "${missing[@]}"
}

# Node is needed by tests only: some senders' own libraries are npm packages.
node_version_min=18

# check_node: whether the Node that is here, if any, will do.
check_node() {
    local found
    found=$(node --version 2>/dev/null) || return 0
    at_least "$node_version_min" "${found#v}" && return 0
    fail "the tests cannot use the Node that is here, $found" "install Node $node_version_min or later"
    return 1
}

install_node() {
    if command -v node >/dev/null && command -v npm >/dev/null; then return 0; fi
    install_packages nodejs npm
}
