#!/bin/sh
# The symbols that the libraries show, for programs to link with, are exactly these: symbols.sh LIBRARY...
want='jail_attach jail_attach_jd jail_errmsg jail_get jail_getid jail_getname jail_getv jail_remove jail_remove_jd jail_set jail_setv jailparam_all jailparam_export jailparam_free jailparam_get jailparam_import jailparam_import_raw jailparam_init jailparam_set'
status=0
for library; do
        case $library in
        *.so*) option=-D ;;
        *) option=-g ;;
        esac
        # shellcheck disable=SC2046 # one line of words
        got=$(echo $(nm "$option" --defined-only "$library" | awk 'NF == 3 { print $3 }' | LC_ALL=C sort))
        # the sanitizers bring their own
        got=$(echo "$got" | tr ' ' '\n' | grep -Ev '^(__asan|__odr_asan|__ubsan|__sanitizer|_)' | tr '\n' ' ' | sed 's/ $//')
        if [ "$got" != "$want" ]; then
                printf '%s\n  shows %s\n  not   %s\n' "$library" "$got" "$want" >&2
                status=1
        fi
done
exit $status
