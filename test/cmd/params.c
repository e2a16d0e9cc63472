/*
 * Prints the table of parameters, a row on a line, for tests that walk it:
 *
 *     name|type|flags|min|max|default|sample|refuse|lack|needs|down
 *
 * flags: c at creation, m on a running jail, r read-only, p pseudo, h host ids, d in /dev. sample: a value the row takes
 * that is not the default. Lists are joined by commas.
 */
#include <inttypes.h>
#include <stdio.h>

#include "spec/sample.h"

static const char *const types[] = {
        [P_BOOL] = "boolean", [P_INT] = "integer", [P_ULONG] = "unsigned", [P_SIZE] = "amount", [P_STRING] = "string",
        [P_PATH] = "path", [P_JAILSYS] = "jailsys", [P_LIST] = "list", [P_COMMA] = "comma", [P_KEYED] = "keyed",
        [P_NONE] = "none",
};

static const char *const downs[] = {
        [DOWN_NOTHING] = "nothing", [DOWN_ONLY] = "only", [DOWN_LEAST] = "least", [DOWN_LESS] = "less",
        [DOWN_KEPT] = "kept", [DOWN_COPY] = "copy",
};

static int print_default(const struct param *p)
{
        struct jail_spec fresh;
        struct strv values = {0};
        int r;

        if (p->flags & P_RDONLY)
                return 0;
        spec_init(&fresh);
        r = spec_get(&fresh, p, &values);
        for (size_t i = 0; r == 0 && i < values.n; i++)
                printf("%s%s", i ? "," : "", values.v[i]);
        strv_free(&values);
        spec_finish(&fresh);
        return r;
}

int main(void)
{
        static const struct {
                unsigned flag;
                char letter;
        } letters[] = {
                { P_CREATE, 'c' }, { P_MODIFY, 'm' }, { P_RDONLY, 'r' }, { P_PSEUDO, 'p' }, { P_HOSTIDS, 'h' },
                { P_IN_DEV, 'd' },
        };
        size_t n;
        const struct param *t = param_table(&n);

        for (size_t i = 0; i < n; i++) {
                const char *sample = param_sample(&t[i]);

                printf("%s|%s|", t[i].name, types[t[i].type]);
                for (size_t k = 0; k < COUNT(letters); k++)
                        if (t[i].flags & letters[k].flag)
                                putchar(letters[k].letter);
                printf("|%" PRId64 "|%" PRId64 "|", t[i].min, t[i].max);
                if (print_default(&t[i]) < 0)
                        return 1;
                printf("|%s|%s|%s|%s|%s\n", sample ? sample : "", t[i].refuse ? t[i].refuse : "",
                       t[i].lack ? t[i].lack : "", t[i].needs ? t[i].needs : "", downs[t[i].down]);
        }
        return ferror(stdout) || fflush(stdout) != 0;
}
