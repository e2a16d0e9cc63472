/* Complaints about a configuration, handed on line by line and counted. */
#ifndef CONF_DIAG_H
#define CONF_DIAG_H

#include "base/str.h"
#include "conf/jailconf.h"

struct diag {
        conf_report_fn *report;
        void *ctx;
        size_t n;               /* lines reported so far */
};

/* Control characters, which come in with quoted text, become '?': a complaint stays one line. */
void diag_say(struct diag *d, const char *fmt, ...) STR_PRINTF(2, 3);

/* "FILE line N: TEXT: syntax error"; text may hold any bytes. A long text is cut and ends in "...". */
void diag_syntax(struct diag *d, const char *file, unsigned long line, const char *text, size_t len);

#endif
