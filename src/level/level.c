#include "level.h"

#include "base/str.h"
#include "level/os.h"

static const struct level *const levels[] = { &level_os };

const struct level *level_find(const char *name)
{
        for (size_t i = 0; i < COUNT(levels); i++)
                if (str_eq(levels[i]->name, name))
                        return levels[i];
        return NULL;
}

const struct step *level_step(const char *name)
{
        for (size_t i = 0; i < COUNT(levels); i++)
                for (const struct step *const *s = levels[i]->steps; *s; s++)
                        if (str_eq((*s)->name, name))
                                return *s;
        return NULL;
}
