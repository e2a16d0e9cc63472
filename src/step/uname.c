#include "uname.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/fd.h"
#include "kern/fdpass.h"
#include "kern/mnt.h"
#include "kern/ns.h"
#include "step/host.h"

bool uname_watched(const struct jail_spec *spec)
{
        const char *release = spec_uname_release(spec), *sysname = spec_uname_sysname(spec);
        struct utsname u;

        if (!release && !sysname)
                return false;
        /* jls -s writes what the kernel says too, and that takes no filter */
        return uname(&u) < 0 || (release && !str_eq(release, u.release)) || (sysname && !str_eq(sysname, u.sysname));
}

void uname_arguments(const struct jail_spec *spec, char *ret[4])
{
        const char *release = spec_uname_release(spec), *sysname = spec_uname_sysname(spec);

        ret[0] = NULL;
        if (!uname_watched(spec))
                return;
        ret[0] = (char *)(uintptr_t)(release ? release : "");
        ret[1] = (char *)(uintptr_t)(sysname ? sysname : "");
        ret[2] = spec->children_max > 0 ? (char *)(uintptr_t)"nested" : NULL;
        ret[3] = NULL;
}

/* Moves a descriptor to a number of its own. The one it had is free again: there may soon be a limit on them. */
static int move_to(int fd, int number)
{
        int r = dup2(fd, number);

        close(fd);
        return r;
}

int uname_prepare_init(int proc, struct err *e)
{
        int fds[3] = { -1, -1, proc };

        if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0)
                return err_sys(e, "socketpair");
        /* Out of the way first: any of them may be where another is to go. */
        for (size_t i = 0; i < COUNT(fds); i++) {
                int far = fcntl(fds[i], F_DUPFD_CLOEXEC, 16);

                close(fds[i]);
                fds[i] = far;
        }
        if (move_to(fds[0], UNAME_INBOX) < 0 || move_to(fds[1], UNAME_OUTBOX) < 0 || move_to(fds[2], UNAME_PROC) < 0)
                return err_sys(e, "descriptors of init");
        return 0;
}

int uname_hand_over(struct run *run, int listener, struct err *e)
{
        autofd outbox = (int)syscall(SYS_pidfd_getfd, run->init_pidfd, UNAME_OUTBOX, 0), ours = -EBADF, theirs = -EBADF;
        struct pollfd p = { .events = POLLIN };
        int pair[2], r;
        char answer;

        if (outbox < 0)
                return err_sys(e, "reach init");
        if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
                return err_sys(e, "socketpair");
        ours = pair[0];
        theirs = pair[1];
        r = fdpass_send(outbox, "u", 1, (int[]){ theirs, listener }, 2);
        if (r < 0)
                return err_code(e, r, "tell init");
        fd_drop(&theirs);
        p.fd = ours;
        while (poll(&p, 1, 30 * 1000) < 0 && errno == EINTR)
                ;
        if (recv(ours, &answer, 1, MSG_DONTWAIT) == 1)
                return 0;
        /* It has no descriptor left to take another with. */
        return err_code(e, p.revents ? EMFILE : ETIMEDOUT, "tell init");
}

/* ------------------------------------------------------------------- /proc */

struct cover {
        const char *path, *name;
        char text[512];
};

static int write_file(int dir, const struct cover *c, struct err *e)
{
        autofd fd = openat(dir, c->name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444);
        int r;

        if (fd < 0)
                return err_sys(e, "%s", c->path);
        r = fd_write_all(fd, c->text, strlen(c->text));
        return r < 0 ? err_code(e, r, "%s", c->path) : 0;
}

/*
 * Where the jail's mounts are attached. Before Linux 6.15 a file is cloned only off a mount that is attached where we are: this
 * one is, over the procfs and for as long as that takes. What the files go on is looked up before.
 */
static int put_covers(int files, int proc, const struct cover *covers, const int *targets, size_t n, struct err *e)
{
        int r = 0;

        if (mnt_attach(files, proc, "", "files", e) < 0)
                return -e->code;
        for (size_t i = 0; i < n && r == 0; i++) {
                autofd file = mnt_clone(files, covers[i].name, false, e);

                r = file < 0 ? file : mnt_attach(file, targets[i], "", covers[i].path, e);
        }
        if ((fchdir(files) < 0 || umount2(".", MNT_DETACH) < 0) && r == 0)
                r = err_sys(e, "unmount files");
        return r;
}

int uname_cover_proc(struct run *run, int proc, struct err *e)
{
        static const struct mnt_opt opts[] = { MNT_STR("mode", "0555"), MNT_STR("size", "64k") };
        const char *release = spec_uname_release(run->spec), *sysname = spec_uname_sysname(run->spec);
        struct cover covers[] = {
                { "sys/kernel/osrelease", "osrelease" }, { "sys/kernel/ostype", "ostype" }, { "version", "version" },
        };
        int targets[COUNT(covers)], r = 0;
        autofd files = -EBADF;
        struct utsname u;

        if (!uname_watched(run->spec))
                return 0;
        if (uname(&u) < 0)
                return err_sys(e, "uname");
        release = release ? release : u.release;
        sysname = sysname ? sysname : u.sysname;
        snprintf(covers[0].text, sizeof covers[0].text, "%s\n", release);
        snprintf(covers[1].text, sizeof covers[1].text, "%s\n", sysname);
        snprintf(covers[2].text, sizeof covers[2].text, "%s version %s %s\n", sysname, release, u.version);
        files = mnt_new("tmpfs", opts, COUNT(opts), MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC, e);
        if (files < 0)
                return files;
        for (size_t i = 0; i < COUNT(covers); i++)
                if (write_file(files, &covers[i], e) < 0)
                        return -e->code;
        if (mnt_setattr(files, MOUNT_ATTR_RDONLY, 0, -1, false, e) < 0)
                return -e->code;
        for (size_t i = 0; i < COUNT(covers); i++) {
                targets[i] = mnt_open_in(proc, covers[i].path, O_PATH, true, e);
                r = r < 0 ? r : targets[i] < 0 ? targets[i] : 0;
        }
        if (r == 0)
                r = ns_mnt_enter(run_stage(run), e);
        if (r == 0) {
                r = put_covers(files, proc, covers, targets, COUNT(covers), e);
                ns_mnt_return(&run->host->self);
        }
        for (size_t i = 0; i < COUNT(covers); i++)
                fd_close(targets[i]);
        return r;
}
