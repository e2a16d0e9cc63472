#include "create.h"

#include <fcntl.h>
#include <inttypes.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/str.h"
#include "kern/caps.h"
#include "kern/cred.h"
#include "kern/fdpass.h"
#include "kern/pidfd.h"
#include "kern/seccomp.h"
#include "spec/rights.h"
#include "state/record.h"
#include "step/attach.h"
#include "step/host.h"
#include "step/limit.h"
#include "step/root.h"
#include "step/uname.h"

/* What PID 1 says when it could not start: which action failed, and errno. One byte, "r", is success (init.c). */
struct complaint {
        int code;
        char text[240];
};

void create_close_but(int *keep, size_t n)
{
        int from = 3;

        for (size_t i = 1; i < n; i++)
                for (size_t k = i; k > 0 && keep[k - 1] > keep[k]; k--) {
                        int lower = keep[k];

                        keep[k] = keep[k - 1];
                        keep[k - 1] = lower;
                }
        for (size_t i = 0; i < n; i++) {
                if (keep[i] < from)
                        continue;
                if (keep[i] > from)
                        close_range((unsigned)from, (unsigned)keep[i] - 1, 0);
                from = keep[i] + 1;
        }
        close_range((unsigned)from, ~0u, 0);
}

/* Would a process of the jail get its filter? PID 1 takes none itself, for it could not answer its own question. */
static int try_watch(void)
{
        int status;
        pid_t pid = (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0), waited;

        if (pid == 0) {
                int r = seccomp_watch_uname(NULL);

                _exit(r < 0 ? -r : 0);
        }
        if (pid < 0)
                return -errno;
        do
                waited = waitpid(pid, &status, 0);
        while (waited < 0 && errno == EINTR);
        return waited < 0 || !WIFEXITED(status) ? -ECHILD : -WEXITSTATUS(status);
}

int create_confine(const struct jail_spec *spec, uid_t uid, int *ret_watch, struct err *e)
{
        struct rights rights;
        struct caps caps = { .effective = ~UINT64_C(0), .permitted = ~UINT64_C(0) };

        const bool watched = uname_watched(spec);

        rights_of(spec, &rights);
        if (!ret_watch && watched)
                /* PID 1 writes to the memory of those who ask, by a file that is theirs */
                rights.caps |= CAP_BIT(CAP_SYS_PTRACE) | CAP_BIT(CAP_DAC_OVERRIDE);
        if (limit_rlimits(spec, !ret_watch, e) < 0)
                return -e->code;
        if (rights.no_new_privs && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
                return err_sys(e, "no_new_privs");
        /* The filter first: installing it takes a capability that the next lines may take away. */
        if (seccomp_install(rights.classes, e) < 0)
                return -e->code;
        if (watched) {
                int r = ret_watch ? *ret_watch = seccomp_watch_uname(e) : try_watch();

                if (r == -EBUSY)
                        return err_set(e, EBUSY, "%s: one is set for the jail we are in",
                                       spec_uname_release(spec) ? "osrelease" : "linux.osname");
                if (r < 0)
                        return e->code ? r : err_code(e, r, "watch uname");
        }
        if (uid == 0)
                return caps_limit(rights.caps, e);
        /* The bounding set while we may still change it; leaving uid 0 takes the rest along, capabilities(7). */
        caps.bounding = rights.caps;
        if (caps_set(&caps, e) < 0)
                return -e->code;
        if (cred_setuid(uid) < 0)
                return err_sys(e, "become uid %u", (unsigned)uid);
        caps.effective = caps.permitted = 0;
        return caps_set(&caps, e);
}

/*
 * Has the jail a user namespace of its own? One that may have children has also where its ids are those of a jail above:
 * how many there are is counted there (limit_children()). That is then all it is for, and ids are not changed.
 */
static bool own_user(const struct run *run)
{
        return run->spec->user == JAILSYS_NEW || (run->uid_count && run->spec->children_max > 0);
}

static unsigned long namespaces(const struct run *run)
{
        const struct jail_spec *s = run->spec;
        unsigned long flags = CLONE_NEWNS | CLONE_NEWPID;

        if (own_user(run))
                flags |= CLONE_NEWUSER;
        if (s->host == JAILSYS_NEW)
                flags |= CLONE_NEWUTS;
        if (spec_own_ipc(s))
                flags |= CLONE_NEWIPC;
        /* Without a stack of its own and without leave to use the host's, a jail has an empty one. */
        if (!spec_shares_stack(s))
                flags |= CLONE_NEWNET;
        return flags;
}

/*
 * How many jails a jail may hold is for the kernel to count: each has a pid namespace, and those are counted per user
 * namespace and user in it (namespaces(7), /proc/sys/user). The jail's own is counted for its maker, a user outside.
 * Called in the new user namespace, which has no /proc of its own yet.
 */
static int limit_children(int proc, int max, struct err *e)
{
        char text[16];
        char *p = text + sizeof text - 1;

        *p = '\0';             /* by hand: snprintf may take locks */
        for (int n = max; n > 0; n /= 10)
                *--p = (char)('0' + n % 10);
        return fd_put(proc, "sys/user/max_pid_namespaces", p, e) < 0 ? err_wrap(e, "children.max") : 0;
}

/*
 * Where init.c looks for them: the socket at 3, and what uname.h says. Before there are limits, which may be lower than
 * numbers that are needed in passing. The image is close-on-exec.
 */
static int place_descriptors(int *sync, int *image, const int *procfs, int lead, struct err *e)
{
        *image = fcntl(*image, F_DUPFD_CLOEXEC, 16);
        *sync = fcntl(*sync, F_DUPFD_CLOEXEC, 16);
        if (*image < 0 || *sync < 0)
                return err_sys(e, "descriptors of init");
        /* It stays open, in a process that nobody in the jail can look into, for as long as there is the jail. */
        if (lead >= 0 && fcntl(lead, F_DUPFD, 16) < 0)
                return err_sys(e, "descriptors of init");
        if (procfs && uname_prepare_init(*procfs, e) < 0)
                return -e->code;
        return dup2(*sync, 3) < 0 ? err_sys(e, "descriptors of init") : 0;
}

/*
 * PID 1 from its clone to its exec. It shares nothing with its maker but the socket: should the maker die before it
 * has said "go", the read ends with 0 and so do the jail's namespaces. Only async-signal-safe calls here.
 */
static _Noreturn void run_init_process(struct run *run, int sync, int image, int proc)
{
        static char *const modes[] = { (char *)"t", (char *)"to", (char *)"p", (char *)"po" };
        /* The name is for who reads lists of processes, and leads from a descriptor to the record. */
        char *argv[7] = { (char *)"gaol-init", modes[2 * run->spec->persist + run->host->own], (char *)(uintptr_t)run->name };
        char *envp[] = { NULL };
        struct complaint complaint = {0};
        int keep[] = { sync, image, run->lead };
        struct err e = {0};
        int procfs[FDPASS_MAX];
        size_t n_fds;
        char go;

        prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
        if (proc >= 0)
                limit_children(proc, run->spec->children_max + (run->spec->user != JAILSYS_NEW), &e);
        /* Other jails' sockets: while we hold a copy, their PID 1 would not see its maker die. */
        create_close_but(keep, COUNT(keep));
        close_range(0, 2, 0);
        uname_arguments(run->spec, argv + 3);
        if (fdpass_recv(sync, &go, 1, 0, procfs, &n_fds) != 1)
                _exit(1);
        if (e.code)
                goto complain;
        /* Only now: on version 1 the maker has moved us meanwhile, and the namespace's root is where it finds us. */
        if (unshare(CLONE_NEWCGROUP) < 0) {
                err_sys(&e, "unshare cgroup namespace");
                goto complain;
        }
        /* "/.." crosses onto what has been mounted over the root meanwhile; "/" would not */
        if (chroot("/..") < 0 || chdir("/") < 0)
                err_sys(&e, "change root");
        else if (cred_setgroups(0, NULL) < 0 || cred_setgid(0) < 0 || cred_setuid(0) < 0)
                err_sys(&e, "become root of the jail");
        else if (setsid() < 0)
                err_sys(&e, "setsid");
        else if (place_descriptors(&sync, &image, n_fds ? procfs : NULL, run->lead, &e) == 0 &&
                 create_confine(run->spec, 0, NULL, &e) == 0) {
                syscall(SYS_execveat, image, "", argv, envp, AT_EMPTY_PATH);
                err_sys(&e, "run init");
        }
complain:
        complaint.code = e.code ? e.code : EINVAL;
        memcpy(complaint.text, e.text, sizeof complaint.text - 1);
        if (write(sync, &complaint, sizeof complaint) < 0)
                _exit(2);
        _exit(1);
}

/* Writes as a process of the user namespace that PID 1 of the jail above is in: nobody else may, user_namespaces(7). */
static int put_from_above(const struct run *run, const char *path, const char *text)
{
        autofd pidfd = -EBADF;
        pid_t pid = pidfd_clone(0, -1, &pidfd);
        int status;

        if (pid == 0)
                _exit(setns(run->above, CLONE_NEWUSER) < 0 ? errno : -fd_put(AT_FDCWD, path, text, NULL));
        if (pid < 0)
                return pid;
        if (pidfd_reap(pidfd, &status) < 0 || !WIFEXITED(status))
                return -ECHILD;
        return -WEXITSTATUS(status);
}

/* from_above: the user namespace is below that of the jail above, and has all ids of it. */
static int map_ids(const struct run *run, bool from_above, struct err *e)
{
        static const char *const files[] = { "uid_map", "gid_map" };
        char path[48], map[64];

        snprintf(map, sizeof map, "0 %" PRIu32 " %" PRIu32 "\n", from_above ? 0 : run->uid_base, run->uid_count);
        for (size_t i = 0; i < COUNT(files); i++) {
                int r;

                snprintf(path, sizeof path, "/proc/%d/%s", run->init, files[i]);
                r = from_above ? put_from_above(run, path, map) : fd_put(AT_FDCWD, path, map, e);
                if (r < 0)
                        return from_above ? err_code(e, r, "write %s", path) : r;
        }
        return 0;
}

int create_reopen(struct run *run, struct err *e)
{
        autofd user = ns_open(run->init_pidfd, run->init, "user", e);

        if (user < 0)
                return user;
        run->enter_user = !ns_is_own(user, "user");
        if (run->uid_count)
                run->userns = fd_take(&user);
        run->netns = ns_open(run->init_pidfd, run->init, "net", e);
        if (run->netns < 0)
                return run->netns;
        run->mntns = ns_open(run->init_pidfd, run->init, "mnt", e);
        return run->mntns < 0 ? run->mntns : 0;
}

/* Does PID 1 of the jail above live in a user namespace other than ours? */
static int above_is_mapped(const struct run *run, bool *ret, struct err *e)
{
        autofd user = -EBADF;

        *ret = false;
        if (run->above < 0)
                return 0;
        user = ns_open(run->above, run->above_init, "user", e);
        if (user < 0)
                return user;
        *ret = !ns_is_own(user, "user");
        return 0;
}

/* What the process that passes through tells its maker; in memory of both. */
struct passage {
        pid_t pid;              /* > 0: it worked */
        int pidfd;
};

struct birth {
        struct run *run;
        unsigned long flags;
        int sync, proc;         /* for run_init_process() */
        bool mapped;            /* above_is_mapped() */
        struct passage *passage;
};

static void start_init_process(void *arg)
{
        const struct birth *b = arg;

        run_init_process(b->run, b->sync, b->run->host->init_image, b->proc);
}

/*
 * A process of the jail above, which is what a pid namespace below that one's must be made by, and of one thread, which
 * is what may join a user namespace. Its child, the new PID 1, is left to PID 1 of the jail above, which reaps it: that
 * jail cannot end before somebody has. It shares the maker's descriptors, so that the pidfd is the maker's, and like the
 * maker it is nobody's in there to look into.
 */
static _Noreturn void pass_through(const struct birth *b)
{
        int join = CLONE_NEWNET | CLONE_NEWUTS | CLONE_NEWIPC | (b->mapped ? CLONE_NEWUSER : 0);
        pid_t pid;

        if (setns(b->run->above, join) < 0)
                pid = -errno;
        /* Who makes a user namespace has to be somebody in the one it is made in. */
        else if (b->mapped && (cred_setgroups(0, NULL) < 0 || cred_setgid(0) < 0 || cred_setuid(0) < 0))
                pid = -errno;
        else
                pid = pidfd_clone(b->flags, -1, &b->passage->pidfd);
        if (pid == 0)
                start_init_process((void *)(uintptr_t)b);
        b->passage->pid = pid;
        _exit(0);
}

/* Root of the jail above may stop whoever passes through; the host does not wait for that. */
static int wait_passed(int pidfd, struct err *e)
{
        int r = pidfd_wait_end(pidfd, 30 * 1000);

        if (r <= 0)
                pidfd_kill(pidfd, SIGKILL);
        pidfd_reap(pidfd, NULL);
        return r <= 0 ? err_code(e, r ? r : ETIMEDOUT, "enter jail above") : 0;
}

/*
 * A jail below another is born in there: so the kernel ends it with the other, counts it as one of its children, and
 * lets root there see and signal what is in it. What it is not to have of its own it has from there.
 */
static pid_t be_born_below(const struct birth *b, struct err *e)
{
        struct passage *p = b->passage;
        struct run *run = b->run;
        autofd pidfd = -EBADF;
        int r;

        *p = (struct passage){ .pid = -ECHILD, .pidfd = -EBADF };
        if (ns_enter(run->above, CLONE_NEWPID, e) < 0)
                return -e->code;
        /* Its group on version 2 is the jail's: it has no leave to choose one for its child. */
        r = pidfd_clone(CLONE_FILES, run->cgroup, &pidfd);
        if (r == 0)
                pass_through(b);
        ns_return(&run->host->self, CLONE_NEWPID);
        if (r < 0)
                return err_code(e, r, "clone");
        r = wait_passed(pidfd, e);
        run->init_pidfd = p->pidfd;
        if (r < 0)
                return r;
        return p->pid;
}

static pid_t be_born(const struct birth *b, struct err *e)
{
        struct run *run = b->run;
        pid_t pid;

        if (ns_mnt_enter(run->stage >= 0 ? run->stage : run->host->spawner, e) < 0)
                return -e->code;
        if (b->passage)
                pid = be_born_below(b, e);
        else if (run->host->orphans)
                pid = pidfd_clone_orphan(b->flags, run->cgroup, start_init_process, (void *)(uintptr_t)b, &run->init_pidfd);
        else
                pid = pidfd_clone(b->flags, run->cgroup, &run->init_pidfd);
        if (pid == 0)
                start_init_process((void *)(uintptr_t)b);
        ns_mnt_return(&run->host->self);
        /* It was told its number in the jail above. */
        return pid > 0 && b->passage ? pidfd_pid(run->init_pidfd, e) : pid;
}

/*
 * The kernel counts a jail that has ended for as long as it takes to forget it (an RCU grace period or two, and a
 * turn of a worker), and tells nobody when that is over. So who finds the number reached looks again for a while.
 */
static pid_t be_born_in_time(const struct birth *b, struct err *e)
{
        pid_t pid = be_born(b, e);

        for (int tries = 0; pid == -ENOSPC && tries < 40; tries++) {
                nanosleep(&(struct timespec){ .tv_nsec = 25 * 1000 * 1000 }, NULL);
                pid = be_born(b, e);
        }
        if (pid == -ENOSPC)     /* limit_children() of the jail we are in or of one above */
                return err_set(e, EPERM, "prison limit exceeded");
        return pid < 0 && !e->code ? err_code(e, pid, "clone") : pid;
}

/*
 * Who may mount in the jail could undo what the mounts of the host's say, ro or nodev. The kernel locks that when a
 * mount comes from a namespace of another owner, so for such a jail there is one, and the jail's own follows it.
 */
static int make_stage(struct run *run, bool other_owner, struct err *e)
{
        struct rights rights;

        rights_of(run->spec, &rights);
        if (!other_owner || !(rights.classes & RIGHT_MOUNT))
                return 0;
        run->stage = ns_make_stage(&run->host->self, run->host->spawner, e);
        return run->stage < 0 ? run->stage : 0;
}

static int spawn(struct run *run, struct err *e)
{
        struct host *h = run->host;
        autofd ours = -EBADF, theirs = -EBADF, proc = -EBADF;
        struct birth birth = { .run = run, .flags = namespaces(run) };
        uint64_t start;
        int pair[2], r;

        if (host_prepare(h, e) < 0 || above_is_mapped(run, &birth.mapped, e) < 0)
                return -e->code;
        if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
                return err_sys(e, "socketpair");
        ours = pair[0];
        theirs = pair[1];
        if (run->spec->children_max > 0 && (birth.flags & CLONE_NEWUSER)) {
                proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
                if (proc < 0)
                        return err_sys(e, "open /proc");
        }
        if (make_stage(run, (birth.flags & CLONE_NEWUSER) || birth.mapped, e) < 0 || step_note(run, &step_spawn, e, "init") < 0)
                return -e->code;
        birth.sync = theirs;
        birth.proc = proc;
        if (run->above >= 0) {
                birth.passage = mmap(NULL, sizeof *birth.passage, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
                if (birth.passage == MAP_FAILED)
                        return err_nomem(e);
        }
        r = be_born_in_time(&birth, e);
        if (birth.passage)
                munmap(birth.passage, sizeof *birth.passage);
        if (r < 0)
                return r;
        run->init = r;
        run->sync = fd_take(&ours);
        /* By pid and start time it is found again; without them it would be nobody's. */
        r = pidfd_start_time(run->init, &start, e);
        if (r == 0)
                r = err_set(e, ECHILD, "init was killed while starting");
        if (r < 0 || record_set_init(run->record, run->init, start, e) < 0)
                return -e->code;
        if ((birth.flags & CLONE_NEWUSER) && map_ids(run, birth.mapped, e) < 0)
                return -e->code;
        if (limit_attach(run, run->init, e) < 0)
                return -e->code;
        if (create_reopen(run, e) < 0)
                return -e->code;
        if (run->spec->vnet != JAILSYS_NEW)
                return 0;
        return nl_open_in(NETLINK_ROUTE, run->netns, h->self.net, &run->nl_jail, e);
}

/*
 * The end of PID 1 is the end of the jail: every process of it, and every namespace nobody else holds. What we hold
 * ourselves goes first.
 */
static int unspawn(struct run *run, const char *note, struct err *e)
{
        autofd pidfd = fd_take(&run->init_pidfd);
        int r;

        if (pidfd < 0) {
                r = record_look(run->record, &pidfd, e);
                if (r == 0)
                        attach_kill(&run->host->store, run->record->jid);
                if (r <= 0)
                        return r;
        }
        fd_drop(&run->nl_jail.fd);
        fd_drop(&run->netns);
        fd_drop(&run->root);
        fd_drop(&run->mntns);
        fd_drop(&run->stage);
        fd_drop(&run->userns);
        fd_drop(&run->sync);
        r = pidfd_kill(pidfd, SIGKILL);
        if (r < 0 && r != -ESRCH)
                return err_code(e, r, "kill init");
        if (run->host->block)
                run->host->block(run->host->block_ctx);
        /* A process stuck in the kernel (a dead disk, NFS) may take for ever; then the record stays and so do we not. */
        r = pidfd_wait_end(pidfd, 30 * 1000);
        if (run->host->unblock)
                run->host->unblock(run->host->block_ctx);
        if (r <= 0)
                return err_code(e, r ? r : ETIMEDOUT, "wait for init to end");
        pidfd_reap(pidfd, NULL);        /* -ECHILD when another process made it */
        attach_kill(&run->host->store, run->record->jid);
        return 0;
}

const struct step step_spawn = { .name = "spawn", .boot = true, .enact = spawn, .undo = unspawn };

/* ------------------------------------------------------------------ host.* */

static bool host_wanted(const struct jail_spec *s)
{
        return s->host == JAILSYS_NEW;
}

static int set_names(struct run *run, struct err *e)
{
        const char *host = run->spec->hostname ? run->spec->hostname : "";
        const char *domain = run->spec->domainname ? run->spec->domainname : "(none)";
        int r = 0;

        if (ns_enter(run->init_pidfd, CLONE_NEWUTS, e) < 0)
                return -e->code;
        if (sethostname(host, strlen(host)) < 0)
                r = err_sys(e, "%s", host);
        else if (setdomainname(domain, strlen(domain)) < 0)
                r = err_sys(e, "%s", domain);
        ns_return(&run->host->self, CLONE_NEWUTS);
        return r;
}

static bool same_name(const char *a, const char *b)
{
        return str_eq(a ? a : "", b ? b : "");
}

/* What the jail has called itself meanwhile stays, unless it is this that changes. */
static int change_names(struct run *run, const struct jail_spec *old, struct err *e)
{
        if (same_name(run->spec->hostname, old->hostname) && same_name(run->spec->domainname, old->domainname))
                return 0;
        return set_names(run, e);
}

const struct step step_host = {
        .name = "host", .param = "host.hostname", .boot = true, .wanted = host_wanted, .enact = set_names, .change = change_names,
};

static int announce(struct run *run, struct err *e)
{
        if (run->host->created)
                run->host->created(run->host->trace_ctx, run->name, run->jid);
        return 0;
}

const struct step step_announce = { .name = "announce", .enact = announce };

/* ----------------------------------------------------------------- release */

static int release(struct run *run, struct err *e)
{
        autofd proc = uname_watched(run->spec) ? root_new_proc(run, true, e) : -EBADF;
        int r;

        if (uname_watched(run->spec) && proc < 0)
                return proc;
        /* Whatever is mounted on the stage is mounted: nothing that runs in the jail shall see it end. */
        fd_drop(&run->root);
        fd_drop(&run->stage);
        r = fdpass_send(run->sync, "g", 1, &proc, proc >= 0);
        return r < 0 ? err_code(e, r, "release init") : 0;
}

/* Waits until PID 1 says that it runs. */
static int settle(struct run *run, struct err *e)
{
        struct complaint complaint = {0};
        ssize_t n;

        do
                n = recv(run->sync, &complaint, sizeof complaint, 0);
        while (n < 0 && errno == EINTR);
        if (n == 1)
                return 0;
        if (n < 0)
                return err_sys(e, "wait for init");
        /* Killed before it could complain: a memory limit too low for a single process, say. */
        if (n == 0)
                return err_set(e, ECHILD, "init was killed while starting");
        complaint.text[sizeof complaint.text - 1] = '\0';
        return err_set(e, complaint.code, "%s", complaint.text);
}

int create_finish(struct run *run, bool *ret_ended, struct err *e)
{
        char answer;
        ssize_t n;
        int r;

        *ret_ended = false;
        if (run->spec->persist)
                return 0;
        r = pidfd_kill(run->init_pidfd, SIGUSR1);
        if (r < 0 && r != -ESRCH)
                return err_code(e, r, "tell init");
        do
                n = recv(run->sync, &answer, 1, 0);
        while (n < 0 && errno == EINTR);
        *ret_ended = n <= 0;
        return 0;
}

const struct step step_release = { .name = "release", .boot = true, .enact = release };
const struct step step_settle = { .name = "settle", .boot = true, .enact = settle };
