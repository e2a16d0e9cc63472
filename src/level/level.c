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

bool level_dormant(const struct jail_spec *spec)
{
        const struct level *level = level_find(spec->level);

        return level && level->dormant && level->dormant(spec);
}

const struct step *level_step(const char *name)
{
        for (size_t i = 0; i < COUNT(levels); i++)
                for (const struct step *const *s = levels[i]->steps; *s; s++)
                        if (str_eq((*s)->name, name))
                                return *s;
        return NULL;
}
