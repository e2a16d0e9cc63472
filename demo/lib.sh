# shellcheck shell=sh
# What the demo and the benchmarks have in common: clock, memory, what is left,
# a bar. Sourced by a script that runs on a stage (demo/stage), where all
# processes but its own belong to what is measured.

# Milliseconds.
now() {
        date +%s%3N
}

seconds() {  # of milliseconds
        awk -v ms="$1" 'BEGIN { if (ms < 995) printf "%.0f ms", ms; else printf "%.2f s", ms / 1000 }'
}

# N names with their addresses, a line each.
addresses() {
        awk -v n="$1" 'BEGIN { for (i = 1; i <= n; i++) {
                k = i - 1
                printf "10.%d.%d.%d www%d\n", 64 + int(k / 62500), int(k / 250) % 250, k % 250 + 1, i } }'
}

# Memory in use, in KiB, as one line of figures: slab, per-CPU areas, kernel
# stacks, what else the kernel has from vmalloc, tmpfs, page tables, anonymous
# memory. The first five are the kernel's own figures for the whole machine,
# after it dropped the names and inodes it only remembers; the last two are
# added up over the processes of the stage. Waits for what the kernel still
# gives back in the background, 5 seconds at most.
memory() {
        echo 2 2>/dev/null >/proc/sys/vm/drop_caches || :
        slab_last=0
        for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
                slab=$(awk '$1 == "Slab:" { print $2 }' /proc/meminfo)
                [ $((slab - slab_last)) -gt 128 ] || [ $((slab_last - slab)) -gt 128 ] || break
                slab_last=$slab
                sleep 0.25
        done
        { cat /proc/meminfo; cat /proc/[0-9]*/status /proc/[0-9]*/smaps_rollup 2>/dev/null; } | awk '
                $1 == "Slab:" || $1 == "Percpu:" || $1 == "KernelStack:" || $1 == "VmallocUsed:" || $1 == "Shmem:" ||
                $1 == "VmPTE:" || $1 == "Pss_Anon:" { sum[$1] += $2 }
                END { print sum["Slab:"], sum["Percpu:"], sum["KernelStack:"],
                            sum["VmallocUsed:"] - sum["KernelStack:"],
                            sum["Shmem:"], sum["VmPTE:"], sum["Pss_Anon:"] }'
}

# memory_each BEFORE AFTER N: what one of N took, in KiB: the total, then the figures of memory().
memory_each() {
        echo "$1 $2" | awk -v n="$3" '{
                for (i = 1; i <= 7; i++) {
                        part[i] = ($(i + 7) - $i) / n
                        # a kernel that has its stacks from elsewhere
                        if (i == 4 && part[i] < 0) part[i] = 0
                        total += part[i]
                }
                printf "%.1f", total
                for (i = 1; i <= 7; i++) printf " %.1f", part[i]
                print ""
        }'
}

count() {
        [ -e "$1" ] || [ -L "$1" ] || { echo 0; return; }
        echo $#
}

# Processes on the stage that were not started by this script, or are not its any more.
processes() {
        cat /proc/[0-9]*/stat 2>/dev/null | awk -v self=$$ '
                { pid = $1; sub(/.*\) /, ""); parent[pid] = $2 }
                END { for (pid in parent) {
                              p = pid
                              while (p > 1 && p != self) p = parent[p]
                              if (p != self) n++
                      }
                      print n + 0 }'
}

# Links, processes, mounts and records there are now.
present() {
        echo "$(wc -l </proc/net/dev) $(processes) $(wc -l </proc/self/mountinfo) $(count /run/gaol/jails/*)"
}

# bar WHAT DONE ALL: on a terminal a bar in place, else a line now and then. bar_end takes the bar away.
bar_said=0
bar() {
        if [ -t 1 ]; then
                awk -v what="$1" -v done="$2" -v all="$3" 'BEGIN {
                        full = int(40 * done / all)
                        for (i = 0; i < 40; i++) line = line (i < full ? "#" : ".")
                        printf "\r  %-8s %s %d/%d\033[K", what, line, done, all }'
        elif [ $(($(now) - bar_said)) -ge 2000 ]; then
                [ "$2" = 0 ] || printf '  %-8s %d of %d ...\n' "$1" "$2" "$3"
                bar_said=$(now)
        fi
}

bar_end() {
        [ ! -t 1 ] || printf '\r\033[K'
}

# Gives OCI runtimes control groups they can work with. Older ones refuse a machine that has version 2 beside version 1
# with controllers in it, so here they see version 1 alone. Nothing of it is seen outside the stage.
cgroups_for_oci() {
        [ "$(stat -fc %T /sys/fs/cgroup 2>/dev/null)" != cgroup2fs ] || return 0
        mkdir /run/cgroup
        mount --rbind /sys/fs/cgroup /run/cgroup
        mount -t tmpfs -o mode=0755 stage /sys/fs/cgroup
        awk '$5 ~ "^/run/cgroup/" && / - cgroup / { sub("^/run/cgroup/", "", $5); print $5 }' /proc/self/mountinfo |
        while read -r hierarchy; do
                mkdir "/sys/fs/cgroup/$hierarchy"
                mount --bind "/run/cgroup/$hierarchy" "/sys/fs/cgroup/$hierarchy"
        done
        umount -l /run/cgroup
}

# ... and takes that away again.
cgroups_for_us() {
        [ "$(stat -fc %T /sys/fs/cgroup 2>/dev/null)" = cgroup2fs ] || umount -l /sys/fs/cgroup
}

# The first line a program says when asked for its version, its name and number.
version() {
        "$1" --version 2>/dev/null | awk 'NR == 1 { print $1, $NF }'
}
