#include "desc.h"

#include <errno.h>

#include "base/fd.h"
#include "step/own.h"

int desc_open(struct lane *lane, const char *name, bool own, int *ret, struct err *e)
{
        struct record rec;
        struct run run;
        int r = engine_open(lane, name, true, &rec, &run, e);

        if (r == -ENOENT)
                return err_set(e, ENOENT, "jail \"%s\" not found", name);
        if (r < 0)
                return r;
        r = engine_boot(lane, &rec, &run, e);
        if (r == 0)
                r = *ret = own ? own_take(&run, e) : fd_take(&run.init_pidfd);
        lane->nl = run.nl_host;
        run_finish(&run);
        record_close(&rec);
        return r < 0 ? r : 0;
}
