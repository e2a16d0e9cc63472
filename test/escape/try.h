/*
 * Attempts to get out of a jail, to change it or to learn what is outside. Each
 * makes one and says how it ended; what is right depends on the jail, and is the
 * test's business.
 */
#ifndef ESCAPE_TRY_H
#define ESCAPE_TRY_H

struct attempt {
        const char *name;
        /* 0: it worked; else -1 with errno, which is the kernel's answer. */
        int (*make)(void);
};

/* Tables, ended by an entry without a name. */
extern const struct attempt file_attempts[], namespace_attempts[], process_attempts[], kernel_attempts[],
        socket_attempts[];

/* Longer ones, with arguments: returns the exit status. */
struct tool {
        const char *name;
        int (*run)(int argc, char **argv);
};

extern const struct tool tools[];

#endif
