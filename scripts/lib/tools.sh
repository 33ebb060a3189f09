# Temporal's command line with its dev server: built once per version from its Go module, into a cache outside the
# tree. Two versions: the newest that installs this way, and (for tests) the floor we promise, server 1.23.

temporal_version=v1.5.1          # server 1.29.1
temporal_floor_version=v0.12.0   # server 1.23.0

go_version_min=1.25              # what the newest one's go.mod asks for

headgate_cache=${HEADGATE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/headgate}

temporal_path() { printf '%s\n' "$headgate_cache/tools/temporal-$1/temporal"; }

# check_go VERSION...: whether these are built already, or can be built here. From 1.21 on Go fetches by itself the
# version that a module asks for, unless it is told to stay local.
check_go() {
    local version found missing=no
    for version in "$@"; do [ -x "$(temporal_path "$version")" ] || missing=yes; done
    [ "$missing" = yes ] || return 0
    found=$(go env GOVERSION 2>/dev/null)
    if [ -n "$found" ]; then
        at_least "$go_version_min" "${found#go}" && return 0
        [ "$(go env GOTOOLCHAIN)" != local ] && at_least 1.21 "${found#go}" && return 0
    fi
    fail "Temporal's CLI cannot be built: ${found:-no Go} here" \
        "install Go $go_version_min or later, or put a temporal on the PATH for the demo"
    return 1
}

# build_temporal VERSION: nothing to do when it is there. Built in a folder of its own and renamed when whole, so an
# interrupted build leaves nothing behind but Go's caches, with which the next one goes on.
build_temporal() {
    local version=$1 path folder
    path=$(temporal_path "$version")
    [ -x "$path" ] && return 0
    check_go "$version" || return 1
    folder=$(dirname "$path")
    mkdir -p "$folder.building"
    exec 8>"$folder.lock"
    flock 8  # Two builds of one version at once: the second waits and finds the first one's binary.
    if [ ! -x "$path" ]; then
        echo "go install github.com/temporalio/cli/cmd/temporal@$version"
        # -v names each package as it is compiled: the heartbeat shows them.
        GOBIN=$folder.building go install -v -p "${HEADGATE_JOBS:-2}" \
            "github.com/temporalio/cli/cmd/temporal@$version" || return 1
        mkdir -p "$folder"
        mv "$folder.building/temporal" "$path"
    fi
    rm -rf "$folder.building" "$folder.lock"
    exec 8>&-
}

# demo_temporal: prints the temporal to use for the demo, when there is one already.
demo_temporal() {
    command -v temporal 2>/dev/null && return 0
    local built
    built=$(temporal_path "$temporal_version")
    [ -x "$built" ] && printf '%s\n' "$built"
}
