/* The name=value words of a command line, jail(8). */
#include <errno.h>

#include "conf/jailconf.h"
#include "conf/key.h"
#include "spec/spec.h"

/* Lists have few words: no need to find one faster than by looking. */
static struct conf_param *find(struct conf_jail *jail, const struct key *key)
{
        for (size_t i = 0; i < jail->n_params; i++) {
                struct key other = key_of(jail->params[i].name);

                if (key_eq(&other, key))
                        return &jail->params[i];
        }
        return NULL;
}

/* The parameter a word is for, made if it is the first; jail->params has room for one per word. */
static int param_for(struct conf_jail *jail, const char *word, size_t len, struct conf_param **ret,
                     struct err *e)
{
        autostr name = strndup(word, len);
        struct conf_param *p;
        struct key key;

        if (!name)
                return err_nomem(e);
        key = key_of(name);
        p = find(jail, &key);
        if (p && (key_is(&key, "name") || key_is(&key, "jid")))
                return err_set(e, EINVAL, "cannot redefine parameter \"%s\".", p->name);
        if (!p)
                p = &jail->params[jail->n_params++];
        free(p->name);
        p->name = name;
        name = NULL;
        *ret = p;
        return 0;
}

/* Every comma parts two values: an empty one is the spec's to judge. */
static int split(struct strv *values, const char *s)
{
        for (;;) {
                size_t n = strcspn(s, ",");

                if (strv_pushn(values, s, n) < 0)
                        return -ENOMEM;
                if (!s[n])
                        return 0;
                s += n + 1;
        }
}

static int add_values(struct conf_param *p, const char *value)
{
        const struct param *row = param_find(p->name, NULL);

        if (!value) {
                strv_free(&p->values);
                return 0;
        }
        return row && row->type == P_COMMA ? split(&p->values, value) : strv_push(&p->values, value);
}

/* The command itself: a first word that is empty is none, unless it is the only one. */
static int add_command(struct conf_param *p, const char *first, int argc, char *const *argv)
{
        if (first && (*first || argc == 0) && strv_push(&p->values, first) < 0)
                return -ENOMEM;
        for (int i = 0; i < argc; i++)
                if (strv_push(&p->values, argv[i]) < 0)
                        return -ENOMEM;
        return 0;
}

static int read_words(struct conf_jail *jail, int argc, char *const *argv, struct err *e)
{
        for (int i = 0; i < argc; i++) {
                size_t len = strcspn(argv[i], "=");
                const char *value = argv[i][len] ? argv[i] + len + 1 : NULL;
                struct conf_param *p = NULL;
                int r = param_for(jail, argv[i], len, &p, e);

                if (r < 0)
                        return r;
                if (str_eq(p->name, "command"))
                        return add_command(p, value, argc - i - 1, argv + i + 1) < 0 ? err_nomem(e) : 0;
                if (add_values(p, value) < 0)
                        return err_nomem(e);
        }
        return 0;
}

int conf_args(int argc, char *const *argv, struct conf **ret, struct err *e)
{
        autoconf conf = calloc(1, sizeof *conf);
        int r;

        if (!conf)
                return err_nomem(e);
        conf->jails = calloc(1, sizeof *conf->jails);
        if (!conf->jails)
                return err_nomem(e);
        conf->n_jails = 1;
        conf->jails->params = calloc((size_t)argc + 1, sizeof *conf->jails->params);
        if (!conf->jails->params)
                return err_nomem(e);
        r = read_words(conf->jails, argc, argv, e);
        if (r < 0)
                return r;
        *ret = conf;
        conf = NULL;
        return 0;
}
