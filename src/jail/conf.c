/* The public face of conf/. */
#include "jail/conf.h"

#include "conf/print.h"

int jail_conf_read(const char *file, jail_line_fn *report, void *ctx, struct jail_conf **ret, struct err *e)
{
        struct jail_conf *c = calloc(1, sizeof *c);
        int r;

        if (!c)
                return err_nomem(e);
        r = conf_read(file, report, ctx, &c->conf, e);
        if (r < 0) {
                free(c);
                return r;
        }
        *ret = c;
        return 0;
}

int jail_conf_args(int argc, char *const *argv, struct jail_conf **ret, struct err *e)
{
        struct jail_conf *c = calloc(1, sizeof *c);
        int r;

        if (!c)
                return err_nomem(e);
        r = conf_args(argc, argv, &c->conf, e);
        if (r < 0) {
                free(c);
                return r;
        }
        *ret = c;
        return 0;
}

void jail_conf_free(struct jail_conf *conf)
{
        if (!conf)
                return;
        conf_free(conf->conf);
        free(conf);
}

int jail_conf_print(const struct jail_conf *conf, const char *sep, jail_line_fn *print, void *ctx, struct err *e)
{
        for (size_t i = 0; i < conf->conf->n_jails; i++) {
                autobuf line = {0};

                if (conf->conf->jails[i].failed)
                        continue;
                if (conf_print_jail(&line, &conf->conf->jails[i], sep) < 0)
                        return err_nomem(e);
                print(ctx, line.s ? line.s : "");
        }
        return 0;
}

int conf_to_spec(const struct conf_jail *jail, struct jail_spec *ret, struct err *e)
{
        spec_init(ret);
        for (size_t i = 0; i < jail->n_params; i++)
                if (spec_set(ret, jail->params[i].name, jail->params[i].values.v, jail->params[i].values.n, e) < 0)
                        goto fail;
        if (spec_validate(ret, e) == 0)
                return 0;
fail:
        spec_finish(ret);
        return -e->code;
}
