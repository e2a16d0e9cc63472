#include "err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *err_text(int code)
{
        const char *text = strerrordesc_np(abs(code));

        return text ? text : "Unknown error";
}

/* Newlines come in with names and paths; a message stays one line whatever it quotes. */
static void one_line(char *text)
{
        for (char *p = text; *p; p++)
                if ((unsigned char)*p < ' ' || *p == 0x7f)
                        *p = '?';
}

static int fill(struct err *e, int code, const char *reason, const char *fmt, va_list ap)
{
        int n;

        code = abs(code);
        if (!e)
                return -code;
        e->code = code;
        n = vsnprintf(e->text, sizeof e->text, fmt, ap);
        if (reason && n >= 0 && (size_t)n < sizeof e->text)
                snprintf(e->text + n, sizeof e->text - (size_t)n, ": %s", reason);
        one_line(e->text);
        return -code;
}

int err_set(struct err *e, int code, const char *fmt, ...)
{
        va_list ap;
        int r;

        va_start(ap, fmt);
        r = fill(e, code, NULL, fmt, ap);
        va_end(ap);
        return r;
}

int err_sys(struct err *e, const char *fmt, ...)
{
        int code = errno;
        va_list ap;
        int r;

        va_start(ap, fmt);
        r = fill(e, code, err_text(code), fmt, ap);
        va_end(ap);
        return r;
}

int err_code(struct err *e, int code, const char *fmt, ...)
{
        va_list ap;
        int r;

        va_start(ap, fmt);
        r = fill(e, code, err_text(code), fmt, ap);
        va_end(ap);
        return r;
}

int err_wrap(struct err *e, const char *fmt, ...)
{
        char inner[sizeof e->text];
        va_list ap;
        int n;

        if (!e)
                return -EINVAL;
        memcpy(inner, e->text, sizeof inner);
        va_start(ap, fmt);
        n = vsnprintf(e->text, sizeof e->text, fmt, ap);
        va_end(ap);
        if (n >= 0 && (size_t)n + 2 < sizeof e->text) {
                size_t room = sizeof e->text - (size_t)n - 2;
                size_t len = strnlen(inner, room - 1);

                memcpy(e->text + n, ": ", 2);
                memcpy(e->text + n + 2, inner, len);
                e->text[(size_t)n + 2 + len] = '\0';
        }
        one_line(e->text);
        return -e->code;
}

int err_nomem(struct err *e)
{
        return err_set(e, ENOMEM, "out of memory");
}

void err_clear(struct err *e)
{
        if (!e)
                return;
        e->code = 0;
        e->text[0] = '\0';
}
