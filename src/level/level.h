/*
 * What a jail is made of. A level is a table of functions and the ordered list of
 * steps it wants; the rest of the program does not know one from another.
 */
#ifndef LEVEL_LEVEL_H
#define LEVEL_LEVEL_H

#include "step/step.h"

struct level {
        const char *name;
        const struct step *const *steps;        /* NULL-terminated, in the order of creation */
};

/* By the name of the parameter "level"; NULL: unknown. */
const struct level *level_find(const char *name);

/* Any step of any level by the name it has in the journal; NULL: unknown. */
const struct step *level_step(const char *name);

#endif
