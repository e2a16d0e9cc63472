#include "call.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include <gaol/jail.h>

__thread char jail_errmsg[JAIL_ERRMSGLEN];

bool call_is_special(const char *name)
{
        return str_eq(name, "errmsg") || str_eq(name, "desc") || str_eq(name, "lastjid");
}

static bool terminated(const struct iovec *v)
{
        const char *s = v->iov_base;

        return s && v->iov_len > 0 && s[v->iov_len - 1] == '\0' && strlen(s) + 1 == v->iov_len;
}

int call_parse(struct call *call, struct iovec *iov, unsigned niov, struct err *e)
{
        const struct {
                const char *name;
                struct iovec **value;
        } known[] = {
                { "errmsg", &call->errmsg }, { "desc", &call->desc }, { "jid", &call->jid }, { "name", &call->name },
                { "lastjid", &call->lastjid },
        };
        bool good = niov % 2 == 0 && (niov == 0 || iov);

        *call = (struct call){ .iov = iov, .n = niov / 2 };
        for (size_t i = 0; iov && i < call->n; i++) {
                if (!terminated(&iov[2 * i]) || !*call_name(call, i)) {
                        good = false;
                        continue;
                }
                for (size_t k = 0; k < COUNT(known); k++)
                        if (str_eq(call_name(call, i), known[k].name))
                                *known[k].value = call_value(call, i);
        }
        return good ? 0 : err_set(e, EINVAL, "not a list of parameter names and values");
}

int call_int(const struct iovec *value, const char *name, int *ret, struct err *e)
{
        *ret = 0;
        if (!value || !value->iov_base)
                return 0;
        if (value->iov_len != sizeof *ret)
                return err_set(e, EINVAL, "%s: a value of %zu bytes, not %zu", name, value->iov_len, sizeof *ret);
        memcpy(ret, value->iov_base, sizeof *ret);
        return 0;
}

int call_string(const struct iovec *value, const char *name, const char **ret, struct err *e)
{
        *ret = "";
        if (!value || !value->iov_base)
                return 0;
        /* a buffer that holds a string somewhere in it is one, as for FreeBSD's jail_get(2) */
        if (!memchr(value->iov_base, '\0', value->iov_len))
                return err_set(e, EINVAL, "%s: not a NUL-terminated string", name);
        *ret = value->iov_base;
        return 0;
}

int call_check_desc(const struct call *call, int flags, struct err *e)
{
        int all = JAIL_USE_DESC | JAIL_AT_DESC | JAIL_GET_DESC | JAIL_OWN_DESC;

        if ((flags & JAIL_USE_DESC) && (flags & JAIL_AT_DESC))
                return err_set(e, EINVAL, "JAIL_USE_DESC with JAIL_AT_DESC");
        if (!(flags & all) != !call->desc)
                return err_set(e, EINVAL, call->desc ? "desc: needs a flag that says what it is" : "desc: missing");
        if (call->desc && (!call->desc->iov_base || call->desc->iov_len != sizeof(int)))
                return err_set(e, EINVAL, "desc: a value of %zu bytes, not %zu", call->desc->iov_len, sizeof(int));
        return 0;
}

int call_desc(const struct call *call)
{
        int fd;

        memcpy(&fd, call->desc->iov_base, sizeof fd);
        return fd;
}

void call_put_desc(const struct call *call, int fd)
{
        memcpy(call->desc->iov_base, &fd, sizeof fd);
}

int call_end(const char *function, const struct iovec *errmsg, int r, const struct err *e)
{
        int code = r < 0 ? (e->code ? e->code : -r) : 0;

        if (r >= 0)
                return r;
        if (e->text[0])
                snprintf(jail_errmsg, sizeof jail_errmsg, "%s", e->text);
        else
                snprintf(jail_errmsg, sizeof jail_errmsg, "%s: %s", function, err_text(code));
        if (errmsg && errmsg->iov_base && errmsg->iov_len > 0)
                snprintf(errmsg->iov_base, errmsg->iov_len, "%s", jail_errmsg);
        errno = code;
        return -1;
}

int call_may(struct err *e)
{
        if (geteuid() == 0)
                return 0;
        *e = (struct err){ .code = EPERM };
        return -EPERM;
}
