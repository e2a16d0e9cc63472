/*
 * Runs a command under ptrace(2) and does something to it at one chosen system
 * call: counts them, ends it there, or makes that call fail.
 *
 * Traced is what runs our own code: the command, its threads, and its children
 * until they execute another program (PID 1 of a jail, a hook); then they are
 * let go and live on by themselves. A place in the run is a task and the
 * number of the call within it, both from 0 and 1: tasks are numbered as they
 * come into being, 0 is the command. That is the same place in each run, however the
 * scheduler interleaves a child with its parent.
 */
#ifndef KILL_TRACE_H
#define KILL_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define TRACE_TASKS 64

enum trace_act {
        TRACE_NOTHING,          /* only counts */
        TRACE_KILL,             /* SIGKILL to the command, as it enters the call or (at_exit) leaves it */
        TRACE_KILL_CALLER,      /* the same to the process that makes the call */
        TRACE_FAIL,             /* the call is not executed and returns -error */
        TRACE_ELSE,             /* strike() does something to others, before the call is executed */
};

struct trace_want {
        enum trace_act act;
        unsigned task, call;
        bool at_exit;
        int error;                      /* for TRACE_FAIL, or 0: ask choose */
        int (*choose)(long nr);         /* an errno for the call of that number, 0: let it be */
        bool (*strike)(void);           /* for TRACE_ELSE; false: nothing was done */
        void (*each)(unsigned task, unsigned call, long nr);    /* told of every call; NULL: not */
        int timeout;                    /* seconds, then the command and its traced children are killed */
        const int *stdio;               /* descriptors for 0, 1, 2, or NULL: our own */
};

struct trace_seen {
        bool hit;               /* the place was reached, and something was done */
        bool reached;           /* the place was reached */
        bool timed_out;
        long nr;                /* number of the call there */
        int error;              /* what it was made to fail with */
        int status;             /* of the command, as wait(2) has it */
        unsigned tasks, calls[TRACE_TASKS];
};

/* Returns 0, or -errno if the command could not be traced. */
int trace_run(char *const *argv, const struct trace_want *want, struct trace_seen *ret);

/* Name of a system call, "?" of one the headers do not know. */
const char *trace_name(long nr);

#endif
