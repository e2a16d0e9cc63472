#include "conf/diag.h"

#include <stdarg.h>
#include <stdio.h>

/* A forgotten quote makes a token of half the file; nobody wants to read all of it. */
#define TEXT_MAX 200

static void hand_on(struct diag *d, char *line, size_t len)
{
        for (size_t i = 0; i < len; i++)
                if ((unsigned char)line[i] < ' ' || line[i] == 0x7f)
                        line[i] = '?';
        d->report(d->ctx, line);
}

void diag_say(struct diag *d, const char *fmt, ...)
{
        va_list ap;
        char *line;
        int n;

        d->n++;
        va_start(ap, fmt);
        n = vasprintf(&line, fmt, ap);
        va_end(ap);
        if (n < 0) {
                d->report(d->ctx, "out of memory");
                return;
        }
        hand_on(d, line, (size_t)n);
        free(line);
}

void diag_syntax(struct diag *d, const char *file, unsigned long line, const char *text, size_t len)
{
        autobuf b = {0};
        bool cut = len > TEXT_MAX;

        d->n++;
        if (cut)
                for (len = TEXT_MAX; len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80; len--)
                        ;
        if (strbuf_addf(&b, "%s line %lu: ", file, line) < 0 || strbuf_addn(&b, text, len) < 0 ||
            strbuf_add(&b, cut ? "...: syntax error" : ": syntax error") < 0)
                d->report(d->ctx, "out of memory");
        else
                hand_on(d, b.s, b.len);
}
