/*
 * The parameters and variables of one jail while they are being gathered, in
 * the order of their first assignment, found by name in constant time; then
 * the substitution of one by another. Values are borrowed from the tree.
 */
#ifndef CONF_PARAMS_H
#define CONF_PARAMS_H

#include "base/str.h"
#include "conf/ast.h"
#include "conf/diag.h"
#include "conf/key.h"

enum slot_state { SLOT_NEW, SLOT_OPEN, SLOT_DONE };

struct slot {
        const char *name;               /* as last spelled */
        struct key key;
        bool var;
        enum slot_state state;
        bool bad;                       /* an error was reported, here or in what it is made of */
        bool has_refs;
        const struct value **values;
        size_t n, size;
        struct strv expanded;           /* the final values, if has_refs and not bad */
        size_t cell;                    /* where the table has it */
        /* While open: who waits for it, and how far it has come. */
        struct slot *waiting;
        size_t at_value;
        const struct piece *at_piece;
};

/* {0} is empty. One of these serves all jails in turn: its memory is kept. */
struct params {
        struct slot *slots;
        size_t n, size;
        uint32_t *table;                /* 0, or 1 + the index of a slot; its size is a power of two */
        size_t table_size;
        const char *jail;               /* for messages */
        struct diag *diag;
        size_t room;                    /* bytes that substitution may still make for this jail */
};

/* Starts on the next jail, forgetting the one before. */
void params_start(struct params *ps, const char *jail, struct diag *diag);
void params_finish(struct params *ps);

/*
 * Carries out one assignment. An impossible one is reported and left out: "name" or "jid" that are set already,
 * or a variable named like a parameter. Returns 0, 1 when something was reported, or -ENOMEM.
 */
int params_assign(struct params *ps, struct stmt *s);

/* Is the parameter of this name there? */
bool params_has(const struct params *ps, const char *name);

/*
 * Substitutes the variables in all values; what could not be is reported and its slot bad. Once, after the last
 * assignment. Returns 0, 1 when something was reported, or -ENOMEM.
 */
int params_substitute(struct params *ps);

/* The final values of a slot that is not bad; the strings belong to it. */
size_t slot_count(const struct slot *s);
const char *slot_value(const struct slot *s, size_t i);

#endif
