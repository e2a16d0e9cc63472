/* What the tests of this room share: read a text, compare all that was said and all that came of it. */
#ifndef CONF_CHECK_H
#define CONF_CHECK_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "conf/jailconf.h"

/* All reported lines, each with a newline. */
static struct strbuf said;

static inline void collect(void *ctx, const char *line)
{
        assert_int_equal(strbuf_addf(ctx, "%s\n", line), 0);
}

static inline void assert_said(const char *lines)
{
        autobuf had = said;

        said = (struct strbuf){0};
        assert_string_equal(had.s ? had.s : "", lines);
}

/* Reads a text that is in order; complaints about single jails are left for assert_said(). */
static inline struct conf *read_text(const char *text)
{
        struct conf *conf = NULL;
        struct err e = {0};
        int r = conf_read_text("F", text, strlen(text), collect, &said, &conf, &e);

        if (r < 0)
                print_error("%s%s\n", said.s ? said.s : "", e.text);
        assert_int_equal(r, 0);
        assert_non_null(conf);
        return conf;
}

/* "path<x> exec.start<a><b> persist": parameters in order, each value in brackets. */
static inline void assert_params(const struct conf_jail *jail, const char *params)
{
        autobuf b = {0};

        for (size_t i = 0; i < jail->n_params; i++) {
                const struct conf_param *p = &jail->params[i];

                strbuf_addf(&b, "%s%s", i ? " " : "", p->name);
                for (size_t k = 0; k < p->values.n; k++)
                        strbuf_addf(&b, "<%s>", p->values.v[k]);
        }
        assert_string_equal(b.s ? b.s : "", params);
}

static inline void assert_jail(const struct conf *conf, const char *name, const char *params)
{
        const struct conf_jail *jail = conf_find(conf, name);

        assert_non_null(jail);
        assert_string_equal(jail->name, name);
        assert_params(jail, params);
}

/* What the jail "a { BODY }" gets behind its name. */
static inline void assert_body(const char *body, const char *params)
{
        autobuf text = {0}, full = {0};
        autoconf conf = NULL;

        strbuf_addf(&text, "a {\n%s\n}\n", body);
        strbuf_addf(&full, "name<a>%s%s", *params ? " " : "", params);
        conf = read_text(text.s);
        assert_said("");
        assert_int_equal(conf->n_jails, 1);
        assert_false(conf->jails[0].failed);
        assert_jail(conf, "a", full.s);
}

/* A text with errors: the call fails and has said exactly these lines. */
static inline void assert_refused(const char *text, const char *lines)
{
        struct conf *conf = NULL;
        struct err e = {0};

        assert_int_equal(conf_read_text("F", text, strlen(text), collect, &said, &conf, &e), -EBADMSG);
        assert_int_equal(e.code, EBADMSG);
        assert_string_equal(e.text, "");
        assert_null(conf);
        assert_said(lines);
}

/* The jail "a { BODY }" fails, alone, and has said exactly these lines. */
static inline void assert_failed(const char *body, const char *lines)
{
        autobuf text = {0};
        autoconf conf = NULL;

        strbuf_addf(&text, "a {\n%s\n}\nz {}\n", body);
        conf = read_text(text.s);
        assert_said(lines);
        assert_int_equal(conf->n_jails, 2);
        assert_true(conf->jails[0].failed);
        assert_false(conf->jails[1].failed);
}

#endif
