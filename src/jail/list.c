#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/num.h"
#include "conf/print.h"
#include "jail/engine.h"
#include "jail/kernel.h"

struct jail_list {
        struct record *records;         /* by jid */
        size_t n;
        const char **names;             /* sorted: what is below a name stands together */
};

static int by_jid(const void *a, const void *b)
{
        const struct record *x = a, *y = b;

        return (x->jid > y->jid) - (x->jid < y->jid);
}

static int by_name(const void *a, const void *b)
{
        return strcmp(*(const char *const *)a, *(const char *const *)b);
}

int jail_list_read(struct jail_host *host, struct jail_list **ret, struct err *e)
{
        struct jail_list *list = calloc(1, sizeof *list);
        autostrv names = {0};

        if (!list)
                return err_nomem(e);
        if (store_names(&host->host.store, &names, e) < 0)
                goto fail;
        list->records = calloc(names.n + 1, sizeof *list->records);
        if (!list->records) {
                err_nomem(e);
                goto fail;
        }
        for (size_t i = 0; i < names.n; i++) {
                struct record *rec = &list->records[list->n];
                int r = record_open(&host->host.store, names.v[i], false, rec, e);

                /* One that was removed since we looked, or is only being made, is not there; one that is ending is. */
                if (r == -ENOENT)
                        continue;
                if (r < 0)
                        goto fail;
                if ((rec->up || rec->removing) && record_live(rec))
                        list->n++;
                else
                        record_close(rec);
        }
        qsort(list->records, list->n, sizeof *list->records, by_jid);
        list->names = calloc(list->n + 1, sizeof *list->names);
        if (!list->names) {
                err_nomem(e);
                goto fail;
        }
        for (size_t i = 0; i < list->n; i++)
                list->names[i] = list->records[i].name;
        qsort(list->names, list->n, sizeof *list->names, by_name);
        *ret = list;
        return 0;
fail:
        jail_list_free(list);
        return -e->code;
}

void jail_list_free(struct jail_list *list)
{
        if (!list)
                return;
        for (size_t i = 0; i < list->n; i++)
                record_close(&list->records[i]);
        free(list->records);
        free(list->names);
        free(list);
}

size_t jail_list_count(const struct jail_list *list)
{
        return list->n;
}

ssize_t jail_list_find(const struct jail_list *list, const char *jail, struct err *e)
{
        int jid;

        if (num_int(jail, &jid) == 0) {
                for (size_t i = 0; i < list->n; i++)
                        if (list->records[i].jid == jid)
                                return (ssize_t)i;
                return err_set(e, ENOENT, "jail %d not found", jid);
        }
        for (size_t i = 0; i < list->n; i++)
                if (str_eq(list->records[i].name, jail))
                        return (ssize_t)i;
        return err_set(e, ENOENT, "jail \"%s\" not found", jail);
}

int jail_list_jid(const struct jail_list *list, size_t i)
{
        return list->records[i].jid;
}

const char *jail_list_name(const struct jail_list *list, size_t i)
{
        return list->records[i].name;
}

/* ---------------------------------------------------------------- parameters */

static struct jail_param shown[PARAM_MAX];
static size_t n_shown;
static pthread_once_t shown_once = PTHREAD_ONCE_INIT;

/* The rows jls knows: everything but jail(8)'s own. A constant, filled once from the constant table. */
static void fill_shown(void)
{
        static const enum jail_param_type types[] = {
                [P_BOOL] = JAIL_BOOL, [P_INT] = JAIL_NUMBER, [P_ULONG] = JAIL_NUMBER, [P_SIZE] = JAIL_STRING,
                [P_STRING] = JAIL_STRING, [P_PATH] = JAIL_STRING, [P_JAILSYS] = JAIL_SYS, [P_LIST] = JAIL_LIST,
                [P_COMMA] = JAIL_LIST, [P_KEYED] = JAIL_STRING,
        };
        size_t n;
        const struct param *t = param_table(&n);

        for (size_t i = 0; i < n && n_shown < COUNT(shown); i++)
                if (!(t[i].flags & P_PSEUDO) && t[i].type != P_NONE)
                        shown[n_shown++] = (struct jail_param){
                                .name = t[i].name, .type = types[t[i].type], .read_only = t[i].flags & P_RDONLY,
                        };
}

const struct jail_param *jail_params(size_t *ret_n)
{
        pthread_once(&shown_once, fill_shown);
        *ret_n = n_shown;
        return shown;
}

const struct jail_param *jail_param_find(const char *name)
{
        const struct param *p = param_find(name, NULL);
        size_t n;
        const struct jail_param *all = jail_params(&n);

        for (size_t i = 0; p && i < n; i++)
                if (str_eq(all[i].name, p->name))
                        return &all[i];
        return NULL;
}

/* children.cur: how many names begin with this one and a dot. */
static int children(const struct jail_list *list, const char *name)
{
        size_t len = strlen(name), low = 0, high = list->n;
        int count = 0;

        while (low < high) {
                size_t mid = (low + high) / 2;

                if (strcmp(list->names[mid], name) <= 0)
                        low = mid + 1;
                else
                        high = mid;
        }
        for (; low < list->n && strncmp(list->names[low], name, len) == 0; low++)
                count += list->names[low][len] == '.';
        return count;
}

/* The jid of the jail that the name is below; 0: of none. */
static int parent(const struct jail_list *list, const char *name)
{
        const char *dot = strrchr(name, '.');

        for (size_t i = 0; dot && i < list->n; i++)
                if (strncmp(list->records[i].name, name, (size_t)(dot - name)) == 0 &&
                    !list->records[i].name[dot - name])
                        return list->records[i].jid;
        return 0;
}

char **jail_list_values_of(const struct jail_list *list, size_t i, const char *name, bool *ret_keyed, size_t *ret_n)
{
        const struct param *p = param_find(name, NULL);
        char **values, *value;

        *ret_keyed = p->type == P_KEYED && !str_eq(p->name, name);
        if (!*ret_keyed)
                return jail_list_values(list, i, jail_param_find(name), ret_n);
        values = calloc(2, sizeof *values);
        if (!values || spec_get_key(&list->records[i].spec, name, &value) < 0) {
                free(values);
                return NULL;
        }
        values[0] = value;
        *ret_n = value != NULL;
        return values;
}

char **jail_list_values(const struct jail_list *list, size_t i, const struct jail_param *param, size_t *ret_n)
{
        const struct record *rec = &list->records[i];
        struct strv values = {0};
        char number[16];
        int r;

        if (str_eq(param->name, "parent") || str_eq(param->name, "children.cur")) {
                snprintf(number, sizeof number, "%d",
                         param->name[0] == 'p' ? parent(list, rec->name) : children(list, rec->name));
                r = strv_push(&values, number);
        } else if (str_eq(param->name, "dying")) {
                r = strv_push(&values, rec->removing ? "true" : "false");
        } else if (str_eq(param->name, "cpuset.id")) {
                r = strv_push(&values, "0");
        } else if (kernel_value(&rec->spec, param->name, &values)) {
                r = 0;
        } else {
                r = spec_show(&rec->spec, param_find(param->name, NULL), &values);
        }
        if (r == 0 && !values.v)
                values.v = calloc(1, sizeof *values.v);
        if (r < 0 || !values.v) {
                strv_free(&values);
                return NULL;
        }
        *ret_n = values.n;
        return values.v;
}

void jail_values_free(char **values)
{
        for (size_t i = 0; values && values[i]; i++)
                free(values[i]);
        free(values);
}

static char *quote(const char *value, int (*how)(struct strbuf *b, const char *s))
{
        struct strbuf b = {0};

        if (how(&b, value) < 0) {
                strbuf_free(&b);
                return NULL;
        }
        return b.s;
}

char *jail_quote(const char *value)
{
        return quote(value, conf_quote);
}

char *jail_quote_shell(const char *value)
{
        return quote(value, conf_quote_shell);
}
