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
        /* Can such a jail be made without its steps of boot, until something is to run in it? NULL: none can. */
        bool (*dormant)(const struct jail_spec *spec);
};

/* By the name of the parameter "level"; NULL: unknown. */
const struct level *level_find(const char *name);

/* Is a jail of this spec made without its steps of boot? */
bool level_dormant(const struct jail_spec *spec);

/* Any step of any level by the name it has in the journal; NULL: unknown. */
const struct step *level_step(const char *name);

#endif
