# Telling people what is going on. Sourced by the scripts beside it; needs bash.
#
# What takes long runs through `long`: its output goes to a log file, a heartbeat line says every 20 seconds that
# it is alive and what it wrote last, and its end says how long it took. On failure the end of the log is shown.
# Everything started that way has a process group of its own and is ended when the script is.

say() { printf '%s\n' "$*"; }
step() { printf '\n== %s\n' "$*"; }
fail() { printf 'error: %s\n' "$1" >&2; [ $# -lt 2 ] || printf '       %s\n' "$2" >&2; }

running_groups=()

# end_what_runs: ends every process group that `long` or `start_long` began and that still lives.
end_what_runs() {
    local group
    for group in "${running_groups[@]}"; do kill -TERM -- "-$group" 2>/dev/null; done
    running_groups=()
}

# start_long WHAT LOG COMMAND...: begins COMMAND in the background; `wait_long` waits for the one that
# $long_pid names.
start_long() {
    long_what=$1 long_log=$2
    shift 2
    mkdir -p "$(dirname "$long_log")"
    set -m  # A process group of its own, so that an interrupt can end it with all its children.
    ( "$@" ) >"$long_log" 2>&1 </dev/null &
    long_pid=$!
    set +m
    running_groups+=("$long_pid")
}

# wait_long WHAT LOG PID SINCE: waits for PID with heartbeats; returns its exit code.
wait_long() {
    local what=$1 log=$2 pid=$3 since=$4 next=$((SECONDS + 20)) code=0 last
    while kill -0 "$pid" 2>/dev/null; do
        if [ "$SECONDS" -ge "$next" ]; then
            last=$(tail -c 400 "$log" 2>/dev/null | tr '\r' '\n' | grep -v '^[[:space:]]*$' | tail -n 1 | cut -c1-90)
            say "   … $what: $((SECONDS - since)) s   ${last:-(no output yet)}"
            next=$((SECONDS + 20))
        fi
        sleep 0.2
    done
    wait "$pid" || code=$?
    forget_group "$pid"
    if [ "$code" -eq 0 ]; then
        say "   done: $what ($((SECONDS - since)) s)"
    else
        say "   FAILED: $what (exit $code, $((SECONDS - since)) s); the end of $log:"
        tail -n 40 "$log" | sed 's/^/   | /'
    fi
    return "$code"
}

forget_group() {
    local group kept=()
    for group in "${running_groups[@]}"; do [ "$group" = "$1" ] || kept+=("$group"); done
    running_groups=("${kept[@]}")
}

# long WHAT LOG COMMAND...: both of the above.
long() {
    local since=$SECONDS
    say "   $1 …"
    start_long "$@"
    wait_long "$long_what" "$long_log" "$long_pid" "$since"
}
