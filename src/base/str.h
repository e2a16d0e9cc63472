/*
 * Strings and lists of strings on the heap. Growing functions return 0 or
 * -ENOMEM and leave what was there intact on failure.
 */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof(*(a)))
#define STR_PRINTF(f, a) __attribute__((format(printf, f, a)))

void str_free_p(char **s);
#define autostr __attribute__((cleanup(str_free_p))) char *

static inline bool str_eq(const char *a, const char *b)
{
        return strcmp(a, b) == 0;
}

static inline bool str_starts(const char *s, const char *prefix)
{
        return strncmp(s, prefix, strlen(prefix)) == 0;
}

/* Frees *slot and puts a copy of value (NULL allowed) there. */
int str_set(char **slot, const char *value);

/* A growing buffer, always NUL-terminated once something was added. {0} is empty. */
struct strbuf {
        char *s;
        size_t len, size;
};

int strbuf_add(struct strbuf *b, const char *s);
int strbuf_addn(struct strbuf *b, const char *s, size_t n);
int strbuf_addc(struct strbuf *b, char c);
int strbuf_addf(struct strbuf *b, const char *fmt, ...) STR_PRINTF(2, 3);
void strbuf_free(struct strbuf *b);
#define autobuf __attribute__((cleanup(strbuf_free))) struct strbuf

/* A list of owned strings. {0} is empty. */
struct strv {
        char **v;
        size_t n;
};

int strv_push(struct strv *l, const char *s);
int strv_pushn(struct strv *l, const char *s, size_t n);
/* Takes ownership of s, also when it fails (then it is freed). */
int strv_give(struct strv *l, char *s);
/* Appends copies of all of src. */
int strv_extend(struct strv *l, const struct strv *src);
/* Appends the pieces of s between any of the characters in seps; empty pieces are dropped. */
int strv_split(struct strv *l, const char *s, const char *seps);
bool strv_has(const struct strv *l, const char *s);
/* The same strings in the same order? */
bool strv_eq(const struct strv *a, const struct strv *b);
void strv_free(struct strv *l);
#define autostrv __attribute__((cleanup(strv_free))) struct strv

#endif
