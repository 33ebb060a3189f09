# Temporal's command line with its dev server: built once per version from its Go module, into a cache outside the
# tree. Two versions: the newest that installs this way, and (for tests) the floor we promise, server 1.23.

temporal_version=v1.5.1          # server 1.29.1
temporal_floor_version=v0.12.0   # server 1.23.0

headgate_cache=${HEADGATE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/headgate}

temporal_path() { printf '%s\n' "$headgate_cache/tools/temporal-$1/temporal"; }

# build_temporal VERSION: nothing to do when it is there. Built in a folder of its own and renamed when whole, so an
# interrupted build leaves nothing behind but Go's caches, with which the next one goes on.
build_temporal() {
    local version=$1 path folder
    path=$(temporal_path "$version")
    [ -x "$path" ] && return 0
    if ! command -v go >/dev/null; then
        fail "no Go here, and no temporal $version" \
            "install Go 1.24 or later (it builds Temporal's CLI), or put a temporal on the PATH for the demo"
        return 1
    fi
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
