/* Parameters as text that a shell, or jail(8) itself, reads back. */
#ifndef CONF_PRINT_H
#define CONF_PRINT_H

#include "base/str.h"
#include "conf/jailconf.h"

/*
 * Appends s as jail -e, -J, -v and jls -q show it: in double quotes if it is empty or has a single quote or a
 * blank in it, in single quotes if it has a double quote but no single one, else bare; with a backslash before
 * every backslash and every quote of the kind around it. Returns 0 or -ENOMEM.
 */
int conf_quote(struct strbuf *b, const char *s);

/*
 * The same, where that is read as it stands by sh(1) too; what the shell would make something else of is in double
 * quotes, with a backslash before each of \ " $ and `. As above.
 */
int conf_quote_shell(struct strbuf *b, const char *s);

/* Appends the line of jail -e without its newline: "name=value" parted by sep, lists by commas. As above. */
int conf_print_jail(struct strbuf *b, const struct conf_jail *jail, const char *sep);

/* Appends " name=value" for each parameter that is a property of the jail, and so not jail(8)'s own (jail -v). */
int conf_print_set(struct strbuf *b, const struct conf_jail *jail);

#endif
