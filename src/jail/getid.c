/* jail_getid() and jail_getname(), jail(3). */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gaol/jail.h>

#include "jail/call.h"

static struct iovec text(const char *s)
{
        return (struct iovec){ (char *)(uintptr_t)s, strlen(s) + 1 };
}

/* A number as strtoul(3) reads it, whole. */
static bool number(const char *s, int *ret)
{
        char *end;

        *ret = (int)strtoul(s, &end, 10);
        return *s && !*end;
}

int jail_getid(const char *name)
{
        int jid;
        struct iovec by_jid[] = { text("jid"), { &jid, sizeof jid } };
        struct iovec by_name[] = { text("name"), text(name) };

        if (!number(name, &jid))
                return *name ? jail_get(by_name, 2, 0)
                             : call_end("jail_getid", NULL, -ENOENT, &(struct err){ ENOENT, "jail \"\" not found" });
        /* the host itself, or the jail we are in: no list has it */
        return jid == 0 ? 0 : jail_get(by_jid, 2, 0);
}

char *jail_getname(int jid)
{
        char name[256] = "";
        struct iovec iov[] = { text("jid"), { &jid, sizeof jid }, text("name"), { name, sizeof name } };
        char *copy;

        if (jail_get(iov, 4, 0) < 0)
                return NULL;
        copy = strdup(name);
        if (!copy)
                call_end("jail_getname", NULL, -ENOMEM, &(struct err){ .code = ENOMEM });
        return copy;
}
