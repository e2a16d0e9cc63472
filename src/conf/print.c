#include "conf/print.h"

#include <errno.h>

#include "spec/spec.h"

#define SHELL_SAFE "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_%+,-./:=@^"

static char quote_for(const char *s)
{
        if (!*s || strchr(s, '\''))
                return '"';
        if (strchr(s, '"'))
                return '\'';
        return strpbrk(s, " \t\n") ? '"' : '\0';
}

static int put_quoted(struct strbuf *b, const char *s, char quote, const char *escaped)
{
        if (quote && strbuf_addc(b, quote) < 0)
                return -ENOMEM;
        for (; *s; s++) {
                if (strchr(escaped, *s) && strbuf_addc(b, '\\') < 0)
                        return -ENOMEM;
                if (strbuf_addc(b, *s) < 0)
                        return -ENOMEM;
        }
        return quote ? strbuf_addc(b, quote) : 0;
}

int conf_quote(struct strbuf *b, const char *s)
{
        char quote = quote_for(s);

        return put_quoted(b, s, quote, (char[]){ '\\', quote, '\0' });
}

int conf_quote_shell(struct strbuf *b, const char *s)
{
        if (quote_for(s) == '\'' && !strchr(s, '\\'))
                return put_quoted(b, s, '\'', "");
        return put_quoted(b, s, s[strspn(s, SHELL_SAFE)] || !*s ? '"' : '\0', "\\\"$`");
}

static int print_param(struct strbuf *b, const struct conf_param *p)
{
        if (strbuf_add(b, p->name) < 0)
                return -ENOMEM;
        for (size_t i = 0; i < p->values.n; i++)
                if (strbuf_addc(b, i == 0 ? '=' : ',') < 0 || conf_quote(b, p->values.v[i]) < 0)
                        return -ENOMEM;
        return 0;
}

int conf_print_jail(struct strbuf *b, const struct conf_jail *jail, const char *sep)
{
        for (size_t i = 0; i < jail->n_params; i++)
                if ((i > 0 && strbuf_add(b, sep) < 0) || print_param(b, &jail->params[i]) < 0)
                        return -ENOMEM;
        return 0;
}

int conf_print_set(struct strbuf *b, const struct conf_jail *jail)
{
        for (size_t i = 0; i < jail->n_params; i++) {
                const struct param *row = param_find(jail->params[i].name, NULL);

                if (row && (row->flags & P_PSEUDO))
                        continue;
                if (strbuf_addc(b, ' ') < 0 || print_param(b, &jail->params[i]) < 0)
                        return -ENOMEM;
        }
        return 0;
}
