# Temporal's command line with its dev server: built once per version from its Go module, into a cache outside the
# tree. Two versions: the newest that installs this way, and (for tests) the floor we promise, server 1.23.

temporal_version=v1.5.1          # server 1.29.1
temporal_floor_version=v0.12.0   # server 1.23.0

go_version_min=1.25              # what the newest one's go.mod asks for

headgate_cache=${HEADGATE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/headgate}

temporal_path() { printf '%s\n' "$headgate_cache/tools/temporal-$1/temporal"; }

# has_go MINIMUM: whether that version of Go is here, or comes by itself: from 1.21 on Go fetches the version that a module
# asks for, unless it is told to stay local.
has_go() {
    local found
    found=$(go env GOVERSION 2>/dev/null)
    [ -n "$found" ] || return 1
    at_least "$1" "${found#go}" && return 0
    [ "$(go env GOTOOLCHAIN)" != local ] && at_least 1.21 "${found#go}"
}

# check_go VERSION...: whether these of Temporal's CLI are built already, or can be built here.
check_go() {
    local version missing=no
    for version in "$@"; do [ -x "$(temporal_path "$version")" ] || missing=yes; done
    [ "$missing" = yes ] || return 0
    has_go "$go_version_min" && return 0
    fail "Temporal's CLI cannot be built: $(go env GOVERSION 2>/dev/null || echo no Go) here" \
        "install Go $go_version_min or later (or 1.21 that may fetch newer toolchains), or put a temporal on the PATH for the demo"
    return 1
}

# build_once PATH COMMAND...: nothing to do when PATH is there. COMMAND makes a program of its name in the folder $building,
# which is renamed when whole, so that an interrupted build leaves nothing behind but Go's caches, with which the next one
# goes on.
build_once() {
    local path=$1 folder building
    shift
    [ -x "$path" ] && return 0
    folder=$(dirname "$path") building=$folder.building
    mkdir -p "$building"
    exec 8>"$folder.lock"
    flock 8  # Two builds of one program at once: the second waits and finds the first one's.
    if [ ! -x "$path" ]; then
        "$@" || return 1
        mkdir -p "$folder"
        mv "$building/${path##*/}" "$path"
    fi
    rm -rf "$building" "$folder.lock"
    exec 8>&-
}

# build_temporal VERSION: -v names each package as it is compiled: the heartbeat shows them.
build_temporal() {
    [ -x "$(temporal_path "$1")" ] || check_go "$1" || return 1
    build_once "$(temporal_path "$1")" go_install_temporal "$1"
}
go_install_temporal() {
    echo "go install github.com/temporalio/cli/cmd/temporal@$1"
    GOBIN=$building go install -v -p "${HEADGATE_JOBS:-2}" "github.com/temporalio/cli/cmd/temporal@$1"
}

# OAuth2-proxy, of which tests log people in, at the version of tests/e2e/oauth2_proxy/go.mod.
oauth2_proxy_module=$headgate_top/tests/e2e/oauth2_proxy
oauth2_proxy_go_min=1.26  # What that go.mod asks for.

oauth2_proxy_path() {
    local version
    version=$(sed -nE 's#^require github.com/oauth2-proxy/oauth2-proxy/v7 (.*)#\1#p' "$oauth2_proxy_module/go.mod")
    printf '%s\n' "$headgate_cache/tools/oauth2-proxy-$version/oauth2-proxy"
}
check_oauth2_proxy() {
    [ -x "$(oauth2_proxy_path)" ] || has_go "$oauth2_proxy_go_min" && return 0
    fail "OAuth2-proxy cannot be built" "install Go $oauth2_proxy_go_min or later"
    return 1
}
build_oauth2_proxy() { build_once "$(oauth2_proxy_path)" go_build_oauth2_proxy; }
go_build_oauth2_proxy() {
    echo "go build github.com/oauth2-proxy/oauth2-proxy/v7"
    go -C "$oauth2_proxy_module" build -v -p "${HEADGATE_JOBS:-2}" -trimpath -ldflags='-s -w' -o "$building/oauth2-proxy" \
        github.com/oauth2-proxy/oauth2-proxy/v7
}

# demo_temporal: prints the temporal to use for the demo, when there is one already. One on the PATH that is too old to
# make search attributes is passed over.
demo_temporal() {
    if temporal server start-dev --help 2>/dev/null | grep -e --search-attribute >/dev/null; then
        command -v temporal
        return 0
    fi
    local built
    built=$(temporal_path "$temporal_version")
    [ -x "$built" ] && printf '%s\n' "$built"
}
