/*
 * Filling struct err. Each layer says only what it alone knows; a caller at a
 * room border puts its own context in front with err_wrap(). Every function
 * accepts e == NULL and then only returns the code.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <gaol/err.h>

#define ERR_PRINTF(f, a) __attribute__((format(printf, f, a)))

/* A sentence of our own. code: positive errno. Returns -code. */
int err_set(struct err *e, int code, const char *fmt, ...) ERR_PRINTF(3, 4);

/* A failed system call: the formatted object, ": ", the text of errno. Returns -errno. */
int err_sys(struct err *e, const char *fmt, ...) ERR_PRINTF(2, 3);

/* The same for a code that is not in errno. code: positive or negative. Returns -|code|. */
int err_code(struct err *e, int code, const char *fmt, ...) ERR_PRINTF(3, 4);

/* Puts "fmt: " in front of what is there. Returns -e->code. */
int err_wrap(struct err *e, const char *fmt, ...) ERR_PRINTF(2, 3);

/* Out of memory, said without allocating. Returns -ENOMEM. */
int err_nomem(struct err *e);

/* Forgets what was set. */
void err_clear(struct err *e);

/* The text of an errno value; thread-safe, never NULL. */
const char *err_text(int code);

#endif
