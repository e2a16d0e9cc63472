/*
 * The record of one jail: a file under /run/gaol/jails named after it, written
 * ahead of every step. It is a journal: lines are only ever appended, each with
 * one write(2) into space that was reserved when the file was made, so neither
 * SIGKILL nor a full disk leaves half a line or stops a removal. Only one that
 * has grown by changes is written anew and renamed, by record_compact().
 * doc/decisions/0002-journal.md says why not "write and rename".
 *
 *     gaol 1 BOOT_ID
 *     jid 17
 *     born 1f0c9a77e3b2d645                   which of the jails that ever had this name and jid
 *     set host.hostname=web.example.org       a parameter and one value; repeated for lists
 *     begun STEP NOTE                         about to make something
 *     done STEP NOTE                          made
 *     undone STEP NOTE                        taken back
 *     init PID STARTTIME                      PID 1 of the jail
 *     state up|changing|down                  "up" behind "init": that PID 1 is complete
 *     change begun|done                       between: parameters that are being changed; until "done" those before hold
 *
 * Values are escaped: \n, \\ and other control characters as \xHH.
 */
#ifndef STATE_RECORD_H
#define STATE_RECORD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/str.h"
#include "spec/spec.h"

/* The directory all records live in, and what is allotted to whom. */
struct store {
        int dir;                /* /run/gaol */
        int jails;              /* /run/gaol/jails */
        char boot_id[40];
};

/* Opens (and, if create, makes, mode 0700 owned by us) the store at path. -ENOENT without create: no jails. */
int store_open(struct store *st, const char *path, bool create, struct err *e);
void store_close(struct store *st);

/* Entry of the journal that still stands. */
struct entry {
        char *step, *note;
        bool done;
};

/*
 * The mark, beside 0600 in its mode, of a record that has, had or may have others below it (jail/tree.h): nobody writes
 * into it but who holds its lock.
 */
#define RECORD_BELOW S_ISVTX

struct record {
        const struct store *store;
        char *name;
        int fd;                 /* locked exclusively while open for writing */
        size_t size;            /* of the file, as far as we know */
        int jid;
        uint64_t born;          /* 0: in records that were made before there was this */
        pid_t init;
        uint64_t init_start;    /* field 22 of /proc/PID/stat: tells a recycled pid */
        uint32_t uid_base, uid_count;
        bool same_boot;         /* false: everything the kernel held is gone, only files can be left */
        bool up;                /* creation was completed */
        bool booted;            /* ... and so was the making of the PID 1 above */
        bool removing;
        bool gone;              /* removed by another while it was yielded */
        bool stale;             /* yielded: others may have written to it */
        char *partial;          /* the first parameter it has that cannot be read: spec has what may allow more. Or NULL */
        bool changing;          /* a change of parameters was begun and not ended */
        struct jail_spec spec;
        struct jail_spec tried; /* while changing: what it was to become */
        struct entry *entries;
        size_t n_entries;
};

/*
 * Makes the record of a new jail and takes its lock. -EEXIST: the name has one already (alive or left over).
 * -E2BIG: the parameters are too many. The lock is held until record_close. Allots jid (spec->jid or the next) and, when
 * uid_units > 0, that many consecutive ranges of 65536 ids. Without a name it first takes away what makers of others
 * without one have left that were killed on the way.
 */
int record_create(const struct store *st, const struct jail_spec *spec, unsigned uid_units, struct record *ret, struct err *e);

/* Reads the record of a jail; lock: waits for and takes the lock, so that the caller may write. -ENOENT: none. */
int record_open(const struct store *st, const char *name, bool lock, struct record *ret, struct err *e);
void record_close(struct record *rec);

int record_begin(struct record *rec, const char *step, const char *note, struct err *e);
int record_done(struct record *rec, const char *step, const char *note, struct err *e);
int record_undone(struct record *rec, const char *step, const char *note, struct err *e);
int record_set_init(struct record *rec, pid_t pid, uint64_t start, struct err *e);
int record_set_up(struct record *rec, bool up, struct err *e);
int record_set_removing(struct record *rec, struct err *e);
/*
 * A change of parameters: announced before anything is changed, with those whose values differ from rec->spec (returns
 * 1; 0: none does, and nothing is announced); then either made, after which rec->spec is what was announced, or taken
 * back. Who finds one announced, rec->changing, knows that its maker was killed half way, and changes all that differs
 * between rec->tried and rec->spec back.
 */
int record_change(struct record *rec, const struct jail_spec *spec, struct err *e);
int record_changed(struct record *rec, struct err *e);
int record_change_back(struct record *rec, struct err *e);
/*
 * Writes a record anew that has grown much larger than what it says, and leaves alone any other. A kill at any moment, a
 * full disk or another error leave the record as it was. Not for who sees records from inside a jail.
 */
int record_compact(struct record *rec, struct err *e);
/*
 * Lets others at the record while commands of the jail run, which may take for ever or ask for the jail themselves; and
 * takes the lock back and reads what they wrote, the parameters too. -ESTALE: the jail was removed meanwhile, and the
 * name may be another's: then nothing is undone and record_unlink does nothing. On any other error the record is still
 * yielded; who is to undo it tries again first, plan_undo() does. Does nothing with one that was not yielded.
 */
void record_yield(struct record *rec);
int record_resume(struct record *rec, struct err *e);
/* Last of all: gives jid and ids back and removes the file. */
int record_unlink(struct record *rec, struct err *e);

/* -ENOTSUP: one with a parameter that cannot be read, to be neither entered nor changed. */
int record_check_whole(const struct record *rec, struct err *e);
/* Was the jail made without processes, and has had none yet? An interrupted boot leaves it so, with entries to undo. */
bool record_dormant(const struct record *rec);
/* Is the jail there: dormant, or PID 1 is alive? */
bool record_live(const struct record *rec);

/*
 * Is PID 1 of the jail alive? 1, 0, or -errno: there is no telling, and then who undoes must not go on as if it were not.
 * Opens a pidfd for it when ret_pidfd is not NULL.
 */
int record_look(const struct record *rec, int *ret_pidfd, struct err *e);
/* The same for who only asks: when in doubt it is, without ret_pidfd. */
bool record_alive(const struct record *rec, int *ret_pidfd);

/*
 * For when two jails want the same thing: does the jail of that number live, or is it being made or removed at this
 * moment? What a killed process left behind is neither. Waits for nobody; reads records until it has found it. 1, with
 * the name in *ret_name (the caller frees), 0, or -errno.
 */
int store_jid_lives(const struct store *st, int jid, char **ret_name, struct err *e);

/* Names of all records, in no order. Returns 0 or -errno. */
int store_names(const struct store *st, struct strv *ret, struct err *e);

/* Those of them that begin with name and a dot; costs no more than a look at each where there are none. */
int store_names_below(const struct store *st, const char *name, struct strv *ret, struct err *e);

/* The jid in a record, read without the rest of it; 0: there is no such record, or it has none yet. */
int record_jid(const struct store *st, const char *name);

/* A lock around something shared by jails (nft table, bridge): returns a descriptor whose closing unlocks. */
int store_lock(const struct store *st, const char *what, struct err *e);

/*
 * Membership in a shared object ("bridge.br0", "forward"), kept as files so that a crash miscounts nothing:
 * join returns 1 for the first member, 0 for a later one; leave returns 1 when nobody is left, and then the
 * caller takes the object away and calls shared_forget() last. All are idempotent per jid and must be called
 * under store_lock(). was: a word the first member stores and the last gets back (e.g. the former value of a
 * sysctl); may be NULL.
 */
int shared_join(const struct store *st, const char *object, int jid, const char *was, struct err *e);
/* What the first to join said of it, cut to size. 1, or 0: nobody is in it. */
int shared_was(const struct store *st, const char *object, char *ret_was, size_t size, struct err *e);
int shared_leave(const struct store *st, const char *object, int jid, char *ret_was, size_t size, struct err *e);
/* Who has joined: a fresh array of jids the caller frees, in no order; dead ones too. 0, also when there is no such object. */
int shared_members(const struct store *st, const char *object, int **ret, size_t *ret_n, struct err *e);
int shared_forget(const struct store *st, const char *object, struct err *e);

/* Asks about each member, until one answers other than 0: returns that answer, 0, or -errno. Under store_lock() too. */
int shared_ask(const struct store *st, const char *object, int (*about)(void *ctx, int jid), void *ctx, struct err *e);

#endif
