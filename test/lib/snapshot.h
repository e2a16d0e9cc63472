/*
 * The state of the host that jails change, as text: one fact a line, lines of
 * a kind together and sorted, nothing in it that differs between two equal
 * states (no ids of mounts, numbers of links, times). Two snapshots are compared as
 * strings.
 */
#ifndef LIB_SNAPSHOT_H
#define LIB_SNAPSHOT_H

#include <stdbool.h>

struct snapshot_want {
        const char *cgroups;            /* only control groups gaol/NAME that begin so; NULL: all */
        const char *const *dirs;        /* whose files are listed besides /run/gaol and /var/lib/gaol; NULL ends */
};

/* The text, from malloc. Ends the program when something cannot be read: a test that cannot look has no result. */
char *snapshot_take(const struct snapshot_want *want);

/*
 * Takes snapshots until one equals before. After so many seconds without that, prints to stderr what is missing and
 * what is new, and returns false. What the kernel takes apart in the background, behind a queue that a busy machine
 * makes long, has a time of its own: cables and what is with them.
 */
bool snapshot_settles(const struct snapshot_want *want, const char *before, int seconds, int seconds_for_links);

#endif
