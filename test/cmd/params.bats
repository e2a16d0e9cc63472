# jail(8), PARAMETERS: every row of the table, whatever the table has. A row that is added is tested by being there; what
# a row needs besides, to be set at all, is said in with().

load helper

cgroups=limit-

# A line for each row: see params.c.
walk() {
        while IFS='|' read -r name type flags min max default sample refuse lack needs down; do
                "$@" || failed+=("$name: $1")
        done < <("$GAOL_PARAMS")
        [ ${#failed[@]} -eq 0 ] && return
        printf 'failed: %s\n' "${failed[@]}"
        return 1
}

prepare() {
        failed=()
        [ "$("$GAOL_PARAMS" | wc -l)" -gt 100 ]
}

has() {
        [[ $flags == *$1* ]]
}

# Other parameters without which the row makes no sense.
with() {
        case $name in
        root.base) ;;
        root.layer | root.discard) echo root.base=/ ;;
        root.size) echo root.base=/ root.discard ;;
        vnet.interface) echo vnet ;;
        vnet.ip?.addr) echo vnet vnet.interface=auto ;;
        vnet.* | publish) echo vnet vnet.interface=auto vnet.ip4.addr=192.0.2.9 vnet.ip6.addr=2001:db8::9 ;;
        # what is on the host's stack already
        ip4.addr) echo path=/ ip6.addr=2001:db8::9 ;;
        ip6.addr) echo path=/ ip4.addr=192.0.2.9 ;;
        rctl.swapuse) echo rctl.memoryuse=67108864 ;;
        env | rctl.pseudoterminals) echo root.base=/ root.discard mount.devfs ;;
        allow.mount.fusefs | allow.vmm) echo root.base=/ root.discard mount.devfs ;;
        *) echo path=/ ;;
        esac
}

# What the row says when it is set to its sample: nothing, or what of it cannot be had.
warning() {
        if has h; then
                echo "jail: $name: only with user=inherit; the jail goes without"
        elif [ -n "$lack" ] && { [ -z "$needs" ] || [ ! -e "$needs" ]; } && ! has d; then
                echo "jail: $name: $lack"
        fi
}

# Rows that this machine cannot carry out, and what it says then: the pattern of a whole message.
impossible() {
        case $name in
        rctl.swapuse) echo "jail: rctl.swapuse: *: the kernel does not account swap (no *)" ;;
        rctl.readbps | rctl.writebps | rctl.readiops | rctl.writeiops)
                awk '$1 == 8 || $1 > 250 { found = 1 } END { exit found }' /proc/partitions && echo "jail: $name: *" ;;
        esac
}

# shows VALUE: that is what jls says of the row.
shows() {
        local is

        is=$(jls -j limit-x "$name" 2>&1)
        [ "$is" = '""' ] && is=''
        [ "$type" = comma ] || [ "$type" = list ] && [ "$is" = - ] && is=''
        [ "$is" = "$1" ] && return
        printf '%s: shown: %s expected: %s\n' "$name" "$is" "$1"
        return 1
}

# ------------------------------------------------------------------ the page

# That the entries are those of the table is compared by tools/agree. Here: the entry's own words, which several names may
# share.
entry_says() {
        awk -v name="$name" '$0 == ".It Va " name { there = 1; next }
                there && /^\.It Va / { next }
                there { print; exit }' "$top/man/jail.8"
}

agrees() {
        local words

        words=$(entry_says)
        case $words in
        *read-only*) has r ;;
        *refused*) [ -n "$refuse" ] ;;
        *create-only*) has c && ! has m ;;
        *changeable*) has c && has m ;;
        *pseudo*) has p ;;
        *) has m || [ "$name" = rctl.pseudoterminals ] ;;       # allow.* and rctl.*: as the section says
        esac || { printf '%s: the page says: %s\n' "$name" "$words"; return 1; }
        case $words in
        *'host ids'*) has h ;;
        esac
}

@test "the page says of each row whether it can change" {
        walk agrees
}

# ---------------------------------------------------------------- completion

is_completed() {
        has r || [ -n "$refuse" ] || [[ " $completed " == *" $name "* ]]
}

@test "each row is completed" {
        jail -c name=limit-x path=/ persist
        source "$top/cmd/completion/gaol.bash"
        completed="$(_gaol_parameters) $(echo $_gaol_pseudo_parameters)"
        walk is_completed
}

# --------------------------------------------------------------------- values

shows_default() {
        case $name in
        jid) shows 1 ;;
        name) shows limit-x ;;
        level) shows os ;;
        path) shows / ;;
        persist) shows true ;;
        parent | children.cur | cpuset.id) shows 0 ;;
        dying) shows false ;;
        osrelease | linux.osrelease) shows "$(uname -r)" ;;
        linux.osname) shows "$(uname -s)" ;;
        osreldate) shows "$(uname -r | awk -F '[.-]' '{ print $1 * 65536 + $2 * 256 + ($3 > 255 ? 255 : $3) }')" ;;
        host.hostuuid) shows 00000000-0000-0000-0000-000000000000 ;;
        *)
                if has p || [ -n "$refuse" ]; then
                        check -s 1 -e "jls: unknown parameter: $name" jls "$name"
                else
                        shows "$default"
                fi
                ;;
        esac
}

@test "default: jls shows it, and knows nothing of pseudo-parameters" {
        check jail -c name=limit-x path=/ persist
        walk shows_default
}

# As jls -s tells it the jail is made again, and nothing is said but what was said before.
recreates() {
        local said=$1 status=0

        jls -s >was
        eval "set -- $(cat was)"
        jail -R limit-x
        # jls tells nothing of pseudo-parameters, and so not of the /dev that these need
        if has d; then
                said="jail: $name: $lack"
        fi
        check -e "$said" jail -c "$@" || status=1
        jls -s | diff -u was - || status=1
        jail -R limit-x
        return $status
}

creates() {
        local said

        has p || [ -z "$sample" ] && return 0
        case $name in
        name) check jail -c name=x path=/ persist && check jail -r x; return ;;
        path | persist) set -- persist path=/tmp ;;
        *) set -- $(with) persist "$name=$sample" ;;
        esac
        said=$(warning)
        if ! jail -c name=limit-x "$@" 2>said; then
                [[ -n $(impossible) && $(cat said) == $(impossible) ]] && return
                cat said
                return 1
        fi
        if holds said "$said" && shows "$(case $name in persist) echo true ;; *) echo "$sample" ;; esac)"; then
                recreates "$said"
                return
        fi
        jail -R limit-x
        return 1
}

@test "set at creation: jls shows it, jls -s makes it again, and one warning is all that is said" {
        walk creates
}

changes() {
        local status=0

        has p || [ -z "$sample" ] && return 0
        case $name in
        jid | name | persist) return 0 ;;       # what a jail is found by; and see life.bats
        esac
        # whether this machine can do it is seen at creation
        [ -z "$(impossible)" ] || return 0
        jail -c name=limit-x $(with) persist || return
        jls -j limit-x "$name" >was
        if [ "$(cat was)" = "$sample" ]; then   # with() has set it
                jail -R limit-x
        elif has m; then
                check -e "$(warning)" jail -m name=limit-x $(with) "$name=$sample" && shows "$sample" || status=1
                jail -R limit-x
        else
                check -s 1 -e "jail: $name cannot be changed after creation" jail -m name=limit-x $(with) "$name=$sample" || status=1
                jls -j limit-x "$name" >is
                cmp was is || status=1
                jail -R limit-x
        fi
        return $status
}

@test "jail -m: changed, or cannot be changed after creation" {
        walk changes
}

# ------------------------------------------------------------- the jail above

# below VALUE MESSAGE: a jail below cannot have the value.
refused_below() {
        check -s 1 -e "jail: $name: $2" jail -c name=limit-x.b path=/ persist "$name=$1"
}

# The jail below, made without a word about the row, shows VALUE.
default_below() {
        jail -c name=limit-x.b path=/ persist 2>/dev/null && check -o "$1" jls -j limit-x.b "$name"
}

inherits() {
        local status=0 above=''

        case $down in
        only) [ "$default" = false ] || above=false ;;
        least) above=2 ;;
        less) above=3 ;;
        copy) above=$sample ;;
        *) return 0 ;;
        esac
        jail -c name=limit-x path=/ persist ${above:+"$name=$above"} 2>/dev/null || return
        case $down in
        only) refused_below true 'the jail above does not have it' && default_below false ;;
        least) refused_below 1 '1: lower than that of the jail above' && default_below 2 ;;
        less) refused_below 3 '3: not less than that of the jail above' && default_below 0 ;;
        copy) default_below "$sample" ;;
        esac || status=1
        jail -R limit-x
        return $status
}

@test "a jail below another: what it may have, and what it has if nothing is said" {
        walk inherits
}

# ---------------------------------------------------------------- bad values

refuses() {
        local bad=x text

        case $type in
        boolean) text='unknown boolean value "x"' ;;
        integer | unsigned) text='non-integer value "x"' ;;
        amount) text='not an amount: x' ;;
        jailsys) text='unknown value "x"' ;;
        path) text='not an absolute pathname: x' ;;
        none) text=$refuse ;;
        comma | list | string | keyed)
                # any text will do, but for those that say what is wrong with theirs
                case $name in
                name) return 0 ;;               # see life.bats
                level) text='no such level: x' ;;
                cpuset.cpus) text='not a list of CPUs: x' ;;
                osrelease | linux.osname | linux.osrelease) bad='a b' text='not a release: a b' ;;
                host.hostname | host.domainname | host.hostuuid)
                        bad=$(printf '%065d' 0) text="$bad: File name too long" ;;
                meta | env) bad=$(printf '%04096d' 0) text='File too large' ;;
                vnet.interface) bad=12345678901234567 text='*' ;;
                vnet.gateway | vnet.ip?.addr | ip?.addr | publish) text='*' ;;
                interface) bad=a/b text='not an interface name: a/b' ;;
                root.base) text='not an absolute pathname: x' ;;
                zfs.dataset) bad=/x text='not a dataset: /x' ;;
                *) return 0 ;;
                esac
                ;;
        esac
        has r && text='read-only parameter'
        check -s 1 -e - jail -c name=limit-x persist path=/ "$name=$bad" || return
        [ "$(wc -l <"$err")" = 1 ] && [[ $(cat "$err") == "jail: $name: "$text ]] && return
        cat "$err"
        return 1
}

@test "a wrong type: one line, and no jail" {
        walk refuses
        check jls name
}

out_of_range() {
        [ "$type" = integer ] && ! has r && [ "$max" != 0 ] && [ "$name" != exec.fib ] || return 0
        check -s 1 -e "jail: $name: $((max + 1)): out of range ($min to $max)" jail -c name=limit-x persist path=/ "$name=$((max + 1))"
        check -s 1 -e "jail: $name: $((min - 1)): out of range ($min to $max)" jail -c name=limit-x persist path=/ "$name=$((min - 1))"
}

@test "integers: what is out of range, and what is in it" {
        walk out_of_range
        check jls name
}

negative() {
        local head=${name%"${name##*.}"} last=${name##*.}

        [ "$type" = boolean ] && ! has r || return 0
        conf "a { ${head}no$last; }"
        [ "$(jail -f jail.conf -e ' ')" = "name=a ${head}no$last" ]
}

@test "booleans: each has its opposite" {
        walk negative
        check -s 1 -e 'jail: unknown parameter: allow.nonosuch' jail -c name=limit-x persist path=/ allow.nonosuch
}
