#include "spec.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <strings.h>

#include "base/num.h"
#include "spec/netspec.h"

static void *field(const struct jail_spec *s, const struct param *p)
{
        return (char *)(uintptr_t)s + p->at;
}

static bool stored(const struct param *p)
{
        return !(p->flags & P_RDONLY) && p->type != P_NONE;
}

static size_t row_of(const struct param *p)
{
        size_t n;

        return (size_t)(p - param_table(&n));
}

void spec_init(struct jail_spec *s)
{
        static const enum allow on[] = {        /* jail(8): what a jail has unless it is taken away */
                ALLOW_SET_HOSTNAME, ALLOW_RESERVED_PORTS, ALLOW_UNPRIVILEGED_PROC_DEBUG, ALLOW_SUSER,
        };

        *s = (struct jail_spec){
                .user = JAILSYS_NEW, .host = JAILSYS_NEW, .vnet = JAILSYS_INHERIT,
                .ip4 = JAILSYS_DISABLE, .ip6 = JAILSYS_DISABLE, .ip4_saddrsel = true, .ip6_saddrsel = true,
                .enforce_statfs = 2, .devfs_ruleset = 4, .securelevel = -1, .stop_timeout = STOP_TIMEOUT,
                .root_size = RCTL_NONE,
                .linux_abi = JAILSYS_INHERIT,
                .sysvmsg = JAILSYS_NEW, .sysvsem = JAILSYS_NEW, .sysvshm = JAILSYS_NEW,
        };
        for (size_t i = 0; i < COUNT(on); i++)
                s->allow[on[i]] = true;
        for (size_t i = 0; i < RCTL_N; i++)
                s->rctl[i] = RCTL_NONE;
}

static void keyed_finish(struct keyed *k)
{
        str_set(&k->text, NULL);
        strv_free(&k->edits);
        k->whole = false;
}

void spec_finish(struct jail_spec *s)
{
        size_t n;
        const struct param *t = param_table(&n);

        for (size_t i = 0; i < n; i++) {
                if (!stored(&t[i]))
                        continue;
                if (t[i].type == P_STRING || t[i].type == P_PATH)
                        str_set(field(s, &t[i]), NULL);
                else if (t[i].type == P_LIST || t[i].type == P_COMMA)
                        strv_free(field(s, &t[i]));
                else if (t[i].type == P_KEYED)
                        keyed_finish(field(s, &t[i]));
        }
}

static int copy_keyed(struct keyed *dst, const struct keyed *src)
{
        dst->whole = src->whole;
        return str_set(&dst->text, src->text) < 0 || strv_extend(&dst->edits, &src->edits) < 0 ? -ENOMEM : 0;
}

int spec_copy(struct jail_spec *dst, const struct jail_spec *src)
{
        size_t n;
        const struct param *t = param_table(&n);
        bool failed = false;

        *dst = *src;
        /* First cut every alias, so that spec_finish is right whatever fails below. */
        for (size_t i = 0; i < n; i++) {
                if (!stored(&t[i]))
                        continue;
                if (t[i].type == P_STRING || t[i].type == P_PATH)
                        *(char **)field(dst, &t[i]) = NULL;
                else if (t[i].type == P_LIST || t[i].type == P_COMMA)
                        *(struct strv *)field(dst, &t[i]) = (struct strv){0};
                else if (t[i].type == P_KEYED)
                        *(struct keyed *)field(dst, &t[i]) = (struct keyed){0};
        }
        for (size_t i = 0; i < n && !failed; i++) {
                if (!stored(&t[i]))
                        continue;
                if (t[i].type == P_STRING || t[i].type == P_PATH)
                        failed = str_set(field(dst, &t[i]), *(char **)field(src, &t[i])) < 0;
                else if (t[i].type == P_LIST || t[i].type == P_COMMA)
                        failed = strv_extend(field(dst, &t[i]), field(src, &t[i])) < 0;
                else if (t[i].type == P_KEYED)
                        failed = copy_keyed(field(dst, &t[i]), field(src, &t[i])) < 0;
        }
        if (failed) {
                spec_finish(dst);
                return -ENOMEM;
        }
        return 0;
}

int spec_check_name(const char *name, struct err *e)
{
        size_t len = strlen(name);

        if (len > 255)
                return err_code(e, ENAMETOOLONG, "%s", name);
        if (len == 0 || name[0] == '-' || name[0] == '.' || name[0] == '@' || name[len - 1] == '.' || strstr(name, ".."))
                return err_set(e, EINVAL, "\"%s\" is not a valid name", name);
        for (const char *c = name; *c; c++)
                if (!isalnum((unsigned char)*c) && !strchr("_+.-:@", *c))
                        return err_set(e, EINVAL, "\"%s\" is not a valid name", name);
        return 0;
}

static int parse_bool(const struct param *p, const char *value, bool *ret, struct err *e)
{
        int64_t v;

        if (strcasecmp(value, "true") == 0)
                *ret = true;
        else if (strcasecmp(value, "false") == 0)
                *ret = false;
        else if (num_i64(value, &v) == 0)
                *ret = v != 0;
        else
                return err_set(e, EINVAL, "%s: unknown boolean value \"%s\"", p->name, value);
        return 0;
}

static int parse_jailsys(const struct param *p, const char *value, int *ret, struct err *e)
{
        static const char *const words[] = { "disable", "new", "inherit" };
        int v;

        if (!*value) {          /* "vnet;" and "vnet = '';" mean new */
                *ret = JAILSYS_NEW;
                return 0;
        }
        for (int i = 0; i < (int)COUNT(words); i++)
                if (strcasecmp(value, words[i]) == 0) {
                        *ret = i;
                        return 0;
                }
        if (num_int(value, &v) < 0 || v < 0 || v > JAILSYS_INHERIT)
                return err_set(e, EINVAL, "%s: unknown value \"%s\"", p->name, value);
        *ret = v;
        return 0;
}

static int parse_int(const struct param *p, const char *value, int *ret, struct err *e)
{
        int v, r = num_int(value, &v);

        if (r == -EINVAL)
                return err_set(e, EINVAL, "%s: non-integer value \"%s\"", p->name, value);
        if (r < 0 || (p->max && (v < p->min || v > p->max)))
                return err_set(e, ERANGE, "%s: %s: out of range (%" PRId64 " to %" PRId64 ")", p->name, value,
                               p->min, p->max);
        *ret = v;
        return 0;
}

static int check_value(const struct param *p, const char *value, struct err *e)
{
        if (p->type == P_PATH && *value && value[0] != '/')
                return err_set(e, EINVAL, "%s: not an absolute pathname: %s", p->name, value);
        if (p->check && p->check(value, e) < 0)
                return err_wrap(e, "%s", p->name);
        return 0;
}

static int set_list(struct strv *list, const struct param *p, char *const *values, size_t n, struct err *e)
{
        autostrv fresh = {0};

        for (size_t i = 0; i < n; i++) {
                /* An empty string or "-" is an empty list of addresses, and cancels an inherited command. */
                if (!*values[i] || (p->type == P_COMMA && str_eq(values[i], "-")))
                        continue;
                if (check_value(p, values[i], e) < 0)
                        return -e->code;
                if (strv_push(&fresh, values[i]) < 0)
                        return err_nomem(e);
        }
        strv_free(list);
        *list = fresh;
        fresh = (struct strv){0};
        return 0;
}

/* ------------------------------------------------------------ meta and env */

/* The line of KEY in text, NULL if there is none; *ret_len is without its newline. */
static const char *find_line(const char *text, const char *key, size_t key_len, size_t *ret_len)
{
        for (const char *line = text; line && *line; line += line[*ret_len] ? *ret_len + 1 : *ret_len) {
                *ret_len = strcspn(line, "\n");
                if (*ret_len > key_len && line[key_len] == '=' && memcmp(line, key, key_len) == 0)
                        return line;
        }
        return NULL;
}

/* One edit, "KEY=VALUE" or "KEY": a line that is there is replaced where it is, a new one goes in front. */
static int edit_text(char **text, const char *edit, const char *param, struct err *e)
{
        size_t key_len = strcspn(edit, "="), len = 0;
        bool removal = !edit[key_len];
        const char *line = find_line(*text, edit, key_len, &len), *rest;
        autobuf b = {0};
        int r = 0;

        if (!line && removal)
                return 0;
        if (!line) {
                r = strbuf_add(&b, edit);
                if (r == 0 && *text && **text)
                        r = strbuf_addc(&b, '\n') < 0 ? -ENOMEM : strbuf_add(&b, *text);
        } else {
                rest = line + len + (line[len] == '\n');
                r = strbuf_addn(&b, *text, (size_t)(line - *text));
                if (r == 0 && !removal)
                        r = strbuf_add(&b, edit) < 0 ? -ENOMEM : line[len] ? strbuf_addc(&b, '\n') : 0;
                if (r == 0)
                        r = strbuf_add(&b, rest);
                /* the last line is gone: so is the newline before it */
                if (r == 0 && removal && !*rest && b.len && b.s[b.len - 1] == '\n')
                        b.s[--b.len] = '\0';
        }
        if (r < 0)
                return err_nomem(e);
        if (b.len > KEYED_MAX)
                return err_code(e, EFBIG, "%s", param);
        return str_set(text, b.len ? b.s : NULL) < 0 ? err_nomem(e) : 0;
}

static void mark_given(struct jail_spec *s, const struct param *p)
{
        size_t row = row_of(p);

        s->given[row / 64] |= UINT64_C(1) << (row % 64);
}

static int set_keyed(struct keyed *k, const struct param *p, const char *name, const char *value, struct err *e)
{
        const char *key = name[strlen(p->name)] ? name + strlen(p->name) + 1 : NULL;
        autobuf edit = {0};

        if (!key) {
                if (value && strlen(value) > KEYED_MAX)
                        return err_code(e, EFBIG, "%s", name);
                strv_free(&k->edits);
                k->whole = true;
                return str_set(&k->text, value && *value ? value : NULL) < 0 ? err_nomem(e) : 0;
        }
        if (strpbrk(key, "=\n") || (value && strchr(value, '\n')))
                return err_set(e, EINVAL, "%s: a line has no line break in it, and a key no \"=\"", name);
        if (strbuf_add(&edit, key) < 0 || (value && (strbuf_addc(&edit, '=') < 0 || strbuf_add(&edit, value) < 0)))
                return err_nomem(e);
        if (edit_text(&k->text, edit.s, p->name, e) < 0)
                return -e->code;
        return strv_push(&k->edits, edit.s) < 0 ? err_nomem(e) : 0;
}

int spec_get_key(const struct jail_spec *s, const char *name, char **ret)
{
        const struct param *p = param_find(name, NULL);
        const char *key = name + strlen(p->name) + 1, *line;
        size_t len;

        *ret = NULL;
        line = find_line(((const struct keyed *)field(s, p))->text, key, strlen(key), &len);
        if (!line)
                return 0;
        *ret = strndup(line + strlen(key) + 1, len - strlen(key) - 1);
        return *ret ? 0 : -ENOMEM;
}

int spec_merge_keyed(struct jail_spec *s, const struct jail_spec *params, const struct param *p, struct err *e)
{
        struct keyed *to = field(s, p);
        const struct keyed *from = field(params, p);

        if (from->whole && str_set(&to->text, from->text) < 0)
                return err_nomem(e);
        for (size_t i = 0; !from->whole && i < from->edits.n; i++)
                if (edit_text(&to->text, from->edits.v[i], p->name, e) < 0)
                        return -e->code;
        mark_given(s, p);
        return 0;
}

static int set_scalar(struct jail_spec *s, const struct param *p, const char *value, struct err *e)
{
        void *at = field(s, p);
        int number = 0, r;
        uint64_t u;

        switch (p->type) {
        case P_INT:
                r = parse_int(p, value, &number, e);
                if (r == 0 && p->check && p->check(value, e) < 0)
                        r = err_wrap(e, "%s", p->name);
                if (r == 0)
                        *(int *)at = number;
                return r;
        case P_JAILSYS:
                return parse_jailsys(p, value, at, e);
        case P_ULONG:
                if (num_u64(value, &u) < 0)
                        return err_set(e, EINVAL, "%s: non-integer value \"%s\"", p->name, value);
                *(uint64_t *)at = u;
                return 0;
        case P_SIZE:
                if (str_eq(value, "-") || !*value || strcasecmp(value, "unlimited") == 0) {
                        *(uint64_t *)at = RCTL_NONE;
                        return 0;
                }
                r = num_size(value, &u);
                if (r < 0 || u == RCTL_NONE)
                        return err_set(e, EINVAL, "%s: not an amount: %s", p->name, value);
                if (p->check && p->check(value, e) < 0)
                        return err_wrap(e, "%s", p->name);
                *(uint64_t *)at = u;
                return 0;
        case P_STRING:
        case P_PATH:
                if (check_value(p, value, e) < 0)
                        return -e->code;
                /* jls -s writes an unset path as "", and reads back */
                return str_set(at, p->type == P_PATH && !*value ? NULL : value) < 0 ? err_nomem(e) : 0;
        case P_BOOL:
        case P_LIST:
        case P_COMMA:
        case P_KEYED:
        case P_NONE:
                break;
        }
        return err_set(e, EINVAL, "%s: not a scalar", p->name);
}

int spec_set(struct jail_spec *s, const char *name, char *const *values, size_t n, struct err *e)
{
        bool no;
        const struct param *p = param_find(name, &no);
        bool value = true;
        int r = 0;

        if (!p)
                return err_set(e, ENOENT, "unknown parameter: %s", name);
        if (p->flags & P_RDONLY)
                return err_set(e, EINVAL, "%s: read-only parameter", name);
        if (p->refuse)
                return err_set(e, ENOTSUP, "%s: %s", name, p->refuse);
        if (p->type == P_BOOL) {
                if (n > 0)
                        r = parse_bool(p, values[n - 1], &value, e);
                if (r == 0)
                        *(bool *)field(s, p) = value != no;
        } else if (p->type == P_LIST || p->type == P_COMMA) {
                r = set_list(field(s, p), p, values, n, e);
        } else if (p->type == P_KEYED) {
                r = set_keyed(field(s, p), p, name, n ? values[n - 1] : NULL, e);
        } else if (n == 0 && p->type != P_JAILSYS && p->type != P_STRING) {
                r = err_set(e, EINVAL, "%s: no value", name);
        } else {
                r = set_scalar(s, p, n ? values[n - 1] : "", e);
        }
        if (r < 0)
                return r;
        mark_given(s, p);
        return 0;
}

bool spec_given(const struct jail_spec *s, const struct param *p)
{
        size_t row = row_of(p);

        return s->given[row / 64] >> (row % 64) & 1;
}

int spec_get(const struct jail_spec *s, const struct param *p, struct strv *ret)
{
        static const char *const words[] = { "disable", "new", "inherit" };
        const void *at = field(s, p);
        char number[32];

        switch (p->type) {
        case P_BOOL:
                return strv_push(ret, *(const bool *)at ? "true" : "false");
        case P_JAILSYS:
                return strv_push(ret, words[*(const int *)at]);
        case P_INT:
                snprintf(number, sizeof number, "%d", *(const int *)at);
                return strv_push(ret, number);
        case P_SIZE:
                if (*(const uint64_t *)at == RCTL_NONE)
                        return strv_push(ret, "unlimited");
                __attribute__((fallthrough));
        case P_ULONG:
                snprintf(number, sizeof number, "%" PRIu64, *(const uint64_t *)at);
                return strv_push(ret, number);
        case P_STRING:
        case P_PATH:
                return strv_push(ret, *(char *const *)at ? *(char *const *)at : "");
        case P_LIST:
        case P_COMMA:
                return strv_extend(ret, at);
        case P_KEYED:
                return strv_push(ret, ((const struct keyed *)at)->text ? ((const struct keyed *)at)->text : "");
        case P_NONE:
                break;
        }
        return 0;
}

static int bare_addresses(struct strv *values)
{
        for (size_t i = 0; i < values->n; i++) {
                const char *bar = strchr(values->v[i], '|'), *from = bar ? bar + 1 : values->v[i];
                char *bare = strndup(from, strcspn(from, "/"));

                if (!bare)
                        return -ENOMEM;
                free(values->v[i]);
                values->v[i] = bare;
        }
        return 0;
}

int spec_show(const struct jail_spec *s, const struct param *p, struct strv *ret)
{
        int r = spec_get(s, p, ret);

        return r == 0 && (p->at == offsetof(struct jail_spec, ip4_addr) || p->at == offsetof(struct jail_spec, ip6_addr))
                       ? bare_addresses(ret) : r;
}

bool spec_is_default(const struct jail_spec *s, const struct param *p)
{
        struct jail_spec fresh;
        autostrv a = {0}, b = {0};
        bool same;

        spec_init(&fresh);
        if (spec_get(s, p, &a) < 0 || spec_get(&fresh, p, &b) < 0)
                return false;
        same = a.n == b.n;
        for (size_t i = 0; same && i < a.n; i++)
                same = str_eq(a.v[i], b.v[i]);
        return same;
}

/* A trailing slash, "//" and "/./" are written away; ".." is refused, since what it means depends on links. */
static int normalise_path(char **slot, const char *param, struct err *e)
{
        autobuf out = {0};
        const char *p = *slot;

        while (*p) {
                size_t n;

                p += strspn(p, "/");
                n = strcspn(p, "/");
                if (n == 0)
                        break;
                if (n == 2 && memcmp(p, "..", 2) == 0)
                        return err_set(e, EINVAL, "%s: \"..\" is not allowed: %s", param, *slot);
                if (!(n == 1 && *p == '.') && (strbuf_addc(&out, '/') < 0 || strbuf_addn(&out, p, n) < 0))
                        return err_nomem(e);
                p += n;
        }
        return str_set(slot, out.len ? out.s : "/") < 0 ? err_nomem(e) : 0;
}

static int validate_root(struct jail_spec *s, struct err *e)
{
        for (size_t i = 0; i < s->root_base.n; i++) {
                if (s->root_base.v[i][0] != '/')
                        return err_set(e, EINVAL, "root.base: not an absolute pathname: %s", s->root_base.v[i]);
                if (normalise_path(&s->root_base.v[i], "root.base", e) < 0)
                        return -e->code;
        }
        if (s->root_base.n && s->path && !str_eq(s->path, "/"))
                return err_set(e, EINVAL, "root.base: cannot be combined with path");
        if (!s->root_base.n && (s->root_discard || s->root_layer))
                return err_set(e, EINVAL, "%s: only with root.base", s->root_layer ? "root.layer" : "root.discard");
        if (s->root_discard && s->root_layer)
                return err_set(e, EINVAL, "root.discard: cannot be combined with root.layer");
        if (s->root_size != RCTL_NONE && !s->root_discard)
                return err_set(e, EINVAL, "root.size: only with root.discard");
        if (s->root_layer && normalise_path(&s->root_layer, "root.layer", e) < 0)
                return -e->code;
        if (!s->path && str_set(&s->path, "/") < 0)
                return err_nomem(e);
        return normalise_path(&s->path, "path", e);
}

/* FreeBSD's security.jail.jail_max_af_ips */
#define MAX_ADDRESSES 255

static int by_address(const void *a, const void *b)
{
        struct net_addr x = {0}, y = {0};
        const char *const *s = a, *const *t = b;
        int family = strchr(*s, ':') ? AF_INET6 : AF_INET;

        if (netspec_alias(*s, family, &x, NULL) < 0 || netspec_alias(*t, family, &y, NULL) < 0)
                return 0;
        return memcmp(x.ip.b, y.ip.b, sizeof x.ip.b);
}

/* jail(8): the first address is the primary one, the rest are sorted; none is there twice. */
static int validate_addresses(struct strv *list, const char *param, int family, struct err *e)
{
        struct net_addr first, other;

        if (list->n == 0)
                return 0;
        if (list->n > MAX_ADDRESSES)
                return err_set(e, EINVAL, "too many IPv%d addresses", family == AF_INET ? 4 : 6);
        qsort(list->v + 1, list->n - 1, sizeof *list->v, by_address);
        if (netspec_alias(list->v[0], family, &first, e) < 0)
                return err_wrap(e, "%s", param);
        for (size_t i = 1; i < list->n; i++) {
                if (netspec_alias(list->v[i], family, &other, e) < 0)
                        return err_wrap(e, "%s", param);
                if (memcmp(&first.ip, &other.ip, sizeof other.ip) == 0 || (i > 1 && by_address(&list->v[i - 1], &list->v[i]) == 0)) {
                        char text[NET_IP_TEXT];

                        return err_set(e, EINVAL, "%s: %s: given twice", param, net_ip_text(&other.ip, text));
                }
        }
        return 0;
}

/* Addresses mean "these and no others", whatever the word for the family is. */
static int settle_family(struct jail_spec *s, const char *word, int *value, const struct strv *list, struct err *e)
{
        if (list->n == 0 || *value == JAILSYS_NEW)
                return 0;
        return spec_set(s, word, (char *[]){ (char *)"new" }, 1, e);
}

bool spec_shares_stack(const struct jail_spec *s)
{
        return s->vnet != JAILSYS_NEW && (s->ip4 == JAILSYS_INHERIT || s->ip6 == JAILSYS_INHERIT || s->ip4_addr.n ||
                                          s->ip6_addr.n);
}

bool spec_is_confined(const struct jail_spec *s)
{
        if (!spec_shares_stack(s))
                return false;
        return s->ip4 != JAILSYS_INHERIT || s->ip6 != JAILSYS_INHERIT ||
               (s->user == JAILSYS_NEW && s->allow[ALLOW_RESERVED_PORTS]);
}

static int validate_net(struct jail_spec *s, struct err *e)
{
        if (s->vnet == JAILSYS_DISABLE)
                return err_set(e, EINVAL, "vnet: cannot be disabled");
        if (validate_addresses(&s->ip4_addr, "ip4.addr", AF_INET, e) < 0 ||
            validate_addresses(&s->ip6_addr, "ip6.addr", AF_INET6, e) < 0 ||
            settle_family(s, "ip4", &s->ip4, &s->ip4_addr, e) < 0 || settle_family(s, "ip6", &s->ip6, &s->ip6_addr, e) < 0)
                return -e->code;
        if (s->vnet == JAILSYS_NEW) {
                if (s->ip4 != JAILSYS_DISABLE || s->ip6 != JAILSYS_DISABLE)
                        return err_set(e, EINVAL, "vnet jails cannot have IP address restrictions");
                return 0;
        }
        if (s->vnet_interface.n || s->vnet_ip4.n || s->vnet_ip6.n || s->vnet_gateway.n || s->publish.n || s->vnet_nat)
                return err_set(e, EINVAL, "%s: only with vnet",
                               s->vnet_interface.n ? "vnet.interface" : s->vnet_ip4.n ? "vnet.ip4.addr" :
                               s->vnet_ip6.n ? "vnet.ip6.addr" : s->vnet_gateway.n ? "vnet.gateway" :
                               s->publish.n ? "publish" : "vnet.nat");
        return 0;
}

const char *spec_uname_release(const struct jail_spec *s)
{
        return s->linux_osrelease && *s->linux_osrelease ? s->linux_osrelease :
               s->osrelease && *s->osrelease ? s->osrelease : NULL;
}

const char *spec_uname_sysname(const struct jail_spec *s)
{
        return s->linux_osname && *s->linux_osname ? s->linux_osname : NULL;
}

bool spec_own_ipc(const struct jail_spec *s)
{
        return s->sysvmsg != JAILSYS_INHERIT && s->sysvsem != JAILSYS_INHERIT && s->sysvshm != JAILSYS_INHERIT;
}

static const char *const sysv_names[] = { "sysvmsg", "sysvsem", "sysvshm" };

/* allow.sysvipc is the former switch for those that are not named themselves. */
static int sysv_value(const struct jail_spec *s, size_t i)
{
        const struct param *p = param_find(sysv_names[i], NULL);

        return s->allow[ALLOW_SYSVIPC] && !spec_given(s, p) ? JAILSYS_INHERIT : *(const int *)field(s, p);
}

/* One namespace of the kernel's holds messages, semaphores and shared memory: all are the host's, or none is. */
static const char *sysv_shared(const struct jail_spec *s)
{
        for (size_t i = 0; i < COUNT(sysv_names); i++)
                if (sysv_value(s, i) == JAILSYS_INHERIT)
                        return sysv_names[i];
        return NULL;
}

static int validate_sysv(const struct jail_spec *s, struct err *e)
{
        static const struct {
                enum rctl rctl;
                const char *name;
        } limits[] = {
                { RCTL_NMSGQ, "rctl.nmsgq" }, { RCTL_NSEM, "rctl.nsem" }, { RCTL_NSEMOP, "rctl.nsemop" },
                { RCTL_NSHM, "rctl.nshm" }, { RCTL_SHMSIZE, "rctl.shmsize" },
        };
        const char *shared = sysv_shared(s);

        for (size_t i = 0; shared && i < COUNT(sysv_names); i++)
                if (sysv_value(s, i) == JAILSYS_NEW && spec_given(s, param_find(sysv_names[i], NULL)))
                        return err_set(e, EINVAL, "%s: cannot be new while %s is inherit", sysv_names[i], shared);
        for (size_t i = 0; shared && i < COUNT(limits); i++)
                if (s->rctl[limits[i].rctl] != RCTL_NONE)
                        return err_set(e, EINVAL, "%s: not while %s is inherit", limits[i].name, shared);
        return 0;
}

static void settle(struct jail_spec *s, const char *name, int value)
{
        const struct param *p = param_find(name, NULL);

        *(int *)field(s, p) = value;
        mark_given(s, p);
}

void spec_settle(struct jail_spec *s)
{
        bool shared = sysv_shared(s);

        for (size_t i = 0; i < COUNT(sysv_names); i++) {
                int value = sysv_value(s, i);

                /* Where one is the host's, the others would be too: what was not asked for is closed. */
                if (shared)
                        settle(s, sysv_names[i], value == JAILSYS_NEW ? JAILSYS_DISABLE : value);
        }
        if (s->linux_osname || s->linux_osrelease || s->linux_oss_version)
                settle(s, "linux", JAILSYS_NEW);
}

int spec_validate(struct jail_spec *s, struct err *e)
{
        int number;

        if (s->jid < 0)
                return err_set(e, EINVAL, "jid: %d: negative", s->jid);
        if (s->name && num_int(s->name, &number) == 0) {
                char canonical[16];

                /* jail_set(2): a numeric name stands for the jid, and must be it. */
                snprintf(canonical, sizeof canonical, "%d", number);
                if (s->jid == 0)
                        s->jid = number;
                if (s->jid != number || !str_eq(canonical, s->name) || number < 1 || number > 999999)
                        return err_set(e, EINVAL, "name cannot be numeric (unless it is the jid)");
        }
        if (!s->level && str_set(&s->level, "os") < 0)
                return err_nomem(e);
        if (s->host == JAILSYS_DISABLE || s->user == JAILSYS_DISABLE)
                return err_set(e, EINVAL, "%s: cannot be disabled", s->host == JAILSYS_DISABLE ? "host" : "user");
        if (s->host == JAILSYS_INHERIT && (s->hostname || s->domainname || s->hostuuid || s->hostid))
                s->host = JAILSYS_NEW;
        if (s->exec_consolelog && normalise_path(&s->exec_consolelog, "exec.consolelog", e) < 0)
                return -e->code;
        if (validate_root(s, e) < 0 || validate_net(s, e) < 0 || validate_sysv(s, e) < 0)
                return -e->code;
        if (s->linux_abi == JAILSYS_DISABLE)
                return err_set(e, EINVAL, "linux: cannot be disabled");
        return 0;
}
