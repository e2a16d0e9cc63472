#!/bin/sh
# lap: order, numbers, failures, and that what takes 50 ms takes 50 ms: lap_test.sh LAP
set -u
lap=$1
n=0

is() {  # WHAT RESULT EXPECTED
        n=$((n + 1))
        if [ "$2" = "$3" ]; then
                echo "ok $n - $1"
        else
                printf 'not ok %d - %s\n# is:        %s\n# should be: %s\n' "$n" "$1" "$2" "$3"
        fi
}

# Runs lap, its lines of commands on standard input with blanks for tabs.
run() { tr ' ' '\t' | "$lap" "$@" 2>&1; }

echo 1..7
is 'one after the other' "$(printf 'a true\nb true\n' | run 3 | cut -f1 | tr '\n' ' ')" 'a b a b a b '
is 'no less than it takes' "$(echo 'nap sleep 0.05' | run 2 | awk '$2 >= 50000 && $2 >= $3' | wc -l)" 2
is 'a CPU that works' "$(echo 'busy awk BEGIN{for(i=0;i<100000;i++)n+=i}' | run 1 |
        awk '$3 > 1000 && $3 <= $2 + 1000' | wc -l)" 1
is 'numbered runs' "$(echo 'n test {}{} -ge 0' | run 2 | wc -l)" 2
is 'one that fails is left out' "$(printf 'bad false\ngood true\n' | run 2 | cut -f1 | tr '\n' ' ')" \
        'lap: bad: exit status 1: left out good good '
is 'one that is not there' "$(echo 'bad /nonexistent' | run 1)" 'lap: bad: /nonexistent: No such file or directory'
is 'one that fails later' "$(echo 'bad test {} -lt 2' | run 3 | grep lap
        echo 'bad test {} -lt 2' | run 3 >/dev/null || echo $?)" \
        'lap: bad: exit status 1
1'
