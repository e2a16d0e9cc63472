/* jail.conf's grammar: text to struct ast, following includes. */
#ifndef CONF_PARSE_H
#define CONF_PARSE_H

#include "base/err.h"
#include "conf/ast.h"
#include "conf/diag.h"

struct parse {
        struct ast *ast;
        struct diag *diag;
        struct err *e;
        bool no_include;        /* ".include" is an error: the text is not a file's */
        unsigned depth;         /* includes around the file being read */
        struct strbuf literal;  /* of the value being read, up to its next variable */
};

void parse_init(struct parse *p, struct ast *ast, struct diag *diag, struct err *e);

/* Also gives back the tree. */
void parse_finish(struct parse *p);

/*
 * Both add to the tree. Errors of the text go to diag, the rest of the text is read all the same; errors that
 * end the reading are returned, in p->e. Returns 0 or -errno.
 */
int parse_file(struct parse *p, const char *file);
int parse_text(struct parse *p, const char *file, const char *text, size_t len);

#endif
