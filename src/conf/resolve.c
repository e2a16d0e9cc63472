#include "conf/resolve.h"

#include <errno.h>

#include "conf/params.h"

struct resolver {
        struct conf *conf;
        struct block **wild;    /* by place in the file */
        struct block **own;     /* of each jail of conf, the first block with its name */
        size_t n_wild;
        struct params params;
        struct diag *diag;
};

/* Where the index has the name, or the empty cell where it belongs. */
static uint32_t *cell_of(const struct conf *conf, const char *name)
{
        size_t mask = conf->by_name_size - 1, i = key_hash(name, strlen(name)) & mask;

        while (conf->by_name[i] && !str_eq(conf->jails[conf->by_name[i] - 1].name, name))
                i = (i + 1) & mask;
        return &conf->by_name[i];
}

const struct conf_jail *conf_find(const struct conf *conf, const char *name)
{
        uint32_t found = conf->by_name_size ? *cell_of(conf, name) : 0;

        return found ? &conf->jails[found - 1] : NULL;
}

static int make_index(struct conf *conf, size_t n_blocks)
{
        conf->by_name_size = 16;
        while (conf->by_name_size < n_blocks * 2)
                conf->by_name_size *= 2;
        conf->by_name = calloc(conf->by_name_size, sizeof *conf->by_name);
        conf->jails = calloc(n_blocks + 1, sizeof *conf->jails);
        return conf->by_name && conf->jails ? 0 : -ENOMEM;
}

/* Sorts the definitions: wildcards here, there the jails, blocks of the same name in a chain. */
static int sort_blocks(struct resolver *r, struct ast *ast)
{
        struct conf *conf = r->conf;
        /* Only the last block of each chain is asked for, in the order of the jails. */
        struct block **last = calloc(ast->n_blocks + 1, sizeof *last);

        r->wild = calloc(ast->n_blocks + 1, sizeof *r->wild);
        r->own = calloc(ast->n_blocks + 1, sizeof *r->own);
        if (!last || !r->wild || !r->own || make_index(conf, ast->n_blocks) < 0) {
                free(last);
                return -ENOMEM;
        }
        for (struct block *b = ast->blocks; b; b = b->next) {
                uint32_t *cell;

                if (conf_is_wildcard(b->name)) {
                        r->wild[r->n_wild++] = b;
                        continue;
                }
                cell = cell_of(conf, b->name);
                if (*cell) {
                        last[*cell - 1]->again = b;
                } else {
                        conf->jails[conf->n_jails].name = strdup(b->name);
                        if (!conf->jails[conf->n_jails].name) {
                                free(last);
                                return -ENOMEM;
                        }
                        r->own[conf->n_jails] = b;
                        *cell = (uint32_t)++conf->n_jails;
                }
                last[*cell - 1] = b;
        }
        free(last);
        return 0;
}

/* A decimal number other than zero is a jid. */
static bool is_jid(const char *label)
{
        size_t digits = strspn(label, "0123456789");

        return digits > 0 && !label[digits] && strspn(label, "0") < digits;
}

static int apply(struct resolver *r, struct conf_jail *jail, struct stmt *first)
{
        for (struct stmt *s = first; s; s = s->next) {
                int said = params_assign(&r->params, s);

                if (said < 0)
                        return said;
                jail->failed |= said;
        }
        return 0;
}

/* Wildcards that fit and the jail's own blocks, in the order in which the file has them. */
static int apply_all(struct resolver *r, struct conf_jail *jail, struct block *own)
{
        size_t w = 0;
        int ret = 0;

        while (ret == 0 && (own || w < r->n_wild)) {
                if (own && (w == r->n_wild || own->seq < r->wild[w]->seq)) {
                        ret = apply(r, jail, own->stmts);
                        own = own->again;
                } else {
                        if (conf_match(r->wild[w]->name, jail->name))
                                ret = apply(r, jail, r->wild[w]->stmts);
                        w++;
                }
        }
        return ret;
}

static int give_slot(struct conf_jail *jail, struct slot *s)
{
        struct conf_param *p = &jail->params[jail->n_params];

        p->name = strdup(s->name);
        if (!p->name)
                return -ENOMEM;
        jail->n_params++;
        if (s->has_refs) {
                /* A later slot may be made of this one, but by now all of them are final. */
                p->values = s->expanded;
                s->expanded = (struct strv){0};
                return 0;
        }
        for (size_t i = 0; i < s->n; i++)
                if (strv_pushn(&p->values, s->values[i]->text, s->values[i]->len) < 0)
                        return -ENOMEM;
        return 0;
}

static int give_params(struct resolver *r, struct conf_jail *jail)
{
        const struct params *ps = &r->params;

        jail->params = calloc(ps->n + 1, sizeof *jail->params);
        if (!jail->params)
                return -ENOMEM;
        for (size_t i = 0; i < ps->n; i++)
                if (!ps->slots[i].var && !ps->slots[i].bad && give_slot(jail, &ps->slots[i]) < 0)
                        return -ENOMEM;
        return 0;
}

static int resolve_jail(struct resolver *r, struct conf_jail *jail, struct block *own)
{
        struct value label = { .text = jail->name, .len = strlen(jail->name) };
        struct stmt set_jid = { .name = "jid", .values = &label };
        struct stmt set_name = { .name = "name", .values = &label };
        int ret;

        params_start(&r->params, jail->name, r->diag);
        ret = params_assign(&r->params, is_jid(jail->name) ? &set_jid : &set_name);
        if (ret == 0)
                ret = apply_all(r, jail, own);
        if (ret == 0 && !params_has(&r->params, "name"))
                ret = params_assign(&r->params, &set_name);
        if (ret < 0)
                return ret;
        ret = params_substitute(&r->params);
        if (ret < 0)
                return ret;
        jail->failed |= ret;
        return give_params(r, jail);
}

int resolve(struct ast *ast, struct diag *diag, struct conf **ret, struct err *e)
{
        struct resolver r = { .diag = diag };
        int failed = -ENOMEM;

        r.conf = calloc(1, sizeof *r.conf);
        if (r.conf)
                failed = sort_blocks(&r, ast);
        for (size_t i = 0; failed == 0 && i < r.conf->n_jails; i++)
                failed = resolve_jail(&r, &r.conf->jails[i], r.own[i]);
        params_finish(&r.params);
        free(r.wild);
        free(r.own);
        if (failed < 0) {
                conf_free(r.conf);
                return err_nomem(e);
        }
        *ret = r.conf;
        return 0;
}
