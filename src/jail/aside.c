#include "aside.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kern/ns.h"

#define STACK (256 * 1024)

struct job {
        aside_fn *work;
        void *ctx;
        struct err *e;
        int result;
        pid_t tid;
};

static int work_in_lane(const struct job *job)
{
        struct err *e = job->e;
        struct lane lane;
        struct host host;
        int r;

        if (ns_thread_start(e) < 0 || host_open(&host, JAIL_RUN_DIR, e) < 0)
                return -e->code;
        host.orphans = true;
        r = lane_open(&lane, &host, NULL, NULL, e);
        if (r == 0) {
                r = job->work(&lane, job->ctx, e);
                lane_close(&lane);
        }
        host_close(&host);
        return r;
}

static void *run(void *arg)
{
        struct job *job = arg;

        job->tid = (pid_t)syscall(SYS_gettid);
        job->result = work_in_lane(job);
        return NULL;
}

static int start(pthread_t *ret, struct job *job)
{
        pthread_attr_t attr;
        sigset_t all, before;
        int r;

        pthread_attr_init(&attr);
        pthread_attr_setstacksize(&attr, STACK);
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before);
        r = pthread_create(ret, &attr, run, job);
        pthread_sigmask(SIG_SETMASK, &before, NULL);
        pthread_attr_destroy(&attr);
        return r;
}

int aside(aside_fn *work, void *ctx, struct err *e)
{
        struct job job = { .work = work, .ctx = ctx, .e = e };
        pthread_t thread;
        int before, r;

        /* What the work writes to is on our stack. */
        pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before);
        r = start(&thread, &job);
        if (r == 0) {
                pthread_join(thread, NULL);
                /* Joined is not yet gone, and who wants to enter a user namespace must be alone. */
                while (syscall(SYS_tgkill, getpid(), job.tid, 0) == 0)
                        sched_yield();
                r = job.result;
        } else {
                r = err_code(e, r, "start a thread");
        }
        pthread_setcancelstate(before, NULL);
        return r;
}
