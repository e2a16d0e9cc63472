#!/bin/sh
# The arithmetic of lib.sh.
set -u
# shellcheck source=demo/lib.sh
. "$(dirname "$0")/lib.sh"
n=0

is() {  # WHAT RESULT EXPECTED
        n=$((n + 1))
        if [ "$2" = "$3" ]; then
                echo "ok $n - $1"
        else
                printf 'not ok %d - %s\n# is:        %s\n# should be: %s\n' "$n" "$1" "$2" "$3"
        fi
}

echo 1..9
is 'memory of each' "$(memory_each '100 10 16 5 0 40 8' '1100 30 176 25 40 440 88' 10)" \
        '172.0 100.0 2.0 16.0 2.0 4.0 40.0 8.0'
is 'stacks that are not from vmalloc' "$(memory_each '0 0 0 0 0 0 0' '0 0 160 -160 0 0 0' 10)" \
        '16.0 0.0 0.0 16.0 0.0 0.0 0.0 0.0'
is 'seven figures' "$(memory | awk '{ print NF, ($1 > 0) }')" '7 1'
is 'the first address' "$(addresses 1)" '10.64.0.1 www1'
is 'addresses go on' "$(addresses 251 | tail -n 2 | tr '\n' ' ')" '10.64.0.250 www250 10.64.1.1 www251 '
is 'no address twice' "$(addresses 99999 | sort -u | wc -l)" 99999
is 'milliseconds' "$(seconds 994)" '994 ms'
is 'seconds' "$(seconds 1006)" '1.01 s'
is 'nothing is nothing' "$(count /nonexistent/*)" 0
