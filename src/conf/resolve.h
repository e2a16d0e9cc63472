/* From what was written to what each jail gets: combines definitions, substitutes variables. */
#ifndef CONF_RESOLVE_H
#define CONF_RESOLVE_H

#include "conf/ast.h"
#include "conf/diag.h"
#include "conf/jailconf.h"

/*
 * Makes a conf of the tree, which it may annotate; the result does not point into it. Errors of single jails go
 * to diag. Returns 0 or -ENOMEM.
 */
int resolve(struct ast *ast, struct diag *diag, struct conf **ret, struct err *e);

#endif
