/*
 * A configuration as it was written: definitions in file order, each a list of
 * assignments, nothing combined or substituted yet. All of it lives in one arena.
 */
#ifndef CONF_AST_H
#define CONF_AST_H

#include <stdbool.h>
#include <stddef.h>

#include "conf/arena.h"

struct piece {
        struct piece *next;
        const char *text;       /* literal text, or the name of what to put here */
        size_t len;
        bool ref;
};

struct value {
        struct value *next;
        const char *text;       /* without variables: all of it, and pieces is NULL */
        size_t len;
        struct piece *pieces;   /* with variables: no empty literals, so a lone ref is the entire string */
};

struct stmt {
        struct stmt *next;
        const char *name;
        bool var;               /* $name, kept without the dollar */
        bool append;            /* +=, never of a bare name */
        bool checked, known;    /* variables: is there a parameter of this name? looked up once */
        struct value *values;   /* NULL: a bare name */
};

struct block {
        struct block *next;     /* in file order */
        struct block *parent;   /* the block around it; NULL at the top and for what is outside of all */
        struct block *again;    /* the next one with the same name; the resolver's */
        const char *name;       /* in full */
        size_t name_len;
        size_t seq;             /* place in the file: counts from 1 */
        struct stmt *stmts, **tail;
};

struct ast {
        struct arena arena;
        struct block *blocks, **tail;
        struct block *global;   /* the "*" for statements outside of any block, once there is one */
        size_t n_blocks;
};

#endif
