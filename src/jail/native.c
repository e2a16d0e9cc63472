#include "native.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <strings.h>

#include "base/num.h"

static const char *const jailsys[] = { "disable", "new", "inherit" };
static const char *const booleans[] = { "false", "true" };

enum native_form native_form(const struct param *p)
{
        if (str_eq(p->name, "ip4.addr"))
                return NATIVE_IN_ADDR;
        if (str_eq(p->name, "ip6.addr"))
                return NATIVE_IN6_ADDR;
        switch (p->type) {
        case P_BOOL:
                return NATIVE_FLAG;
        case P_INT:
                return NATIVE_INT;
        case P_JAILSYS:
                return NATIVE_JAILSYS;
        case P_ULONG:
        case P_SIZE:
                return NATIVE_ULONG;
        case P_STRING:
        case P_PATH:
        case P_KEYED:   /* the whole of it */
        case P_NONE:    /* whatever is said, it is refused */
                return NATIVE_STRING;
        case P_LIST:
        case P_COMMA:
                break;
        }
        return NATIVE_STRINGS;
}

size_t native_size(enum native_form form)
{
        switch (form) {
        case NATIVE_FLAG:
        case NATIVE_INT:
        case NATIVE_JAILSYS:
                return sizeof(int);
        case NATIVE_ULONG:
                return sizeof(unsigned long);
        case NATIVE_IN_ADDR:
                return sizeof(struct in_addr);
        case NATIVE_IN6_ADDR:
                return sizeof(struct in6_addr);
        case NATIVE_STRING:
        case NATIVE_STRINGS:
                break;
        }
        return 0;
}

bool native_settable(const struct param *p)
{
        /* Commands, users and time-outs are jail(8)'s business; a mount is in the jail's own name space. */
        return !(p->flags & P_PSEUDO) || str_eq(p->name, "mount") || str_starts(p->name, "mount.");
}

/* ------------------------------------------------------ bytes and values */

static int push_number(struct strv *ret, long long number)
{
        char text[32];

        snprintf(text, sizeof text, "%lld", number);
        return strv_push(ret, text);
}

static int read_number(const struct param *p, const void *value, size_t len, struct strv *ret, struct err *e)
{
        enum native_form form = native_form(p);
        unsigned long amount;
        char text[32];
        int number;

        if (len != native_size(form))
                return err_set(e, EINVAL, "%s: a value of %zu bytes, not %zu", p->name, len, native_size(form));
        if (form == NATIVE_ULONG) {
                memcpy(&amount, value, sizeof amount);
                snprintf(text, sizeof text, "%lu", amount);
                if (p->type == P_SIZE && amount == RCTL_NONE)
                        strcpy(text, "unlimited");
                return strv_push(ret, text) < 0 ? err_nomem(e) : 0;
        }
        memcpy(&number, value, sizeof number);
        if (form == NATIVE_JAILSYS && (number < 0 || number > JAILSYS_INHERIT))
                return err_set(e, EINVAL, "%s: unknown jailsys value \"%d\"", p->name, number);
        return push_number(ret, number) < 0 ? err_nomem(e) : 0;
}

static int read_strings(const struct param *p, const char *value, size_t len, bool many, struct strv *ret, struct err *e)
{
        if ((len == 0 && !many) || (len > 0 && value[len - 1] != '\0'))
                return err_set(e, EINVAL, "%s: not a NUL-terminated string", p->name);
        if (!many && strlen(value) + 1 != len)
                return err_set(e, EINVAL, "%s: a string of %zu bytes, not %zu", p->name, strlen(value) + 1, len);
        for (const char *s = value; s < value + len; s += strlen(s) + 1)
                if (strv_push(ret, s) < 0)
                        return err_nomem(e);
        return 0;
}

static int read_addresses(const struct param *p, const char *value, size_t len, struct strv *ret, struct err *e)
{
        enum native_form form = native_form(p);
        size_t size = native_size(form);
        char text[INET6_ADDRSTRLEN];

        if (len % size)
                return err_set(e, EINVAL, "%s: a value of %zu bytes, not a multiple of %zu", p->name, len, size);
        for (size_t at = 0; at < len; at += size) {
                unsigned char addr[sizeof(struct in6_addr)];

                memcpy(addr, value + at, size);
                inet_ntop(form == NATIVE_IN_ADDR ? AF_INET : AF_INET6, addr, text, sizeof text);
                if (strv_push(ret, text) < 0)
                        return err_nomem(e);
        }
        return 0;
}

int native_read(const struct param *p, const void *value, size_t len, struct strv *ret, struct err *e)
{
        if (len > 0 && !value)
                return err_code(e, EFAULT, "%s", p->name);
        switch (native_form(p)) {
        case NATIVE_FLAG:
                return len == 0 ? 0 : err_set(e, EINVAL, "%s: a value of %zu bytes, not 0", p->name, len);
        case NATIVE_INT:
        case NATIVE_JAILSYS:
        case NATIVE_ULONG:
                return read_number(p, value, len, ret, e);
        case NATIVE_STRING:
                return read_strings(p, value, len, false, ret, e);
        case NATIVE_STRINGS:
                return read_strings(p, value, len, true, ret, e);
        case NATIVE_IN_ADDR:
        case NATIVE_IN6_ADDR:
                break;
        }
        return read_addresses(p, value, len, ret, e);
}

static int word_of(const char *const *words, int n, const char *word)
{
        for (int i = 0; i < n; i++)
                if (strcasecmp(words[i], word) == 0)
                        return i;
        return -1;
}

/* The address in "IF|ADDR/LEN WORDS", the long form of jail(8): what the jail itself has is only that. */
static int write_address(enum native_form form, const char *text, struct strbuf *ret)
{
        const char *bar = strchr(text, '|');
        char addr[INET6_ADDRSTRLEN];
        unsigned char bytes[sizeof(struct in6_addr)];
        size_t n;

        text = bar ? bar + 1 : text;
        n = strcspn(text, "/ ");
        if (n >= sizeof addr)
                return 0;
        memcpy(addr, text, n);
        addr[n] = '\0';
        if (inet_pton(form == NATIVE_IN_ADDR ? AF_INET : AF_INET6, addr, bytes) != 1)
                return 0;
        return strbuf_addn(ret, (const char *)bytes, native_size(form));
}

static int write_scalar(const struct param *p, const char *text, bool no, struct strbuf *ret)
{
        enum native_form form = native_form(p);
        unsigned long amount;
        int64_t number = 0;
        uint64_t u = 0;
        int i;

        switch (form) {
        case NATIVE_FLAG:
                i = str_eq(text, "true") != no;
                return strbuf_addn(ret, (const char *)&i, sizeof i);
        case NATIVE_JAILSYS:
                i = word_of(jailsys, COUNT(jailsys), text);
                return strbuf_addn(ret, (const char *)&i, sizeof i);
        case NATIVE_INT:
                num_i64(text, &number);
                i = (int)number;
                return strbuf_addn(ret, (const char *)&i, sizeof i);
        default:
                if (p->type == P_SIZE ? num_size(text, &u) < 0 : num_u64(text, &u) < 0)
                        u = RCTL_NONE;
                amount = u;
                return strbuf_addn(ret, (const char *)&amount, sizeof amount);
        }
}

int native_write(const struct param *p, const struct strv *values, bool no, struct strbuf *ret)
{
        enum native_form form = native_form(p);
        const char *only = values->n ? values->v[values->n - 1] : "";
        int r = 0;

        if (form == NATIVE_STRING)
                return strbuf_addn(ret, only, strlen(only) + 1);
        if (form != NATIVE_STRINGS && form != NATIVE_IN_ADDR && form != NATIVE_IN6_ADDR)
                return write_scalar(p, only, no, ret);
        for (size_t i = 0; i < values->n && r == 0; i++)
                r = form == NATIVE_STRINGS ? strbuf_addn(ret, values->v[i], strlen(values->v[i]) + 1)
                                           : write_address(form, values->v[i], ret);
        return r;
}

/* ------------------------------------------------------- text and bytes */

/* A word, or its number. Returns false when it is neither. */
static bool import_word(const char *const *words, int n, const char *text, int *ret)
{
        *ret = word_of(words, n, text);
        return *ret >= 0 || num_int(text, ret) == 0;
}

static int import_number(const char *name, const struct param *p, const char *text, struct strbuf *ret, struct err *e)
{
        uint64_t amount = RCTL_NONE;
        unsigned long u;
        bool known = true;
        int i = 0;

        switch (native_form(p)) {
        case NATIVE_FLAG:
                if (!import_word(booleans, COUNT(booleans), text, &i))
                        return err_set(e, EINVAL, "%s: unknown boolean value \"%s\"", name, text);
                break;
        case NATIVE_JAILSYS:
                if (!*text)     /* "vnet" alone means new */
                        i = JAILSYS_NEW;
                else if (!import_word(jailsys, COUNT(jailsys), text, &i))
                        return err_set(e, EINVAL, "%s: unknown jailsys value \"%s\"", name, text);
                break;
        case NATIVE_ULONG:
                if (p->type == P_ULONG)
                        known = num_u64(text, &amount) == 0;
                else if (*text && !str_eq(text, "-") && strcasecmp(text, "unlimited") != 0)
                        known = num_size(text, &amount) == 0;
                if (!known)
                        return err_set(e, EINVAL, "%s: non-integer value \"%s\"", name, text);
                u = amount;
                return strbuf_addn(ret, (const char *)&u, sizeof u) < 0 ? err_nomem(e) : 0;
        default:
                if (num_int(text, &i) < 0)
                        return err_set(e, EINVAL, "%s: non-integer value \"%s\"", name, text);
                break;
        }
        return strbuf_addn(ret, (const char *)&i, sizeof i) < 0 ? err_nomem(e) : 0;
}

static int import_address(const char *name, enum native_form form, const char *text, struct strbuf *ret, struct err *e)
{
        unsigned char addr[sizeof(struct in6_addr)];
        bool v4 = form == NATIVE_IN_ADDR;

        if (inet_pton(v4 ? AF_INET : AF_INET6, text, addr) != 1)
                return err_set(e, EINVAL, "%s: not an IPv%d address: %s", name, v4 ? 4 : 6, text);
        return strbuf_addn(ret, (const char *)addr, native_size(form)) < 0 ? err_nomem(e) : 0;
}

static int import_list(const char *name, const struct param *p, const char *text, struct strbuf *ret, struct err *e)
{
        enum native_form form = native_form(p);
        autostrv parts = {0};
        int r = 0;

        if (!*text || (str_eq(text, "-") && p->type == P_COMMA))
                return 0;
        if ((p->type == P_COMMA ? strv_split(&parts, text, ",") : strv_push(&parts, text)) < 0)
                return err_nomem(e);
        for (size_t i = 0; i < parts.n && r == 0; i++) {
                if (form != NATIVE_STRINGS)
                        r = import_address(name, form, parts.v[i], ret, e);
                else if (strbuf_addn(ret, parts.v[i], strlen(parts.v[i]) + 1) < 0)
                        r = err_nomem(e);
        }
        return r;
}

int native_import(const char *name, const struct param *p, const char *text, struct strbuf *ret, struct err *e)
{
        switch (native_form(p)) {
        case NATIVE_STRING:
                return strbuf_addn(ret, text, strlen(text) + 1) < 0 ? err_nomem(e) : 0;
        case NATIVE_STRINGS:
        case NATIVE_IN_ADDR:
        case NATIVE_IN6_ADDR:
                return import_list(name, p, text, ret, e);
        default:
                return import_number(name, p, text, ret, e);
        }
}

int native_export(const struct param *p, const void *value, size_t len, struct strbuf *ret)
{
        autostrv values = {0};
        int i;

        if (!value || (len == 0 && native_form(p) == NATIVE_FLAG))
                return strbuf_add(ret, native_form(p) == NATIVE_FLAG ? "true" : "");
        if (len == sizeof i && (native_form(p) == NATIVE_FLAG || native_form(p) == NATIVE_JAILSYS)) {
                memcpy(&i, value, sizeof i);
                if (native_form(p) == NATIVE_FLAG)
                        return strbuf_add(ret, booleans[i != 0]);
                if (i >= 0 && i < (int)COUNT(jailsys))
                        return strbuf_add(ret, jailsys[i]);
                return strbuf_addf(ret, "%d", i);
        }
        if (native_read(p, value, len, &values, NULL) == -ENOMEM)
                return -ENOMEM;
        for (size_t k = 0; k < values.n; k++)
                if ((k && strbuf_addc(ret, ',') < 0) || strbuf_add(ret, values.v[k]) < 0)
                        return -ENOMEM;
        return strbuf_add(ret, "");
}
