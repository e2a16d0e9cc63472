/* Which spellings name the same parameter: "noX" and "X", "a.b.noX" and "a.b.X". */
#ifndef CONF_KEY_H
#define CONF_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Points into the name it was made from: what is left when the "no" is taken out. */
struct key {
        const char *head;       /* the components before the last, with their dots */
        size_t head_len;
        const char *last;       /* terminated */
        uint32_t hash;
};

/* The key of a parameter. */
struct key key_of(const char *name);

/* The key of a variable: its name and nothing but, so "$note" is not "$te". */
struct key key_exact(const char *name);

bool key_eq(const struct key *a, const struct key *b);

/* Is it this name, given without "no"? */
bool key_is(const struct key *k, const char *name);

uint32_t key_hash(const char *s, size_t len);

#endif
