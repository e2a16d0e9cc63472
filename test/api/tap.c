#include "tap.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <gaol/jail.h>

static int points, failures;

bool tap(bool ok, const char *fmt, ...)
{
        va_list ap;

        points++;
        failures += !ok;
        printf("%sok %d - ", ok ? "" : "not ", points);
        va_start(ap, fmt);
        vprintf(fmt, ap);
        va_end(ap);
        putchar('\n');
        fflush(stdout);
        return ok;
}

bool tap_number(long got, long want, const char *what)
{
        if (got != want)
                printf("# got %ld, not %ld; errno %d, %s\n", got, want, errno, jail_errmsg);
        return tap(got == want, "%s", what);
}

bool tap_text(const char *got, const char *want, const char *what)
{
        bool same = got && strcmp(got, want) == 0;

        if (!same)
                printf("# got  %s\n# want %s\n", got ? got : "(nothing)", want);
        return tap(same, "%s", what);
}

bool tap_fails(long got, int want_errno, const char *want_text, const char *what)
{
        int code = errno;
        bool same = got == -1 && code == want_errno && strcmp(jail_errmsg, want_text) == 0;

        if (!same)
                printf("# got  %ld, %s: %s\n# want -1, %s: %s\n", got, strerrorname_np(code), jail_errmsg,
                       strerrorname_np(want_errno), want_text);
        return tap(same, "%s", what);
}

int tap_done(void)
{
        printf("1..%d\n", points);
        return failures > 0;
}
