# Telling people what is going on. Sourced by the scripts beside it; needs bash.
#
# What takes long runs through `long`: its output goes to a log file, a heartbeat line says every 20 seconds that
# it is alive and what it wrote last, and its end says how long it took. On failure the end of the log is shown.
# Everything started that way has a process group of its own and is ended when the script is.

say() { printf '%s\n' "$*"; }
step() { printf '\n== %s\n' "$*"; }
at_least() { [ "$(printf '%s\n' "$1" "$2" | sort -V | head -n 1)" = "$1" ]; }  # MINIMUM VERSION
fail() { printf 'error: %s\n' "$1" >&2; [ $# -lt 2 ] || printf '       %s\n' "$2" >&2; }

running_groups=()  # Process groups that were started and not seen to end.
long_whats=() long_logs=() long_pids=() long_sinces=()  # What wait_long waits for.

# end_what_runs: ends every process group that `long` or `start_long` began and that still lives.
end_what_runs() {
    local group
    for group in "${running_groups[@]}"; do kill -TERM -- "-$group" 2>/dev/null; done
    running_groups=()
}

# start_long WHAT LOG COMMAND...: begins COMMAND in the background. Several may run at a time; wait_long waits for all.
start_long() {
    local what=$1 log=$2
    shift 2
    mkdir -p "$(dirname "$log")"
    say "   $what …"
    set -m  # A process group of its own, so that an interrupt can end it with all its children.
    ( "$@" ) >"$log" 2>&1 </dev/null &
    local pid=$!
    set +m
    running_groups+=("$pid")
    long_whats+=("$what") long_logs+=("$log") long_pids+=("$pid") long_sinces+=("$SECONDS")
}

# wait_long: waits for everything that start_long began, with heartbeats; fails when one of them failed.
wait_long() {
    local next=$((SECONDS + 20)) at failed=0
    while [ "${#long_pids[@]}" -gt 0 ]; do
        for at in "${!long_pids[@]}"; do
            kill -0 "${long_pids[at]}" 2>/dev/null && continue
            finish_long "$at" || failed=1
        done
        if [ "$SECONDS" -ge "$next" ]; then
            for at in "${!long_pids[@]}"; do heartbeat "$at"; done
            next=$((SECONDS + 20))
        fi
        sleep 0.2
    done
    return "$failed"
}

heartbeat() {
    local last
    last=$(tail -c 400 "${long_logs[$1]}" 2>/dev/null | tr '\r' '\n' | grep -v '^[[:space:]]*$' | tail -n 1 | cut -c1-90)
    say "   … ${long_whats[$1]}: $((SECONDS - long_sinces[$1])) s   ${last:-(no output yet)}"
}

finish_long() {
    local at=$1 code=0 group kept=()
    wait "${long_pids[at]}" || code=$?
    for group in "${running_groups[@]}"; do [ "$group" = "${long_pids[at]}" ] || kept+=("$group"); done
    running_groups=("${kept[@]}")
    if [ "$code" -eq 0 ]; then
        say "   done: ${long_whats[at]} ($((SECONDS - long_sinces[at])) s)"
    else
        say "   FAILED: ${long_whats[at]} (exit $code, $((SECONDS - long_sinces[at])) s); the end of ${long_logs[at]}:"
        tail -n 40 "${long_logs[at]}" | sed 's/^/   | /'
    fi
    unset "long_whats[at]" "long_logs[at]" "long_pids[at]" "long_sinces[at]"
    return "$code"
}

# long WHAT LOG COMMAND...: both of the above, for one command.
long() { start_long "$@" && wait_long; }
