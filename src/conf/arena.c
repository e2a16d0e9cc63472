#include "conf/arena.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

/*
 * Under the address sanitizer every piece is a chunk of its own, so that a
 * step over the edge of one is seen instead of landing in the next.
 */
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define CHUNK 0
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) && !defined(CHUNK)
#define CHUNK 0
#endif
#ifndef CHUNK
#define CHUNK 65536
#endif

struct arena_chunk {
        struct arena_chunk *next;
        size_t used, size;
        alignas(max_align_t) char mem[];
};

void *arena_alloc(struct arena *a, size_t n)
{
        struct arena_chunk *c = a->chunks;
        size_t align = alignof(max_align_t);
        void *p;

        n = (n + align - 1) / align * align;
        if (!c || c->size - c->used < n) {
                size_t size = n > CHUNK ? n : CHUNK;

                c = calloc(1, sizeof *c + size);
                if (!c)
                        return NULL;
                c->size = size;
                c->next = a->chunks;
                a->chunks = c;
        }
        p = c->mem + c->used;
        c->used += n;
        return p;
}

char *arena_str(struct arena *a, const char *s, size_t n)
{
        char *p = arena_alloc(a, n + 1);

        if (p && n > 0)
                memcpy(p, s, n);
        return p;
}

void arena_finish(struct arena *a)
{
        while (a->chunks) {
                struct arena_chunk *c = a->chunks;

                a->chunks = c->next;
                free(c);
        }
}
