/* jail_setv() and jail_getv(), jail(3): names and values as text. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gaol/jail.h>

#include "jail/call.h"

#define NEW_DESC (JAIL_GET_DESC | JAIL_OWN_DESC)

/* The arguments as records, and beside each the text it came with. */
struct list {
        struct jailparam *jp;
        char **text;
        unsigned n;
        char *desc_text;        /* where the number of a new descriptor goes */
        int desc;
};

static void list_free(struct list *l)
{
        jailparam_free(l->jp, l->n);
        free(l->jp);
        free(l->text);
}

/* "desc" passes the number of a descriptor, or takes one, or both. */
static int add_desc(struct list *l, struct jailparam *jp, char *text, int flags)
{
        if (flags & (JAIL_USE_DESC | JAIL_AT_DESC))
                l->desc = atoi(text);
        if (flags & NEW_DESC)
                l->desc_text = text;
        return jailparam_import_raw(jp, &l->desc, sizeof l->desc);
}

static int list_read(struct list *l, va_list ap, int flags)
{
        va_list count;
        size_t n = 0;

        *l = (struct list){ .desc = -1 };
        va_copy(count, ap);
        for (; va_arg(count, const char *); n++)
                (void)va_arg(count, char *);
        va_end(count);
        l->jp = calloc(n + 1, sizeof *l->jp);
        l->text = calloc(n + 1, sizeof *l->text);
        if (!l->jp || !l->text)
                return call_end("jail_setv", NULL, -ENOMEM, &(struct err){ .code = ENOMEM });
        for (size_t i = 0; i < n; i++) {
                const char *name = va_arg(ap, const char *);

                l->text[i] = va_arg(ap, char *);
                if (jailparam_init(&l->jp[i], name) < 0)
                        return -1;
                l->n++;
                if (str_eq(name, "desc") && l->text[i] && add_desc(l, &l->jp[i], l->text[i], flags) < 0)
                        return -1;
        }
        return 0;
}

static void put_desc(const struct list *l)
{
        if (l->desc_text)
                sprintf(l->desc_text, "%d", l->desc);
}

static int set_list(struct list *l, int flags)
{
        int jid;

        for (unsigned i = 0; i < l->n; i++)
                if (!str_eq(l->jp[i].jp_name, "desc") && jailparam_import(&l->jp[i], l->text[i]) < 0)
                        return -1;
        jid = jailparam_set(l->jp, l->n, flags);
        if (jid >= 0)
                put_desc(l);
        return jid;
}

int jail_setv(int flags, ...)
{
        struct list l;
        va_list ap;
        int r;

        va_start(ap, flags);
        r = list_read(&l, ap, flags);
        va_end(ap);
        if (r == 0)
                r = set_list(&l, flags);
        list_free(&l);
        return r;
}

/* The key among the arguments; -1: there is none. */
static int key_of(const struct list *l)
{
        int jid = -1, name = -1;

        for (unsigned i = 0; i < l->n; i++) {
                if (!l->text[i])
                        continue;
                if (str_eq(l->jp[i].jp_name, "lastjid"))
                        return (int)i;
                if (str_eq(l->jp[i].jp_name, "jid") && strtol(l->text[i], NULL, 10) != 0)
                        jid = (int)i;
                if (str_eq(l->jp[i].jp_name, "name"))
                        name = (int)i;
        }
        return jid >= 0 ? jid : name;
}

static int export_all(const struct list *l, int key)
{
        for (unsigned i = 0; i < l->n; i++) {
                char *text;

                if ((int)i == key || !l->text[i] || str_eq(l->jp[i].jp_name, "desc"))
                        continue;
                text = jailparam_export(&l->jp[i]);
                if (!text)
                        return -1;
                strcpy(l->text[i], text);
                free(text);
        }
        put_desc(l);
        return 0;
}

static int get_list(struct list *l, int flags)
{
        int key = flags & JAIL_USE_DESC ? -1 : key_of(l);
        int jid;

        if (key < 0 && !(flags & JAIL_USE_DESC))
                return call_end("jail_getv", NULL, -ENOENT, &(struct err){ ENOENT, "no jail specified" });
        if (key >= 0 && jailparam_import(&l->jp[key], l->text[key]) < 0)
                return -1;
        jid = jailparam_get(l->jp, l->n, flags);
        return jid < 0 || export_all(l, key) < 0 ? -1 : jid;
}

int jail_getv(int flags, ...)
{
        struct list l;
        va_list ap;
        int r;

        va_start(ap, flags);
        r = list_read(&l, ap, flags);
        va_end(ap);
        if (r == 0)
                r = get_list(&l, flags);
        list_free(&l);
        return r;
}
