/*
 *     killer [--list] --count -- COMMAND...
 *     killer --kill PLACE [--at-exit] [--caller] -- COMMAND...
 *     killer --fail PLACE ERROR -- COMMAND...
 *
 * Runs a command under ptrace(2); trace.h says what is traced. --count prints
 * how many system calls each task makes, with --list all of them by name.
 * --kill ends the command with SIGKILL at PLACE, TASK.CALL or CALL (of task 0,
 * the command itself), as it enters the call or (--at-exit) leaves it;
 * --caller ends the process that makes the call instead. --fail makes the call
 * return ERROR, a number or one of the usual names.
 *
 * Exits as the command did, 128 and the signal's number if one ended it; 99
 * when PLACE was not reached.
 */
#include <err.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "trace.h"

static _Noreturn void usage(void)
{
        fprintf(stderr, "usage: killer [--list] --count -- command ...\n"
                        "       killer --kill [task.]call [--at-exit] [--caller] -- command ...\n"
                        "       killer --fail [task.]call error -- command ...\n");
        exit(2);
}

static int error_number(const char *s)
{
        int n = atoi(s);

        if (n > 0)
                return n;
        for (n = 1; n < 134; n++)
                if (strerrorname_np(n) && strcmp(strerrorname_np(n), s) == 0)
                        return n;
        errx(2, "no such error: %s", s);
}

static void parse_place(struct trace_want *want, const char *s)
{
        if (sscanf(s, "%u.%u", &want->task, &want->call) == 2)
                return;
        want->task = 0;
        if (sscanf(s, "%u", &want->call) != 1)
                usage();
}

static void print_call(unsigned task, unsigned call, long nr)
{
        printf("%u.%u %s\n", task, call, trace_name(nr));
}

int main(int argc, char **argv)
{
        static const struct option options[] = {
                { "count", no_argument, NULL, 'n' },    { "list", no_argument, NULL, 'l' },
                { "kill", required_argument, NULL, 'k' }, { "fail", required_argument, NULL, 'f' },
                { "at-exit", no_argument, NULL, 'x' },  { "caller", no_argument, NULL, 'c' }, { 0 },
        };
        struct trace_want want = { .timeout = 3600 };
        struct trace_seen seen;
        bool caller = false, count = false;
        int c, r;

        while ((c = getopt_long(argc, argv, "+", options, NULL)) >= 0)
                switch (c) {
                case 'n':
                        count = true;
                        break;
                case 'l':
                        want.each = print_call;
                        break;
                case 'k':
                        want.act = TRACE_KILL;
                        parse_place(&want, optarg);
                        break;
                case 'f':
                        want.act = TRACE_FAIL;
                        parse_place(&want, optarg);
                        if (optind == argc)
                                usage();
                        want.error = error_number(argv[optind++]);
                        break;
                case 'x':
                        want.at_exit = true;
                        break;
                case 'c':
                        caller = true;
                        break;
                default:
                        usage();
                }
        if (optind == argc || count == (want.act != TRACE_NOTHING))
                usage();
        if (caller && want.act == TRACE_KILL)
                want.act = TRACE_KILL_CALLER;
        r = trace_run(argv + optind, &want, &seen);
        if (r < 0)
                errx(2, "%s: %s", argv[optind], strerror(-r));
        for (unsigned i = 0; i < seen.tasks && count; i++)
                printf("task %u: %u calls\n", i, seen.calls[i]);
        if (!count && !seen.hit)
                return 99;
        if (!count)
                fprintf(stderr, "killer: at %u.%u, %s\n", want.task, want.call, trace_name(seen.nr));
        return WIFSIGNALED(seen.status) ? 128 + WTERMSIG(seen.status) : WEXITSTATUS(seen.status);
}
