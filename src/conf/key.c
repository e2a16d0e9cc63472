#include "conf/key.h"

#include "base/str.h"

/* FNV-1a. */
static uint32_t hash_on(uint32_t h, const char *s, size_t len)
{
        for (size_t i = 0; i < len; i++)
                h = (h ^ (unsigned char)s[i]) * 16777619u;
        return h;
}

uint32_t key_hash(const char *s, size_t len)
{
        return hash_on(2166136261u, s, len);
}

struct key key_exact(const char *name)
{
        return (struct key){ .head = name, .last = name, .hash = key_hash(name, strlen(name)) };
}

struct key key_of(const char *name)
{
        const char *dot = strrchr(name, '.');
        struct key k = { .head = name, .head_len = dot ? (size_t)(dot - name) + 1 : 0 };

        k.last = name + k.head_len;
        if (str_starts(k.last, "no") && k.last[2])
                k.last += 2;
        k.hash = hash_on(key_hash(name, k.head_len), k.last, strlen(k.last));
        return k;
}

bool key_eq(const struct key *a, const struct key *b)
{
        return a->hash == b->hash && a->head_len == b->head_len &&
               memcmp(a->head, b->head, a->head_len) == 0 && str_eq(a->last, b->last);
}

bool key_is(const struct key *k, const char *name)
{
        struct key other = key_of(name);

        return key_eq(k, &other);
}
