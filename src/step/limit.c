#include "limit.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <linux/capability.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/num.h"
#include "base/str.h"
#include "kern/caps.h"
#include "kern/cgroup.h"
#include "kern/pidfd.h"
#include "state/record.h"
#include "step/host.h"

static const char *const names[RCTL_N] = {
        [RCTL_MEMORYUSE] = "rctl.memoryuse", [RCTL_SWAPUSE] = "rctl.swapuse", [RCTL_MAXPROC] = "rctl.maxproc",
        [RCTL_PCPU] = "rctl.pcpu", [RCTL_READBPS] = "rctl.readbps", [RCTL_WRITEBPS] = "rctl.writebps",
        [RCTL_READIOPS] = "rctl.readiops", [RCTL_WRITEIOPS] = "rctl.writeiops", [RCTL_CPUTIME] = "rctl.cputime",
        [RCTL_DATASIZE] = "rctl.datasize", [RCTL_STACKSIZE] = "rctl.stacksize",
        [RCTL_COREDUMPSIZE] = "rctl.coredumpsize", [RCTL_MEMORYLOCKED] = "rctl.memorylocked",
        [RCTL_OPENFILES] = "rctl.openfiles", [RCTL_VMEMORYUSE] = "rctl.vmemoryuse",
        [RCTL_MSGQSIZE] = "rctl.msgqsize",
};      /* the others are those of sysv.c and root.c */

/* ------------------------------------------------------------ each process */

static const struct {
        enum rctl rctl;
        __rlimit_resource_t resource;
} rlimits[] = {
        { RCTL_CPUTIME, RLIMIT_CPU },           { RCTL_DATASIZE, RLIMIT_DATA },
        { RCTL_STACKSIZE, RLIMIT_STACK },       { RCTL_COREDUMPSIZE, RLIMIT_CORE },
        { RCTL_MEMORYLOCKED, RLIMIT_MEMLOCK },  { RCTL_OPENFILES, RLIMIT_NOFILE },
        { RCTL_VMEMORYUSE, RLIMIT_AS },         { RCTL_MSGQSIZE, RLIMIT_MSGQUEUE },
};

static int above_hard_limit(enum rctl rctl, uint64_t value, rlim_t hard, struct err *e)
{
        return err_set(e, EPERM, "%s: %" PRIu64 ": above the hard limit %" PRIu64, names[rctl], value, (uint64_t)hard);
}

int limit_rlimits(const struct jail_spec *spec, bool init, struct err *e)
{
        for (size_t i = 0; i < COUNT(rlimits); i++) {
                uint64_t value = spec->rctl[rlimits[i].rctl];
                struct rlimit limit = { .rlim_cur = value, .rlim_max = value }, now;

                if (value == RCTL_NONE || (init && rlimits[i].rctl == RCTL_OPENFILES) ||
                    setrlimit(rlimits[i].resource, &limit) == 0)
                        continue;
                if (errno == EPERM && getrlimit(rlimits[i].resource, &now) == 0 && value > now.rlim_max)
                        return above_hard_limit(rlimits[i].rctl, value, now.rlim_max, e);
                return err_sys(e, "%s: %" PRIu64, names[rlimits[i].rctl], value);
        }
        return 0;
}

/* What the jail's processes will find impossible is better said before anything is made. */
static int check_rlimits(const struct jail_spec *spec, struct err *e)
{
        struct caps caps;

        for (size_t i = 0; i < COUNT(rlimits); i++) {
                uint64_t value = spec->rctl[rlimits[i].rctl];
                struct rlimit now;

                if (value == RCTL_NONE || getrlimit(rlimits[i].resource, &now) < 0 || value <= now.rlim_max)
                        continue;
                if (caps_get(&caps, e) < 0)
                        return -e->code;
                if (!(caps.effective & CAP_BIT(CAP_SYS_RESOURCE)))
                        return above_hard_limit(rlimits[i].rctl, value, now.rlim_max, e);
        }
        return 0;
}

/* Inside, the process is nobody to the kernel when it comes to hard limits; out here we may be somebody. */
static void lift_rlimits(const struct jail_spec *spec, pid_t pid)
{
        for (size_t i = 0; i < COUNT(rlimits); i++) {
                uint64_t value = spec->rctl[rlimits[i].rctl];
                struct rlimit limit;

                if (value == RCTL_NONE || prlimit(pid, rlimits[i].resource, NULL, &limit) < 0 || value <= limit.rlim_max)
                        continue;
                limit.rlim_max = value;
                /* Refused: then limit_rlimits() in the process says so. */
                prlimit(pid, rlimits[i].resource, &limit, NULL);
        }
}

/* ---------------------------------------------------------- groups of a jail */

struct group {
        const struct cgroup_tree *tree;
        int dir;
        bool fresh;             /* made by the change at hand, or by one that was killed and left it half done */
        char path[PATH_MAX];
};

struct groups {
        struct group *v;
        size_t n;
};

static void groups_free(struct groups *g)
{
        for (size_t i = 0; i < g->n; i++)
                fd_drop(&g->v[i].dir);
        free(g->v);
}
#define autogroups __attribute__((cleanup(groups_free))) struct groups

static struct group *groups_add(struct groups *g)
{
        struct group *more = realloc(g->v, (g->n + 1) * sizeof *more);

        if (!more)
                return NULL;
        g->v = more;
        g->v[g->n] = (struct group){ .dir = -EBADF };
        return &g->v[g->n++];
}

/* "TREE PATH" as noted. false: of a tree that is not mounted here, or not a path of ours. */
static bool parse_note(const struct cgroup_layout *layout, const char *note, const struct cgroup_tree **ret_tree,
                       const char **ret_path)
{
        const char *blank = strchr(note, ' '), *path = blank ? blank + 1 : NULL, *leaf, *parent;
        char tree[64];

        if (!path || (size_t)(blank - note) >= sizeof tree)
                return false;
        memcpy(tree, note, (size_t)(blank - note));
        tree[blank - note] = '\0';
        leaf = strrchr(path, '/');
        if (!leaf || leaf[1] == '\0')
                return false;
        for (parent = leaf; parent > path && parent[-1] != '/';)
                parent--;
        if (!str_starts(parent, "gaol/") && !str_starts(parent, "gaol."))
                return false;
        *ret_tree = str_eq(tree, "v2") ? cgroup_v2(layout, NULL) : cgroup_tree_named(layout, tree);
        *ret_path = path;
        return *ret_tree;
}

/* The groups the record tells of. A group that is gone is left out. */
static int find_groups(struct run *run, const struct cgroup_layout *layout, struct groups *ret, struct err *e)
{
        for (size_t i = 0; i < run->record->n_entries; i++) {
                const struct entry *entry = &run->record->entries[i];
                const struct cgroup_tree *tree;
                const char *path;
                struct group *g;
                int dir;

                if (!str_eq(entry->step, step_limit.name) || !parse_note(layout, entry->note, &tree, &path))
                        continue;
                dir = cgroup_open(tree, path, e);
                if (dir == -ENOENT)
                        continue;
                if (dir < 0)
                        return dir;
                g = groups_add(ret);
                if (!g) {
                        fd_close(dir);
                        return err_nomem(e);
                }
                g->tree = tree;
                g->dir = dir;
                g->fresh = !entry->done;
                snprintf(g->path, sizeof g->path, "%s", path);
        }
        return 0;
}

static const struct group *group_with(const struct groups *groups, enum cgroup_ctl ctl)
{
        for (size_t i = 0; i < groups->n; i++)
                if (groups->v[i].tree->ctls & (1u << ctl))
                        return &groups->v[i];
        return NULL;
}

/* ------------------------------------------------------------ limits as data */

/* none: what takes the limit away. io limits name a disk before the value and, on version 2, a key. */
static const struct knob {
        enum rctl rctl;
        enum cgroup_ctl ctl;
        struct {
                const char *file, *none;
        } v1, v2;
        const char *io_key;
} knobs[] = {
        { RCTL_MEMORYUSE, CGROUP_MEMORY, { "memory.limit_in_bytes", "-1" }, { "memory.max", "max" }, NULL },
        { RCTL_SWAPUSE, CGROUP_MEMORY, { "memory.memsw.limit_in_bytes", "-1" }, { "memory.swap.max", "max" }, NULL },
        { RCTL_MAXPROC, CGROUP_PIDS, { "pids.max", "max" }, { "pids.max", "max" }, NULL },
        { RCTL_PCPU, CGROUP_CPU, { "cpu.cfs_quota_us", "-1" }, { "cpu.max", "max" }, NULL },
        { RCTL_READBPS, CGROUP_IO, { "blkio.throttle.read_bps_device", "0" }, { "io.max", "max" }, "rbps" },
        { RCTL_WRITEBPS, CGROUP_IO, { "blkio.throttle.write_bps_device", "0" }, { "io.max", "max" }, "wbps" },
        { RCTL_READIOPS, CGROUP_IO, { "blkio.throttle.read_iops_device", "0" }, { "io.max", "max" }, "riops" },
        { RCTL_WRITEIOPS, CGROUP_IO, { "blkio.throttle.write_iops_device", "0" }, { "io.max", "max" }, "wiops" },
};

/* Microseconds of the kernel's default period of 100 ms for one percent of one CPU. */
#define QUOTA_PER_PERCENT 1000

static uint64_t value_of(const struct jail_spec *spec, const struct knob *k)
{
        return spec->rctl[k->rctl];
}

static const char *cpus_of(const struct jail_spec *spec)
{
        return spec->cpuset_cpus ? spec->cpuset_cpus : "";
}

static unsigned controllers_wanted(const struct jail_spec *spec)
{
        unsigned ctls = 0;

        for (size_t i = 0; i < COUNT(knobs); i++)
                if (value_of(spec, &knobs[i]) != RCTL_NONE)
                        ctls |= 1u << knobs[i].ctl;
        if (*cpus_of(spec))
                ctls |= 1u << CGROUP_CPUSET;
        return ctls;
}

/* Puts the parameter and its value before an error of the file's. */
static int blame(const struct knob *k, uint64_t value, struct err *e)
{
        return value == RCTL_NONE ? err_wrap(e, "%s", names[k->rctl])
                                  : err_wrap(e, "%s: %" PRIu64, names[k->rctl], value);
}

static int put_value(const struct knob *k, const struct group *g, uint64_t value, struct err *e)
{
        const char *file = g->tree->v2 ? k->v2.file : k->v1.file;
        char text[64];

        if (value == RCTL_NONE) {
                snprintf(text, sizeof text, "%s", g->tree->v2 ? k->v2.none : k->v1.none);
        } else if (k->rctl == RCTL_PCPU) {
                if (value > UINT64_MAX / QUOTA_PER_PERCENT)
                        return err_code(e, ERANGE, "write %s", file);
                snprintf(text, sizeof text, "%" PRIu64, value * QUOTA_PER_PERCENT);
        } else {
                snprintf(text, sizeof text, "%" PRIu64, value);
        }
        return fd_put(g->dir, file, text, e);
}

/*
 * Every disk the jail's root is on: that of path, or those of the layers. A layer in memory has none, but when nothing
 * is on a disk there is nothing to limit.
 */
static int find_disks(const struct run *run, struct strv *ret, struct err *e)
{
        const struct jail_spec *s = run->spec;
        struct strv places = { 0 };
        struct err first = { 0 };
        int r = 0;

        for (size_t i = 0; i < s->root_base.n && r == 0; i++)
                r = strv_push(&places, s->root_base.v[i]);
        if (r == 0 && s->root_base.n == 0)
                r = strv_push(&places, s->path ? s->path : "/");
        for (size_t i = 0; i < run->record->n_entries && r == 0; i++)
                if (str_eq(run->record->entries[i].step, "layer"))
                        r = strv_push(&places, run->record->entries[i].note);
        for (size_t i = 0; i < places.n && r == 0; i++) {
                struct err mine = { 0 };
                char disk[32];

                r = cgroup_disk_of(places.v[i], disk, sizeof disk, &mine);
                if (r == 0 && !strv_has(ret, disk))
                        r = strv_push(ret, disk);
                else if (r == -ENODEV)
                        r = 0;
                if (mine.code && !first.code)
                        first = mine;
        }
        strv_free(&places);
        if (r == -ENOMEM)
                return err_nomem(e);
        if (r == 0 && ret->n)
                return 0;
        if (e)
                *e = first;
        return -first.code;
}

static int put_io(const struct knob *k, const struct group *g, const struct strv *disks, uint64_t value, struct err *e)
{
        const char *file = g->tree->v2 ? k->v2.file : k->v1.file, *none = g->tree->v2 ? k->v2.none : k->v1.none;

        /* To version 1 it would mean no limit. */
        if (value == 0)
                return err_code(e, ERANGE, "write %s", file);
        for (size_t i = 0; i < disks->n; i++) {
                char number[24], text[96];
                int r;

                snprintf(number, sizeof number, "%" PRIu64, value);
                snprintf(text, sizeof text, "%s %s%s%s", disks->v[i], g->tree->v2 ? k->io_key : "",
                         g->tree->v2 ? "=" : "", value == RCTL_NONE ? none : number);
                r = fd_put(g->dir, file, text, e);
                if (r < 0)
                        return r;
        }
        return 0;
}

/*
 * Version 1 limits memory and swap together, and never lets that be below memory alone: which of the two is written
 * first depends on which way they go.
 */
static int put_memory_v1(const struct group *g, uint64_t memory, uint64_t swap, bool had_swap, struct err *e)
{
        static const struct knob *const mem_knob = &knobs[0], *const sum_knob = &knobs[1];
        uint64_t sum = swap == RCTL_NONE ? RCTL_NONE : memory + swap, now = RCTL_NONE;
        bool sum_first;
        char text[32];

        if (swap != RCTL_NONE && memory == RCTL_NONE)
                return err_set(e, EINVAL, "%s: %" PRIu64 ": cgroup version 1 limits swap only together with %s",
                               names[RCTL_SWAPUSE], swap, names[RCTL_MEMORYUSE]);
        if (swap == RCTL_NONE && !had_swap)
                return put_value(mem_knob, g, memory, e) < 0 ? blame(mem_knob, memory, e) : 0;
        if (swap != RCTL_NONE && sum < memory)
                return err_code(e, ERANGE, "%s: %" PRIu64, names[RCTL_SWAPUSE], swap);
        if (fd_get(g->dir, sum_knob->v1.file, text, sizeof text, NULL) < 0)
                return err_set(e, EOPNOTSUPP, "%s: %" PRIu64 ": the kernel does not account swap (no %s)",
                               names[RCTL_SWAPUSE], swap, sum_knob->v1.file);
        num_u64(text, &now);
        sum_first = sum >= now;
        for (int i = 0; i < 2; i++) {
                const struct knob *k = sum_first == (i == 0) ? sum_knob : mem_knob;

                if (put_value(k, g, k == sum_knob ? sum : memory, e) < 0)
                        return blame(k, k == sum_knob ? swap : memory, e);
        }
        return 0;
}

static int put_swap_v2(const struct knob *k, const struct group *g, uint64_t value, struct err *e)
{
        int r = put_value(k, g, value, e);

        if (r == -ENOENT)
                return err_set(e, EOPNOTSUPP, "%s: %" PRIu64 ": the kernel does not account swap (no %s)",
                               names[k->rctl], value, k->v2.file);
        return r < 0 ? blame(k, value, e) : 0;
}

/*
 * On version 1 a new group has no CPU and no memory, and nobody can be put into it: it gets what the one above has,
 * which may be as new.
 */
static int fill_cpuset_v1(int dir, int depth, struct err *e)
{
        static const char *const files[] = { "cpuset.cpus", "cpuset.mems" };
        autofd above = -EBADF;
        char text[512];

        for (size_t i = 0; i < COUNT(files); i++) {
                if (fd_get(dir, files[i], text, sizeof text, e) < 0)
                        return -e->code;
                if (*text)
                        continue;
                above = above >= 0 ? above : openat(dir, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
                if (above < 0)
                        return err_sys(e, "control group above");
                if (depth > 0 && fill_cpuset_v1(above, depth - 1, e) < 0)
                        return -e->code;
                if (fd_get(above, files[i], text, sizeof text, e) < 0 || fd_put(dir, files[i], text, e) < 0)
                        return -e->code;
        }
        return 0;
}

static int put_cpus(const struct group *g, const char *cpus, struct err *e)
{
        autofd above = -EBADF;
        char text[512];
        int r = g->tree->v2 ? 0 : fill_cpuset_v1(g->dir, 2, e);

        if (r == 0 && !*cpus && !g->tree->v2) {
                above = openat(g->dir, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
                r = above < 0 ? err_sys(e, "control group above") : (int)fd_get(above, "cpuset.cpus", text, sizeof text, e);
                cpus = text;
        }
        if (r >= 0)
                r = fd_put(g->dir, "cpuset.cpus", *cpus ? cpus : "\n", e);
        return r < 0 ? err_wrap(e, "cpuset.cpus: %s", cpus) : 0;
}

/* Sets what differs from old (NULL: everything that is limited). keep_going: puts back what can be put back. */
static int set_limits(const struct run *run, const struct jail_spec *old, const struct groups *groups, bool keep_going,
                      struct err *e)
{
        const struct jail_spec *new = run->spec;
        autostrv disks = { 0 };
        bool memory_done = false;

        for (size_t i = 0; i < COUNT(knobs); i++) {
                const struct knob *k = &knobs[i];
                uint64_t value = value_of(new, k), before = old ? value_of(old, k) : RCTL_NONE;
                const struct group *g = group_with(groups, k->ctl);
                int r = 0;

                if (value == before || !g)
                        continue;
                if (k->ctl == CGROUP_MEMORY && !g->tree->v2) {
                        bool had_swap = old && old->rctl[RCTL_SWAPUSE] != RCTL_NONE;

                        if (!memory_done)
                                r = put_memory_v1(g, new->rctl[RCTL_MEMORYUSE], new->rctl[RCTL_SWAPUSE], had_swap, e);
                        memory_done = true;
                } else if (k->rctl == RCTL_SWAPUSE) {
                        r = put_swap_v2(k, g, value, e);
                } else if (k->io_key) {
                        if (!disks.n)
                                r = find_disks(run, &disks, e);
                        if (r == 0)
                                r = put_io(k, g, &disks, value, e);
                        if (r < 0)
                                blame(k, value, e);
                } else if (put_value(k, g, value, e) < 0) {
                        r = blame(k, value, e);
                }
                if (r < 0 && !keep_going)
                        return r;
        }
        if (!str_eq(cpus_of(new), old ? cpus_of(old) : "") && group_with(groups, CGROUP_CPUSET)) {
                int r = put_cpus(group_with(groups, CGROUP_CPUSET), cpus_of(new), e);

                if (r < 0 && !keep_going)
                        return r;
        }
        return 0;
}

/* -------------------------------------------------------------------- making */

/*
 * Jails' names may be those of the files every group has: as systemd does, "_" goes before what could be one, and
 * before what begins with "_" itself.
 */
static bool clashes(const char *name)
{
        static const char *const words[] = { "tasks", "notify_on_release", "release_agent" };
        static const char *const prefixes[] = {
                "cgroup.", "memory.", "pids.", "cpu.", "cpuacct.", "cpuset.", "io.", "blkio.", "freezer.", "devices.",
                "hugetlb.", "rdma.", "misc.", "dmem.", "net_cls.", "net_prio.", "perf_event.", "debug.", "irq.",
        };

        if (*name == '_' || *name == '.')
                return true;
        for (size_t i = 0; i < COUNT(words); i++)
                if (str_eq(name, words[i]))
                        return true;
        for (size_t i = 0; i < COUNT(prefixes); i++)
                if (str_starts(name, prefixes[i]))
                        return true;
        return false;
}

/* The group of that tree in which the jails above have this one, relative to its mount; NULL: none. */
static const char *path_above(const struct run *run, const struct cgroup_tree *t)
{
        size_t n = strlen(t->name);

        for (size_t i = 0; i < run->groups_above.n; i++)
                if (strncmp(run->groups_above.v[i], t->name, n) == 0 && run->groups_above.v[i][n] == ' ')
                        return run->groups_above.v[i] + n + 1;
        return NULL;
}

/* alone: a name that nobody else on the machine can have, by the identity of our record's file. */
static int group_path(const struct run *run, const struct cgroup_tree *t, unsigned ctls, bool alone, char *ret,
                      size_t size, struct err *e)
{
        const char *above = path_above(run, t), *base = above ? above : t->prefix;
        bool confined = t->v2 && limit_confines(run);
        char parent[128], suffix[48] = "";
        size_t n = (size_t)snprintf(parent, sizeof parent, "%s", confined ? LIMIT_NET : "gaol");
        struct stat st;
        int len;

        for (unsigned i = 0; t->v2 && i < CGROUP_CTL_N; i++)
                if (ctls & (1u << i))
                        n += (size_t)snprintf(parent + n, sizeof parent - n, "%c%s", n == 4 ? '.' : '+',
                                              cgroup_ctl_name(i));
        if (alone && fstat(run->record->fd, &st) < 0)
                return err_sys(e, "record %s", run->name);
        if (alone)
                snprintf(suffix, sizeof suffix, "~%jx.%jx", (uintmax_t)st.st_dev, (uintmax_t)st.st_ino);
        len = snprintf(ret, size, "%s%s%s/%s%s%s", base, *base ? "/" : "", parent,
                       clashes(run->name) ? "_" : "", run->name, suffix);
        return len < 0 || (size_t)len >= size ? err_code(e, ENAMETOOLONG, "%s", run->name) : 0;
}

static void note_of(const struct group *g, char *ret, size_t size)
{
        snprintf(ret, size, "%s %s", g->tree->name, g->path);
}

/* 1, 0, or -errno. */
static int exists(const struct group *g, struct err *e)
{
        autofd dir = cgroup_open(g->tree, g->path, e);

        return dir >= 0 ? 1 : dir == -ENOENT ? 0 : dir;
}

/*
 * Jails with records elsewhere, in another mount namespace say, may have the same name. Undoing a note kills, so a name
 * that somebody has is not even noted; should they come between, the note is withdrawn.
 */
static int make_noted(struct run *run, struct group *g, unsigned ctls, struct err *e)
{
        char note[PATH_MAX + 64];
        int r = 0;

        for (int alone = 0; alone < 2; alone++) {
                r = group_path(run, g->tree, ctls, alone, g->path, sizeof g->path, e);
                if (r < 0)
                        return r;
                r = alone ? 0 : exists(g, e);
                if (r < 0)
                        return err_wrap(e, "rctl");
                if (r > 0)
                        continue;
                /* Left by an earlier process whose record's file was this one's predecessor. */
                if (alone)
                        cgroup_discard(g->tree, g->path, NULL);
                note_of(g, note, sizeof note);
                r = step_note(run, &step_limit, e, "%s", note);
                if (r < 0)
                        return r;
                r = cgroup_make(g->tree, g->path, ctls, e);
                if (r != -EEXIST)
                        return r < 0 ? err_wrap(e, "rctl") : 0;
                record_undone(run->record, step_limit.name, note, NULL);
        }
        return err_wrap(e, "rctl");
}

static int make_group(struct run *run, const struct cgroup_tree *t, unsigned ctls, struct groups *groups, struct err *e)
{
        struct group *g = groups_add(groups);
        int r;

        if (!g)
                return err_nomem(e);
        g->tree = t;
        g->fresh = true;
        r = make_noted(run, g, ctls, e);
        if (r < 0)
                return r;
        g->dir = cgroup_open(t, g->path, e);
        return g->dir < 0 ? err_wrap(e, "rctl") : 0;
}

static int no_controller(const struct jail_spec *spec, enum cgroup_ctl ctl, struct err *e)
{
        for (size_t i = 0; i < COUNT(knobs); i++)
                if (knobs[i].ctl == ctl && value_of(spec, &knobs[i]) != RCTL_NONE)
                        return err_set(e, EOPNOTSUPP, "%s: %" PRIu64 ": no cgroup tree with the %s controller is mounted",
                                       names[knobs[i].rctl], value_of(spec, &knobs[i]), cgroup_ctl_name(ctl));
        if (ctl == CGROUP_CPUSET)
                return err_set(e, EOPNOTSUPP, "cpuset.cpus: %s: no cgroup tree with the cpuset controller is mounted",
                               cpus_of(spec));
        return err_code(e, EOPNOTSUPP, "rctl");
}

/* The first limit that asks for a controller of the tree. */
static const struct knob *first_of(const struct jail_spec *spec, unsigned ctls)
{
        for (size_t i = 0; i < COUNT(knobs); i++)
                if ((ctls & (1u << knobs[i].ctl)) && value_of(spec, &knobs[i]) != RCTL_NONE)
                        return &knobs[i];
        return &knobs[0];
}

/*
 * Where a jail's group may be made. Version 2 hands a controller down from no group that has processes, and that of the
 * jail above has. And groups do not move: a jail gets its first before those below it do.
 */
static int check_place(const struct run *run, const struct cgroup_tree *t, unsigned ctls, struct err *e)
{
        const struct knob *k = first_of(run->spec, ctls);
        size_t len = strlen(t->name);
        autostrv below = { 0 };
        bool found = false;

        if (t->v2 && path_above(run, t))
                return err_set(e, EBUSY, "%s: %" PRIu64 ": on cgroup version 2 not below a jail that has limits itself",
                               names[k->rctl], value_of(run->spec, k));
        if (!run->record->up)   /* only being made: there is nothing below it */
                return 0;
        if (store_names_below(run->record->store, run->name, &below, e) < 0)
                return -e->code;
        for (size_t i = 0; i < below.n && !found; i++) {
                struct record rec;
                int r = record_open(run->record->store, below.v[i], false, &rec, e);

                if (r == -ENOENT)
                        continue;
                if (r < 0)
                        return r;
                for (size_t m = 0; m < rec.n_entries; m++)
                        found |= str_eq(rec.entries[m].step, step_limit.name) &&
                                 strncmp(rec.entries[m].note, t->name, len) == 0 && rec.entries[m].note[len] == ' ';
                record_close(&rec);
        }
        return found ? err_set(e, EBUSY, "%s: %" PRIu64 ": a jail below has such limits already", names[k->rctl],
                               value_of(run->spec, k))
                     : 0;
}

bool limit_confines(const struct run *run)
{
        return spec_is_confined(run->spec) && !run->host->nested;
}

static bool has_v2(const struct groups *groups)
{
        for (size_t i = 0; i < groups->n; i++)
                if (groups->v[i].tree->v2)
                        return true;
        return false;
}

/* Makes what the limits of run->spec, and its confinement, need beyond groups. */
static int make_groups(struct run *run, const struct cgroup_layout *layout, struct groups *groups, struct err *e)
{
        unsigned want = controllers_wanted(run->spec);

        for (unsigned i = 0; i < CGROUP_CTL_N; i++)
                if ((want & (1u << i)) && !cgroup_tree_of(layout, i))
                        return no_controller(run->spec, i, e);
        for (size_t i = 0; i < layout->n; i++) {
                const struct cgroup_tree *t = &layout->tree[i];
                unsigned ctls = 0;
                struct group *have = NULL;
                int r;

                for (unsigned k = 0; k < CGROUP_CTL_N; k++)
                        if ((want & (1u << k)) && cgroup_tree_of(layout, k) == t)
                                ctls |= 1u << k;
                if (!ctls)
                        continue;
                for (size_t k = 0; k < groups->n; k++)
                        if (groups->v[k].tree == t)
                                have = &groups->v[k];
                /* A group that is there keeps its place and gets what it lacks: moving it would lose its accounts. */
                if (have)
                        r = cgroup_enable(t, have->path, ctls, e) < 0 ? err_wrap(e, "rctl") : 0;
                else if ((r = check_place(run, t, ctls, e)) == 0)
                        r = make_group(run, t, ctls, groups, e);
                if (r < 0)
                        return r;
        }
        if (limit_confines(run) && !has_v2(groups)) {
                const struct cgroup_tree *t = cgroup_v2(layout, e);

                return t ? make_group(run, t, 0, groups, e) : -e->code;
        }
        return 0;
}

/* Hands the version 2 group over to run->cgroup. */
static void keep_v2(struct run *run, struct groups *groups)
{
        for (size_t i = 0; i < groups->n; i++)
                if (groups->v[i].tree->v2 && groups->v[i].dir >= 0) {
                        fd_drop(&run->cgroup);
                        run->cgroup = fd_take(&groups->v[i].dir);
                }
}

/* Without a version 2 group of its own a jail is born in that of the jails above. */
static int open_above(struct run *run, const struct cgroup_layout *layout, struct err *e)
{
        for (size_t i = 0; run->cgroup < 0 && i < layout->n; i++) {
                const struct cgroup_tree *t = &layout->tree[i];
                const char *path = path_above(run, t);
                int dir;

                if (!t->v2 || !path)
                        continue;
                dir = cgroup_open(t, path, e);
                if (dir < 0)
                        return err_wrap(e, "rctl");
                run->cgroup = dir;
        }
        return 0;
}

static int enact(struct run *run, struct err *e)
{
        const struct cgroup_layout *layout;
        autogroups groups = { 0 };
        int r = check_rlimits(run->spec, e);

        if (r < 0 || (!controllers_wanted(run->spec) && !run->groups_above.n && !limit_confines(run)))
                return r;
        r = cgroup_layout_get(&layout, e);
        if (r == 0)
                r = make_groups(run, layout, &groups, e);
        if (r == 0)
                r = set_limits(run, NULL, &groups, false, e);
        if (r == 0)
                keep_v2(run, &groups);
        return r < 0 ? r : open_above(run, layout, e);
}

static int undo(struct run *run, const char *note, struct err *e)
{
        const struct cgroup_layout *layout;
        const struct cgroup_tree *tree;
        const char *path;
        int r;

        r = cgroup_layout_get(&layout, e);
        if (r < 0)
                return r;
        if (!parse_note(layout, note, &tree, &path))
                return 0;
        return cgroup_remove(tree, path, e);
}

/* -------------------------------------------------------------------- change */

/* Is the process in the pid namespace, or in one below it? -ESRCH: there is no telling any more. */
static int in_pid_namespace(pid_t pid, const struct stat *ns)
{
        char path[48];
        struct stat st;
        autofd fd = -EBADF;

        snprintf(path, sizeof path, "/proc/%d/ns/pid", (int)pid);
        fd = open(path, O_RDONLY | O_CLOEXEC);
        /* The kernel also says EACCES for one that has just gone. */
        if (fd < 0)
                return errno == EACCES && kill(pid, 0) == 0 ? 0 : -ESRCH;
        for (int depth = 0; fd >= 0 && depth <= 32; depth++) {
                int parent;

                if (fstat(fd, &st) < 0)
                        return -ESRCH;
                if (st.st_dev == ns->st_dev && st.st_ino == ns->st_ino)
                        return 1;
                parent = ioctl(fd, NS_GET_PARENT);
                fd_drop(&fd);
                fd = parent < 0 ? -EBADF : parent;
        }
        return 0;
}

/*
 * The next process of the machine, 0 at the end. A few names at a time: were many read ahead, those that live for less
 * than the reading takes would be gone when their turn comes, and their children not be in the list.
 */
struct walk {
        int fd;
        char buf[sizeof(struct dirent64)] __attribute__((aligned(8)));
        long len, at;
};
#define WALK_BYTES 96           /* of buf; three or four processes */

static pid_t walk_next(struct walk *w)
{
        for (;;) {
                const struct dirent64 *de;
                int pid;

                if (w->at >= w->len) {
                        w->at = 0;
                        w->len = syscall(SYS_getdents64, w->fd, w->buf, WALK_BYTES);
                        if (w->len <= 0)
                                return w->len < 0 ? -errno : 0;
                }
                de = (const void *)(w->buf + w->at);
                w->at += de->d_reclen;
                if (num_int(de->d_name, &pid) == 0 && pid > 0)
                        return pid;
        }
}

static bool has_pid(const pid_t *pids, size_t n, pid_t pid)
{
        for (size_t i = 0; i < n; i++)
                if (pids[i] == pid)
                        return true;
        return false;
}

/* One look at all processes of the machine. Returns how many of the jail's were met outside, or -errno. */
static int move_once(const struct stat *ns, const struct group *g, struct err *e)
{
        autofd proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        struct walk walk = { .fd = proc };
        pid_t *inside = NULL, pid = 0;
        size_t n = 0;
        int met = 0, r;

        if (proc < 0)
                return err_sys(e, "/proc");
        r = cgroup_processes(g->dir, &inside, &n, e);
        while (r == 0 && (pid = walk_next(&walk)) > 0) {
                int ours = has_pid(inside, n, pid) ? 0 : in_pid_namespace(pid, ns);

                if (ours == 0)
                        continue;
                met++;
                r = ours < 0 ? 0 : cgroup_attach(g->dir, pid, e);
                if (r == -ESRCH)
                        r = 0;
        }
        free(inside);
        if (r == 0 && pid < 0)
                r = err_code(e, pid, "/proc");
        return r < 0 ? r : met;
}

/*
 * Sends sig to all of the jail but PID 1, at once: while kill(-1) is at work the kernel lets nobody fork past it. Only
 * a process of the jail's pid namespace can say "all" and mean them, so one is made for it.
 */
static int signal_all(const struct run *run, int sig)
{
        autofd pidfd = -EBADF;
        pid_t pid = pidfd_clone(0, -1, &pidfd);
        int status;

        if (pid == 0) {
                autofd inner = -EBADF;

                if (setns(run->init_pidfd, CLONE_NEWPID) < 0)
                        _exit(1);
                pid = pidfd_clone(0, -1, &inner);
                if (pid == 0)
                        _exit(kill(-1, sig) < 0 && errno != ESRCH);
                _exit(pid < 0 || pidfd_reap(inner, &status) < 0 || status != 0);
        }
        if (pid < 0)
                return pid;
        return pidfd_reap(pidfd, &status) < 0 || status != 0 ? -EIO : 0;
}

/*
 * Until nobody was met outside, twice: what a process forks before it is moved is born outside. Moving takes
 * milliseconds, and one that wants to stay out need only fork faster than that; then all have to stand still for it.
 * (Those that were stopped before go on afterwards with the others.)
 */
static int move_processes(const struct run *run, const struct group *g, struct err *e)
{
        char path[48];
        struct stat ns;
        bool stopped = false;
        int r = 0, clean = 0;

        snprintf(path, sizeof path, "/proc/%d/ns/pid", (int)run->init);
        if (stat(path, &ns) < 0)
                return err_sys(e, "%s", path);
        for (int tries = 0; tries < 20 && clean < 2; tries++) {
                if (tries == 4)
                        stopped = signal_all(run, SIGSTOP) == 0;
                r = move_once(&ns, g, e);
                if (r < 0)
                        break;
                clean = r == 0 ? clean + 1 : 0;
        }
        if (stopped)
                signal_all(run, SIGCONT);
        if (r < 0)
                return r;
        return clean == 2 ? 0 : err_set(e, EAGAIN, "rctl: %s/%s: processes appear faster than they can be moved",
                                        g->tree->mount, g->path);
}

static bool same_limits(const struct jail_spec *a, const struct jail_spec *b)
{
        for (size_t i = 0; i < COUNT(knobs); i++)
                if (value_of(a, &knobs[i]) != value_of(b, &knobs[i]))
                        return false;
        return str_eq(cpus_of(a), cpus_of(b));
}

/* As it was before: the old limits, and no group that was not there. */
static void change_back(struct run *run, const struct jail_spec *old, struct groups *groups)
{
        const struct jail_spec *new = run->spec;
        char note[PATH_MAX + 64];

        run->spec = old;
        set_limits(run, new, groups, true, NULL);
        run->spec = new;
        for (size_t i = 0; i < groups->n; i++) {
                const struct group *g = &groups->v[i];

                if (!g->fresh || !*g->path)
                        continue;
                note_of(g, note, sizeof note);
                /* Only if nobody is in it: a process that was moved in must not be killed for the sake of tidiness. */
                if (cgroup_discard(g->tree, g->path, NULL) == 0)
                        record_undone(run->record, step_limit.name, note, NULL);
                else
                        record_done(run->record, step_limit.name, note, NULL);
        }
}

static int change(struct run *run, const struct jail_spec *old, struct err *e)
{
        const struct cgroup_layout *layout;
        autogroups groups = { 0 };
        char note[PATH_MAX + 64];
        int r = check_rlimits(run->spec, e);

        if (r < 0 || same_limits(run->spec, old))
                return r;
        r = cgroup_layout_get(&layout, e);
        if (r == 0)
                r = find_groups(run, layout, &groups, e);
        if (r < 0)
                return r;
        r = make_groups(run, layout, &groups, e);
        if (r == 0)
                r = set_limits(run, old, &groups, false, e);
        /* One that was made without processes has none to move. */
        for (size_t i = 0; r == 0 && run->init > 0 && i < groups.n; i++)
                if (groups.v[i].fresh)
                        r = move_processes(run, &groups.v[i], e);
        for (size_t i = 0; r == 0 && i < groups.n; i++)
                if (groups.v[i].fresh) {
                        note_of(&groups.v[i], note, sizeof note);
                        r = record_done(run->record, step_limit.name, note, e);
                }
        if (r < 0)
                change_back(run, old, &groups);
        else
                keep_v2(run, &groups);
        return r;
}

const struct step step_limit = { .name = "cgroup", .enact = enact, .undo = undo, .change = change };

const struct cgroup_tree *limit_v2(const struct run *run, const char **ret_path, struct err *e)
{
        const struct cgroup_layout *layout;

        if (cgroup_layout_get(&layout, e) < 0)
                return NULL;
        for (size_t i = 0; i < run->record->n_entries; i++) {
                const struct entry *entry = &run->record->entries[i];
                const struct cgroup_tree *tree;

                if (str_eq(entry->step, step_limit.name) && parse_note(layout, entry->note, &tree, ret_path) && tree->v2)
                        return tree;
        }
        err_set(e, ENOENT, "no control group of version 2");
        return NULL;
}

/* ------------------------------------------------------------------ entering */

static bool has_notes(const struct run *run)
{
        for (size_t i = 0; i < run->record->n_entries; i++)
                if (str_eq(run->record->entries[i].step, step_limit.name))
                        return true;
        return run->groups_above.n;
}

int limit_inherit(struct run *run, const struct record *above, struct err *e)
{
        for (size_t i = 0; i < above->n_entries; i++) {
                const char *note = above->entries[i].note;
                size_t n = strcspn(note, " ") + 1;
                bool known = false;

                if (!str_eq(above->entries[i].step, step_limit.name) || !above->entries[i].done)
                        continue;
                /* The nearest jail's is below those of the others. */
                for (size_t k = 0; k < run->groups_above.n; k++)
                        known |= strncmp(run->groups_above.v[k], note, n) == 0;
                if (!known && strv_push(&run->groups_above, note) < 0)
                        return err_nomem(e);
        }
        return 0;
}

int limit_open(struct run *run, struct err *e)
{
        const struct cgroup_layout *layout;
        autogroups groups = { 0 };
        int r;

        if (!has_notes(run))
                return 0;
        r = cgroup_layout_get(&layout, e);
        if (r == 0)
                r = find_groups(run, layout, &groups, e);
        if (r == 0)
                keep_v2(run, &groups);
        return r < 0 ? r : open_above(run, layout, e);
}

/* Puts a process into the group that was noted, unless it was born there. */
static int attach_noted(struct run *run, const struct cgroup_layout *layout, const char *note, pid_t pid, struct err *e)
{
        const struct cgroup_tree *tree;
        const char *path;
        autofd dir = -EBADF;

        /* A limit that can no longer be found must not be entered past. */
        if (!parse_note(layout, note, &tree, &path))
                return err_set(e, ENOENT, "rctl: %s: no such control group", note);
        if (tree->v2 && run->cgroup >= 0)
                return 0;
        if (tree->v2)
                return err_set(e, ENOENT, "rctl: %s/%s: no such control group", tree->mount, path);
        dir = cgroup_open(tree, path, e);
        return dir < 0 || cgroup_attach(dir, pid, e) < 0 ? err_wrap(e, "rctl") : 0;
}

/* A change may have been killed before it had made what it noted; whether it had given it limits or not, it is ours. */
static bool is_made(const struct cgroup_layout *layout, const char *note)
{
        const struct cgroup_tree *tree;
        const char *path;
        autofd dir = -EBADF;

        if (!parse_note(layout, note, &tree, &path))
                return false;
        dir = cgroup_open(tree, path, NULL);
        return dir != -ENOENT;
}

int limit_attach(struct run *run, pid_t pid, struct err *e)
{
        const struct cgroup_layout *layout;

        lift_rlimits(run->spec, pid);
        if (!has_notes(run))
                return 0;
        if (cgroup_layout_get(&layout, e) < 0)
                return -e->code;
        /* Those above first: what is the jail's own in a tree is below them. */
        for (size_t i = 0; i < run->groups_above.n; i++)
                if (attach_noted(run, layout, run->groups_above.v[i], pid, e) < 0)
                        return -e->code;
        for (size_t i = 0; i < run->record->n_entries; i++) {
                const struct entry *entry = &run->record->entries[i];

                if (str_eq(entry->step, step_limit.name) && (entry->done || is_made(layout, entry->note)) &&
                    attach_noted(run, layout, entry->note, pid, e) < 0)
                        return -e->code;
        }
        return 0;
}
