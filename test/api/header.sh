#!/bin/sh
# The header alone, by each compiler there is: header.sh INCLUDE_DIRECTORY
status=0 tried=0
compile() {
        command -v "$1" >/dev/null || return 0
        tried=$((tried + 1))
        printf '#include <gaol/jail.h>\nint main(void) { return jail_getid("0") + jail_errmsg[0]; }\n' |
                "$@" -Wall -Wextra -Werror -I"$include" -fsyntax-only - || { echo "refused by: $*" >&2; status=1; }
}
include=$1
for cc in gcc clang; do
        for std in c99 c11 gnu17; do
                compile $cc -x c -std=$std
        done
done
compile g++ -x c++ -std=c++11
compile clang -x c++ -std=c++17
[ "$tried" -gt 0 ] || { echo 'no compiler' >&2; exit 1; }
exit $status
