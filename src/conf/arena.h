/* Memory for a tree that dies as a whole: taken piece by piece, given back at once. */
#ifndef CONF_ARENA_H
#define CONF_ARENA_H

#include <stddef.h>

struct arena_chunk;

/* {0} is empty. */
struct arena {
        struct arena_chunk *chunks;
};

/* n zeroed bytes, aligned for any type; NULL when there is no memory. */
void *arena_alloc(struct arena *a, size_t n);

/* A copy of n bytes with a NUL behind them, or NULL. */
char *arena_str(struct arena *a, const char *s, size_t n);

void arena_finish(struct arena *a);

#endif
