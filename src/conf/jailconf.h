/*
 * jail.conf(5) and the name=value form of the command line, read into lists of
 * named parameters. Text in, text out: what a parameter means, and whether its
 * value makes sense, is spec/'s to say.
 *
 * The reader knows the whole grammar of jail.conf and ends with every jail
 * fully resolved: wildcards applied, variables substituted and dropped.
 */
#ifndef CONF_JAILCONF_H
#define CONF_JAILCONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

/* Gets one line of complaint, without program name and newline: "FILE line N: ..." or "JAIL: ...". */
typedef void conf_report_fn(void *ctx, const char *line);

struct conf_param {
        char *name;             /* as last spelled: "persist" or "nopersist" */
        struct strv values;     /* final; n == 0: a bare name. A scalar with several values takes the last. */
};

/*
 * One jail. Its first parameter is what the label says: "jid" if the label is a decimal number other than
 * zero, else "name". A jail of a file always has "name", which unless set is the label. The others follow in
 * the order in which they were first assigned.
 */
struct conf_jail {
        char *name;             /* the label, nested ones in full ("outer.inner"); NULL from conf_args() */
        struct conf_param *params;
        size_t n_params;
        bool failed;            /* an error of its own was reported; params holds what could be made out */
};

struct conf {
        struct conf_jail *jails;        /* in file order, wildcards left out */
        size_t n_jails;
        uint32_t *by_name;              /* conf_find()'s own */
        size_t by_name_size;
};

/*
 * Reads a file with all it includes; "-" is standard input, "STDIN" in messages.
 *
 * Blocks with the same name are one jail: it stands where the first stands, and each block is applied at its
 * own place among the wildcards, so that "later wins" holds across all of them. (FreeBSD leaves this open.)
 *
 * Errors of the text go to report one by one; then the call fails with -EBADMSG and e->text is empty, because
 * all has been said. Errors of one jail (a variable not found, "name" set twice) go to report too and set that
 * jail's failed; the call succeeds. What ends the reading at once is in e, and e->text is not empty: a file
 * that cannot be read ("FILE: No such file or directory"), "maximum include depth exceeded", no memory.
 *
 * report must not be NULL. *ret is for conf_free(). Returns 0 or -errno.
 */
int conf_read(const char *file, conf_report_fn *report, void *ctx, struct conf **ret, struct err *e);

/* The same for len bytes in memory, which messages call file. Refuses ".include". */
int conf_read_text(const char *file, const char *text, size_t len, conf_report_fn *report, void *ctx,
                   struct conf **ret, struct err *e);

/*
 * Reads the words of a command line, "param=value" or "param", into a conf of one jail without a label.
 * "command=" takes the rest of argv as it stands, a value a word. Lists that jail(8) splits at commas (P_COMMA)
 * are split; every parameter may be repeated and then gathers values, a bare word forgets them. There are no
 * variables and no wildcards. "name" and "jid" may be given once: cannot redefine parameter "name".
 * An unknown name is kept, spec_set() will say so. Returns 0 or -errno, *ret is for conf_free().
 */
int conf_args(int argc, char *const *argv, struct conf **ret, struct err *e);

void conf_free(struct conf *conf);
void conf_free_p(struct conf **conf);
#define autoconf __attribute__((cleanup(conf_free_p))) struct conf *

/* The jail with this label, or NULL. Does not walk the list. */
const struct conf_jail *conf_find(const struct conf *conf, const char *name);

/* Is one of the dotted components exactly "*"? */
bool conf_is_wildcard(const char *name);

/*
 * Does the name fit the pattern? A "*" component stands for exactly one component, as the last one for one or
 * more: "*" fits everything, "foo.*" fits "foo.bar" and "foo.bar.baz", not "foo". Others must be equal.
 */
bool conf_match(const char *pattern, const char *name);

#endif
