/*
 * What all jails of one process share: our own namespaces, the spawner, prepared
 * trees. Made once by host_open(); the lazily made rest is guarded by lock.
 */
#ifndef STEP_HOST_H
#define STEP_HOST_H

#include <pthread.h>
#include <stdbool.h>

#include "base/err.h"
#include "base/str.h"
#include "kern/ns.h"
#include "state/record.h"
#include "step/mask.h"

struct host {
        struct store store;
        struct ns_self self;            /* our own namespaces, to come back to */
        /*
         * The mount namespace that jails' are cloned from: an empty root, and the trees of host_template() that were
         * asked for so far. A jail that uncovers its clone finds those and nothing of the host.
         */
        int spawner;
        bool nested;                    /* we are in a user namespace: a jail with children */
        int init_image;                 /* sealed memfd of the jail's PID 1 */

        bool orphans;                   /* PID 1 is to be no child of ours: we are in somebody else's program */
        bool own;                       /* the jails made belong to a descriptor, see own.h; one jail, one host */
        int owner;                      /* that descriptor, for who made the jail to take */

        pthread_mutex_t lock;
        bool have_template[9];          /* TEMPLATE_TREES */
        struct mask mask;               /* hides the host's secrets below root.base = "/" */
        int no_idmap_tmpfs;             /* the kernel cannot idmap tmpfs (before 6.3) */
        int attach_layers;              /* the kernel's overlayfs takes no detached layers (before 6.15) */

        /* The scheduler's: called around waiting for a command, so that another jail can be worked on. May be NULL. */
        void (*block)(void *ctx);
        void (*unblock)(void *ctx);
        void *block_ctx;
        /*
         * Told when a jail has been made and before anything ran in it, and when it has ended and been taken back and
         * before the commands that follow. Each may be NULL; ctx is trace_ctx.
         */
        void (*created)(void *ctx, const char *name, int jid);
        void (*removed)(void *ctx, const char *name, int jid);
        /* Told when its first command in it or behind it is about to run: others may go by its being there. May be NULL. */
        void (*up)(void *ctx, const char *name);
        /* Tells of progress ("NAME: run command: CMD"), for jail -v. May be NULL; may be called from any thread. */
        void (*trace)(void *ctx, const char *line);
        void *trace_ctx;
};

/* Opens the store at dir (made if missing) and everything that creation needs. */
int host_open(struct host *h, const char *dir, struct err *e);
void host_close(struct host *h);

/* The image of init.c alone, which stays the host's; also for who only enters. -errno on failure; takes the lock. */
int host_image(struct host *h, struct err *e);

/* What only creation needs: the spawner and the image of PID 1. Safe to call again; takes the lock. */
int host_prepare(struct host *h, struct err *e);

/*
 * Clones of prepared trees, detached and read-only, made on first use: what a jail may have of /dev, with any of
 * net/tun, fuse and kvm besides (TEMPLATE_DEV | TEMPLATE_TUN and so on), and an empty directory; and the null device out
 * of the first, the file to mask with. Entering the spawner's namespace changes the calling thread's root and cwd and
 * back.
 */
enum {
        TEMPLATE_DEV = 0, TEMPLATE_TUN = 1, TEMPLATE_FUSE = 2, TEMPLATE_KVM = 4,
        TEMPLATE_EMPTY = 8, TEMPLATE_NULL = 9,
        TEMPLATE_TREES = 9,     /* TEMPLATE_NULL is none of its own */
};
int host_template(struct host *h, unsigned which, struct err *e);

/* An empty directory of the spawner's root, and so of each jail's namespace below its root, to mount on in passing. */
#define HOST_SCRATCH "/scratch"

/* trace() if there is one. */
void host_trace(struct host *h, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
