#!/usr/bin/env bash
# Installs what is missing on a Debian 12 machine, and nothing else.
#
#   scripts/install.sh          all of it
#   scripts/install.sh build    what building Headgate needs
#   scripts/install.sh demo     and what the demo runs
#   scripts/install.sh tests    and what the tests run
#
# Can be interrupted and started again at any point. Build tools go to a cache outside the tree:
# $HEADGATE_CACHE, else ~/.cache/headgate.
set -uo pipefail

source "$(dirname "${BASH_SOURCE[0]}")/lib/all.sh"

main() {
    case "${1:-tests}" in
        build) install_for_build ;;
        demo)
            check_go "$temporal_version" && install_for_build && install_for_demo &&
                install_temporal "$temporal_version"
            ;;
        tests) check_for_tests && install_for_build && install_for_demo && install_for_tests ;;
        *)     sed -n '2,9s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; return 2 ;;
    esac
}

main "$@"
