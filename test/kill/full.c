/*
 *     full -j JAIL -f FILE -n NAME [-k] DIRECTORY
 *
 * A full disk under the records, /run/gaol, or under the layers, /var/lib/gaol.
 * The directory is put on ever larger tmpfs, by blocks and by files, until the
 * jail fits: below that "jail -c" says in one line what is wrong and leaves
 * nothing. Where it fits, the rest is filled up to the last byte and the last
 * inode, and "jail -r" must work all the same.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "lab.h"

static const char *dir;
static unsigned refused, removed;

static void mount_small(const char *options)
{
        if (mount("gaol-small", dir, "tmpfs", 0, options) < 0)
                err(2, "mount %s", dir);
}

static const char *filler(unsigned i)
{
        static char name[64];

        snprintf(name, sizeof name, "%s/filler%u", dir, i);
        return name;
}

/* To the last byte first, then to the last inode. Returns the number of files made for it. */
static unsigned fill(void)
{
        static const char zeros[4096];
        int fd = open(filler(0), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

        while (fd >= 0 && (write(fd, zeros, sizeof zeros) > 0 || (errno == ENOSPC && write(fd, zeros, 1) > 0)))
                ;
        if (fd >= 0)
                close(fd);
        for (unsigned i = 1; i < 100000; i++) {
                fd = open(filler(i), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
                if (fd < 0 && errno == ENOSPC)
                        return i;
                if (fd >= 0)
                        close(fd);
        }
        errx(2, "%s does not run full", dir);
}

/* Does the jail fit? */
static bool one_size(struct lab *lab, const char *options)
{
        struct outcome made, gone;
        char *outside = lab->before;

        snprintf(lab->place, sizeof lab->place, "%s", options);
        mount_small(options);
        lab->before = snapshot_take(&lab->want);
        made = lab_run(lab, "-c", NULL, NULL);
        if (made.status == 0) {
                unsigned n = fill();

                gone = lab_run(lab, "-r", NULL, NULL);
                if (gone.status != 0 || gone.lines)
                        lab_fail(lab, &gone, "jail -r on a full file system fails");
                while (n-- > 0)
                        unlink(filler(n));
                removed++;
        } else {
                if (!lab_refused(lab, &made, NULL))
                        lab_fail(lab, &made, "jail -c on a small file system: not one line");
                refused++;
        }
        lab_settled(lab, made.status ? "after the failure" : "after the removal");
        free(lab->before);
        lab->before = outside;
        if (umount2(dir, MNT_DETACH) < 0)
                err(2, "umount %s", dir);
        return made.status == 0;
}

static void grow(struct lab *lab, const char *fmt, unsigned unit)
{
        char options[96];

        /* Three that fit: the first may have been lucky with what is reserved, the others have room to fill. */
        for (unsigned n = 1, fits = 0; fits < 3; n++) {
                if (n > 256) {
                        lab_fail(lab, NULL, "the jail does not fit a file system of 256 units");
                        return;
                }
                snprintf(options, sizeof options, fmt, n * unit);
                fits += one_size(lab, options);
        }
}

int main(int argc, char **argv)
{
        struct lab lab;

        if (argc < 2)
                errx(2, "usage: full -j jail -f file -n name [-k] directory");
        dir = argv[argc - 1];
        if (lab_init(&lab, "full", argc, argv, "", NULL) != argc - 1)
                errx(2, "full: one directory");
        grow(&lab, "size=%uk,nr_inodes=1024,mode=700", 4);
        grow(&lab, "size=1m,nr_inodes=%u,mode=700", 1);
        printf("full %s %s: %u creations refused, %u removals on a full file system, %d failures\n", dir, lab.name, refused,
               removed, lab.failures);
        return lab_finish(&lab);
}
