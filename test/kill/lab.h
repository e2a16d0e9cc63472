/*
 * What the crash tests have in common: commands on the jail under test, what
 * they may answer, and the host as it was before.
 */
#ifndef KILL_LAB_H
#define KILL_LAB_H

#include <stdbool.h>

#include "lib/snapshot.h"
#include "trace.h"

struct lab {
        const char *jail;               /* the command */
        const char *conf, *name;        /* the file, and the jail in it that is tested */
        struct snapshot_want want;
        char *before;                   /* the host without the jail */
        bool go_on;                     /* after a failure, to find them all */
        const char *title;              /* of the test, for messages */
        char place[96];                 /* where in it we are, for messages */
        int failures;
};

/* How one command ended. */
struct outcome {
        int status;             /* 0 to 255, 128 and more: ended by a signal; -1: hung, and was killed */
        char text[2048];        /* its standard error */
        unsigned lines;
};

/* Reads the options all tests share, -j COMMAND -f FILE -n NAME -k, takes the first snapshot, returns optind. */
int lab_init(struct lab *lab, const char *title, int argc, char **argv, const char *more_options,
             bool (*option)(int c, const char *value));
/* Prints the summary, returns the exit status. */
int lab_finish(struct lab *lab);

/* Runs "jail -f FILE OP NAME", or "jail -m name=NAME ..." with some changes, under want if that is not NULL. */
struct outcome lab_run(struct lab *lab, const char *op, const struct trace_want *want, struct trace_seen *ret_seen);
/* Starts one without waiting for it; lab_wait() does. */
struct running {
        pid_t pid;
        int err;
};
struct running lab_start(struct lab *lab, const char *op);
struct outcome lab_wait(struct running *running);

/* Has it ended with 1 and this line after "jail: "? line NULL: any one line. */
bool lab_refused(const struct lab *lab, const struct outcome *o, const char *line);
/* '"NAME" not found' and '"NAME" already exists' */
bool lab_not_found(const struct lab *lab, const struct outcome *o);
bool lab_exists(const struct lab *lab, const struct outcome *o);

/* Says what went wrong, with what the command wrote (o may be NULL), and counts it. Ends the program unless go_on. */
void lab_fail(struct lab *lab, const struct outcome *o, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* Makes the jail; fails the test if that does not work. */
bool lab_create(struct lab *lab);
/* The host must be as before, within seconds the kernel needs. */
bool lab_settled(struct lab *lab, const char *after);

#endif
