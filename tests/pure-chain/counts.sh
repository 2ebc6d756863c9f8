#!/usr/bin/env bash
# Counts what one decision of the pure chain costs, in instructions and in allocations, and compares with counts.txt:
# a deviation by more than the tolerance fails, so that a change either keeps the figures or accepts new ones.
# Noise cannot move them; another compiler can, so they belong to the pinned toolchain and the x86-64 release build.
#     counts.sh          compares
#     counts.sh accept   writes counts.txt anew
#     counts.sh print    prints
set -euo pipefail
cd "$(dirname "$0")/../.."
accepted=tests/pure-chain/counts.txt
tolerance_percent=3
few=20
many=120

cargo build --release --locked --quiet --package pure-chain
program=${CARGO_TARGET_DIR:-target}/release/pure-chain
questions=$("$program" count)

# What a tool of valgrind reports of a run.
figure() {
    local tool=$1 pattern=$2
    shift 2
    valgrind --tool="$tool" "--$tool-out-file=/dev/null" "$program" "$@" 2>&1 | sed -n "s/.*$pattern.*/\1/p" | tr -d ,
}

# What starting up costs is in both runs and falls out.
per_decision() {
    local less more
    less=$(figure "$@" repeat "$few")
    more=$(figure "$@" repeat "$many")
    echo $(((more - less) / ((many - few) * questions)))
}

instructions() { per_decision callgrind 'Collected : \([0-9]*\)' "$@"; }
allocations() { per_decision dhat 'Total: .* in \([0-9,]*\) blocks' "$@"; }

counted() {
    echo "as_settled_instructions $(instructions --as-settled)"
    echo "as_settled_allocations $(allocations --as-settled)"
    echo "explained_instructions $(instructions)"
    echo "explained_allocations $(allocations)"
    echo "amounts_only_instructions $(instructions --amounts-only)"
    echo "amounts_only_allocations $(allocations --amounts-only)"
}

compare() {
    local name was is failed=0
    while read -r name is; do
        was=$(sed -n "s/^$name //p" "$accepted")
        if (((is > was ? is - was : was - is) * 100 > was * tolerance_percent)); then
            echo "$name: $is, accepted is $was ± $tolerance_percent %: \`make counts-accept\` takes the new figure" >&2
            failed=1
        else
            echo "$name: $is (accepted: $was)"
        fi
    done
    return $failed
}

case ${1:-compare} in
    compare) counted | compare ;;
    accept) counted | tee "$accepted" ;;
    print) counted ;;
    *) echo "usage: counts.sh [accept|print]" >&2; exit 2 ;;
esac
