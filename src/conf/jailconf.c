#include "conf/jailconf.h"

#include <errno.h>

#include "conf/diag.h"
#include "conf/parse.h"
#include "conf/resolve.h"

static int finish_reading(struct parse *p, int r, struct conf **ret)
{
        if (r == 0 && p->diag->n > 0)
                r = err_set(p->e, EBADMSG, "%s", "");
        if (r == 0)
                r = resolve(p->ast, p->diag, ret, p->e);
        parse_finish(p);
        return r;
}

int conf_read(const char *file, conf_report_fn *report, void *ctx, struct conf **ret, struct err *e)
{
        struct diag diag = { .report = report, .ctx = ctx };
        struct parse p;
        struct ast ast;

        parse_init(&p, &ast, &diag, e);
        return finish_reading(&p, parse_file(&p, file), ret);
}

int conf_read_text(const char *file, const char *text, size_t len, conf_report_fn *report, void *ctx,
                   struct conf **ret, struct err *e)
{
        struct diag diag = { .report = report, .ctx = ctx };
        struct parse p;
        struct ast ast;

        parse_init(&p, &ast, &diag, e);
        p.no_include = true;
        return finish_reading(&p, parse_text(&p, file, text, len), ret);
}

void conf_free(struct conf *conf)
{
        if (!conf)
                return;
        for (size_t i = 0; i < conf->n_jails; i++) {
                struct conf_jail *jail = &conf->jails[i];

                for (size_t k = 0; k < jail->n_params; k++) {
                        free(jail->params[k].name);
                        strv_free(&jail->params[k].values);
                }
                free(jail->params);
                free(jail->name);
        }
        free(conf->jails);
        free(conf->by_name);
        free(conf);
}

void conf_free_p(struct conf **conf)
{
        conf_free(*conf);
}

bool conf_is_wildcard(const char *name)
{
        for (;;) {
                size_t len = strcspn(name, ".");

                if (len == 1 && *name == '*')
                        return true;
                if (!name[len])
                        return false;
                name += len + 1;
        }
}

bool conf_match(const char *pattern, const char *name)
{
        for (;;) {
                size_t p = strcspn(pattern, "."), n = strcspn(name, ".");
                bool star = p == 1 && *pattern == '*';

                if (!pattern[p] && star)
                        return true;
                if (!star && (p != n || memcmp(pattern, name, n) != 0))
                        return false;
                if (!pattern[p] || !name[n])
                        return !pattern[p] && !name[n];
                pattern += p + 1;
                name += n + 1;
        }
}
