/* The Test Anything Protocol for the tests of the C interface: a point for each check, and the whole text of an error. */
#ifndef API_TAP_H
#define API_TAP_H

#include <stdbool.h>

/* One point. Returns ok, so that a test can leave. */
bool tap(bool ok, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* got must be want. */
bool tap_number(long got, long want, const char *what);
bool tap_text(const char *got, const char *want, const char *what);

/* The call returned -1 (or NULL, told as -1), with this errno and this text in jail_errmsg. Say it right behind the call. */
bool tap_fails(long got, int want_errno, const char *want_text, const char *what);

/* The plan, and the exit status of the program. */
int tap_done(void);

#endif
