#include "jail/engine.h"

int jail_host_open(struct jail_host **ret, struct err *e)
{
        struct jail_host *h = calloc(1, sizeof *h);

        if (!h)
                return err_nomem(e);
        if (host_open(&h->host, JAIL_RUN_DIR, e) < 0) {
                free(h);
                return -e->code;
        }
        *ret = h;
        return 0;
}

void jail_host_close(struct jail_host *h)
{
        if (!h)
                return;
        host_close(&h->host);
        free(h);
}
