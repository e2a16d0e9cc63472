/*
 * Any bytes as a jail.conf. Beyond not falling over: what a jail gets can be
 * written down and read again, quoted, as the same. Seeds are in fuzz/conf/.
 */
#include <errno.h>
#include <stdint.h>

#include "conf/jailconf.h"
#include "conf/print.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool ok)
{
        if (!ok)
                abort();
}

static void take(void *ctx, const char *line)
{
        size_t *n = ctx;

        ++*n;
        check(line[0] && !strchr(line, '\n'));
}

/* Everything but letters and digits escaped: no byte may change its meaning on the way. */
static void write_string(struct strbuf *b, const char *s)
{
        strbuf_addc(b, '"');
        for (; *s; s++)
                strbuf_addf(b, "\\%03o", (unsigned)(unsigned char)*s);
        strbuf_addc(b, '"');
}

static void write_jail(struct strbuf *b, const struct conf_jail *jail)
{
        write_string(b, jail->name);
        strbuf_add(b, " {\n");
        for (size_t i = 0; i < jail->n_params; i++) {
                const struct conf_param *p = &jail->params[i];

                /* The label says these two, and they may not be said again. */
                if (p->values.n == 1 && str_eq(p->values.v[0], jail->name) &&
                    (str_eq(p->name, "name") || str_eq(p->name, "jid")))
                        continue;
                write_string(b, p->name);
                for (size_t k = 0; k < p->values.n; k++) {
                        strbuf_add(b, k ? ", " : " = ");
                        write_string(b, p->values.v[k]);
                }
                strbuf_add(b, ";\n");
        }
        strbuf_add(b, "}\n");
}

static void compare(const struct conf_jail *a, const struct conf_jail *b)
{
        check(str_eq(a->name, b->name) && a->n_params == b->n_params && !b->failed);
        for (size_t i = 0; i < a->n_params; i++) {
                autobuf x = {0}, y = {0};
                size_t k = 0;

                while (k < b->n_params && !str_eq(a->params[i].name, b->params[k].name))
                        k++;
                check(k < b->n_params && a->params[i].values.n == b->params[k].values.n);
                for (size_t v = 0; v < a->params[i].values.n; v++) {
                        check(str_eq(a->params[i].values.v[v], b->params[k].values.v[v]));
                        check(conf_quote(&x, a->params[i].values.v[v]) == 0);
                }
                check(conf_print_jail(&y, a, ";") == 0 && y.len > 0);
        }
}

static void read_again(const struct conf *conf)
{
        autobuf text = {0};
        autoconf again = NULL;
        struct err e;
        size_t said = 0;

        for (size_t i = 0; i < conf->n_jails; i++)
                write_jail(&text, &conf->jails[i]);
        check(conf_read_text("again", text.s ? text.s : "", text.len, take, &said, &again, &e) == 0);
        check(said == 0 && again->n_jails == conf->n_jails);
        for (size_t i = 0; i < conf->n_jails; i++)
                compare(&conf->jails[i], &again->jails[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        autoconf conf = NULL;
        struct err e;
        size_t said = 0;
        bool failed = false;

        if (conf_read_text("fuzz", (const char *)data, size, take, &said, &conf, &e) < 0) {
                check(said > 0 && e.code == EBADMSG && !conf);
                return 0;
        }
        for (size_t i = 0; i < conf->n_jails; i++) {
                check(conf_find(conf, conf->jails[i].name) == &conf->jails[i]);
                failed |= conf->jails[i].failed;
        }
        check(failed == (said > 0));
        if (!failed)
                read_again(conf);
        return 0;
}
