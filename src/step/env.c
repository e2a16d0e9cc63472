#include "env.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "kern/mnt.h"
#include "kern/ns.h"
#include "step/host.h"

#define DIRECTORY "/dev/jail"

static const char *text_of(const struct jail_spec *s)
{
        return s->env.text ? s->env.text : "";
}

/* A tmpfs with the file in it, owned by nobody of the jail's. */
static int make_tree(const struct run *run, struct err *e)
{
        static const struct mnt_opt opts[] = { MNT_STR("mode", "0555"), MNT_STR("size", "64k") };
        const char *text = text_of(run->spec);
        autofd mnt = mnt_new("tmpfs", opts, COUNT(opts), MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC, e);
        autofd file = -EBADF;
        int r;

        if (mnt < 0)
                return mnt;
        file = openat(mnt, "env", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444);
        /* the umask is the caller's; the mode is ours */
        if (file < 0 || fchmod(file, 0444) < 0)
                return err_sys(e, "make " DIRECTORY "/env");
        r = fd_write_all(file, text, strlen(text));
        if (r == 0 && *text)
                r = fd_write_all(file, "\n", 1);
        if (r < 0)
                return err_code(e, r, "write " DIRECTORY "/env");
        fd_drop(&file);         /* while it is open for writing nothing is made read-only */
        return mnt_setattr(mnt, MOUNT_ATTR_RDONLY, 0, -1, false, e) < 0 ? -e->code : fd_take(&mnt);
}

/*
 * In the jail's mount namespace: takes away what is mounted there, ours or whatever the jail has put in its place, and
 * puts the new tree there. Nothing is ever written to what is found. A jail without mount.devfs has no such directory.
 */
static int replace(int mnt, struct err *e)
{
        autofd root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
        autofd old = root < 0 ? -EBADF : mnt_open_in(root, DIRECTORY, O_PATH | O_DIRECTORY, true, NULL);
        autofd at = -EBADF;

        if (old < 0)
                return 0;
        /* EINVAL: it is only a directory */
        if (fchdir(old) < 0 || (umount2(".", MNT_DETACH) < 0 && errno != EINVAL))
                return err_sys(e, "unmount " DIRECTORY);
        at = mnt_open_in(root, DIRECTORY, O_PATH | O_DIRECTORY, true, e);
        return at < 0 ? at : mnt_attach(mnt, at, "", DIRECTORY, e);
}

static int put(struct run *run, struct err *e)
{
        autofd mnt = make_tree(run, e);
        int r;

        if (mnt < 0)
                return mnt;
        if (ns_mnt_enter(run_stage(run), e) < 0)
                return -e->code;
        r = replace(mnt, e);
        ns_mnt_return(&run->host->self);
        return r;
}

static int enact(struct run *run, struct err *e)
{
        return *text_of(run->spec) && run->spec->mount_devfs ? put(run, e) : 0;
}

static int change(struct run *run, const struct jail_spec *old, struct err *e)
{
        return str_eq(text_of(run->spec), text_of(old)) ? 0 : put(run, e);
}

const struct step step_env = { .name = "env", .param = "env", .boot = true, .enact = enact, .change = change };
