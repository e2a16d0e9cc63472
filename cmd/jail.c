/*
 * jail(8): argv in, library calls, messages and exit status out. The options and
 * what they may be combined with are FreeBSD's.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gaol/engine.h>

#include "cmd.h"

#define DEFAULT_CONF "/etc/jail.conf"

struct options {
        unsigned ops;
        const char *file, *jid_file, *separator, *name, *securelevel, *user, *host_user;
        bool ids_only, quiet, verbose, clean_env, hostname_ips;
        unsigned parallel;
        char *const *old;       /* path, hostname, addresses, command: the words of the old command line; NULL: it is not */
};

/* What the configuration says of each jail: its parameters joined by LINE_SEPARATOR. */
struct lines {
        char **v;
        size_t n;
        bool no_memory;
};

#define LINE_SEPARATOR "\n"

struct teller {
        const struct options *o;
        bool from_file, tell_removed;
        FILE *jids;
        struct lines lines;     /* for jids */
};

static void usage(void)
{
        fputs("usage: jail [-dhilqv] [-J jid_file] [-u username | -U username]\n"
              "            [-s securelevel] [-n name] -[cmr] param=value ... [command=command ...]\n"
              "       jail [-dqv] [-f file] -[cmr] [jail]\n"
              "       jail [-qv] [-f file] -[rR] [* | jail ...]\n"
              "       jail [-dhilqv] [-J jid_file] [-n name] [-s securelevel] [-u username | -U username]\n"
              "            path hostname [ip[,...]] command ...\n"
              "       jail [-f file] -e separator\n",
              stderr);
        exit(1);
}

static void report(void *ctx, const char *line)
{
        bool *reported = ctx;

        if (reported)
                *reported = true;
        fprintf(stderr, "jail: %s\n", line);
}

static void add_line(void *ctx, const char *line)
{
        struct lines *l = ctx;
        char **v = realloc(l->v, (l->n + 1) * sizeof *v);

        if (v)
                l->v = v;
        if (!v || !(v[l->n] = strdup(line)))
                l->no_memory = true;
        else
                l->n++;
}

static void free_lines(struct lines *l)
{
        for (size_t i = 0; i < l->n; i++)
                free(l->v[i]);
        free(l->v);
}

/* The value of a parameter that a line has, up to the separator; NULL: it has none. */
static const char *value_in(const char *line, const char *param)
{
        const size_t n = strlen(param);

        for (; line; line = strstr(line, LINE_SEPARATOR), line = line ? line + strlen(LINE_SEPARATOR) : NULL)
                if (strncmp(line, param, n) == 0 && line[n] == '=')
                        return line + n + 1;
        return NULL;
}

/* The line of the jail; a command line has but one. */
static const char *line_of(const struct teller *t, const char *name)
{
        const size_t n = strlen(name);

        for (size_t i = 0; i < t->lines.n; i++) {
                const char *has = value_in(t->lines.v[i], "name");

                if (!t->from_file || (has && strncmp(has, name, n) == 0 && (!has[n] || has[n] == LINE_SEPARATOR[0])))
                        return t->lines.v[i];
        }
        return "";
}

/* -J: the jid, whether the configuration has given it or not, and everything else as it was given. */
static void write_parameters(struct teller *t, const char *name, int jid)
{
        char *const *old = t->o->old;

        if (old) {
                fprintf(t->jids, "%d\t%s\t%s\t%s\t%s\n", jid, old[0], old[1], old[2], old[3]);
                return;
        }
        fprintf(t->jids, "jid=%d", jid);
        for (const char *p = line_of(t, name); *p;) {
                const size_t n = strcspn(p, LINE_SEPARATOR);

                if (strncmp(p, "jid=", 4) != 0)
                        fprintf(t->jids, " %.*s", (int)n, p);
                p += n + (p[n] != '\0');
        }
        putc('\n', t->jids);
}

static void event(void *ctx, enum jail_event what, const char *name, int jid, const char *line)
{
        struct teller *t = ctx;

        if (what == JAIL_FAILED || what == JAIL_WARNING) {
                fprintf(stderr, "jail: %s\n", line);
                return;
        }
        if (what == JAIL_CREATED && t->jids)
                write_parameters(t, name, jid);
        if (what == JAIL_CREATED && t->o->ids_only)
                printf("%d\n", jid);
        if (t->o->quiet)
                return;
        if (what == JAIL_TRACE) {
                puts(line);
                return;
        }
        /* Command-line jails are nameless and silent unless -v; one jail removed by name alone says nothing either. */
        if (!t->from_file && !t->o->verbose)
                return;
        if (what == JAIL_REMOVED && !t->tell_removed && !t->o->verbose)
                return;
        printf("%s: %s\n", name, what == JAIL_CREATED ? "created" : what == JAIL_UPDATED ? "updated" : "removed");
}

static int parse_options(int argc, char **argv, struct options *o)
{
        int c;

        while ((c = cmd_getopt(argc, argv, "+:cCde:f:hiJ:lmn:p:qrRs:u:U:v")) != -1) {
                switch (c) {
                case 'c': o->ops |= JAIL_OP_CREATE; break;
                case 'C': o->ops |= JAIL_OP_CLEAN; break;
                case 'd': break;        /* dying jails are never brought back; FreeBSD keeps the letter too */
                case 'e': o->separator = optarg; break;
                case 'f': o->file = optarg; break;
                case 'h': o->hostname_ips = true; break;
                case 'i': o->ids_only = o->quiet = true; break;
                case 'J': o->jid_file = optarg; break;
                case 'l': o->clean_env = true; break;
                case 'm': o->ops |= JAIL_OP_MODIFY; break;
                case 'n': o->name = optarg; break;
                case 'p':
                        o->parallel = (unsigned)strtoul(optarg, NULL, 10);
                        if (!isdigit((unsigned char)*optarg) || optarg[strspn(optarg, "0123456789")])
                                usage();
                        break;
                case 'q': o->quiet = true; o->verbose = false; break;
                case 'r': o->ops |= JAIL_OP_REMOVE; break;
                case 'R': o->ops |= JAIL_OP_REMOVE | JAIL_OP_FORCE; break;
                case 's': o->securelevel = optarg; break;
                case 'u': o->host_user = optarg; break;
                case 'U': o->user = optarg; break;
                case 'v': o->verbose = true; o->quiet = false; break;
                default: usage();
                }
        }
        if ((o->ops & JAIL_OP_MODIFY) && (o->ops & JAIL_OP_REMOVE)) {
                o->ops &= ~(unsigned)JAIL_OP_REMOVE;    /* -mr: change, and restart if that is what it takes */
                o->ops |= JAIL_OP_RESTART;
        }
        return optind;
}

/* The options that stand for parameters, and so make it a jail of the command line. */
static bool has_params(const struct options *o)
{
        return o->name || o->securelevel || o->user || o->host_user || o->hostname_ips || o->clean_env;
}

/*
 * Is what the arguments describe, rather than name, the jail? Several jails can be named to -r only, so the words are
 * parameters then, if there is one among them.
 */
static bool describes(int argc, char **argv)
{
        bool any = false;

        for (int i = 0; i < argc; i++)
                any = any || strchr(argv[i], '=') || jail_param_find(argv[i]);
        if (argc > 1 && !any)
                usage();
        return argc > 1 || (argc == 1 && strchr(argv[0], '='));
}

/* The words that options stand for, in front of those of the command line. */
static char **extend_args(const struct options *o, int argc, char **argv, int *ret_argc)
{
        const struct {
                const char *param, *value;
        } extra[] = {
                { "name", o->name }, { "securelevel", o->securelevel }, { "ip_hostname", o->hostname_ips ? "true" : NULL },
                { "exec.jail_user", o->user ? o->user : o->host_user },
                { o->host_user ? "exec.system_jail_user" : NULL, "true" }, { o->clean_env ? "exec.clean" : NULL, "true" },
        };
        char **all = calloc((size_t)argc + sizeof extra / sizeof *extra + 1, sizeof *all);
        int n = 0;

        if (!all)
                return NULL;
        for (size_t i = 0; i < sizeof extra / sizeof *extra; i++)
                if (extra[i].param && extra[i].value && asprintf(&all[n++], "%s=%s", extra[i].param, extra[i].value) < 0)
                        return NULL;
        memcpy(all + n, argv, (size_t)argc * sizeof *all);
        *ret_argc = n + argc;
        return all;
}

/* The addresses of one family, a list joined by commas; NULL: there are none, or no memory. */
static char *addresses(const char *list, bool ip6)
{
        char *found = calloc(1, strlen(list) + 2), *end = found;

        for (; found && *list; list += *list == ',') {
                const size_t n = strcspn(list, ",");

                if (n > 0 && (memchr(list, ':', n) != NULL) == ip6)
                        end += sprintf(end, "%s%.*s", end > found ? "," : "", (int)n, list);
                list += n;
        }
        if (end > found)
                return found;
        free(found);
        return NULL;
}

/* jail path hostname ip[,...] command ...: the style of jail(8) before FreeBSD 8 */
static char **old_style(const struct options *o, int argc, char **argv, int *ret_argc)
{
        char *ip4 = addresses(argv[2], false), *ip6 = addresses(argv[2], true);
        char **all = calloc((size_t)argc + 4, sizeof *all), **extended = NULL;
        int n = 0;

        if (all && asprintf(&all[n++], "path=%s", argv[0]) >= 0 && asprintf(&all[n++], "host.hostname=%s", argv[1]) >= 0 &&
            (!ip4 || asprintf(&all[n++], "ip4.addr=%s", ip4) >= 0) &&
            (!ip6 || asprintf(&all[n++], "ip6.addr=%s", ip6) >= 0) && asprintf(&all[n++], "command=%s", argv[3]) >= 0) {
                for (int i = 4; i < argc; i++)
                        all[n++] = argv[i];
                extended = extend_args(o, n, all, ret_argc);
        }
        free(ip4);
        free(ip6);
        free(all);
        return extended;
}

static int fail(const struct err *e)
{
        if (*e->text)
                fprintf(stderr, "jail: %s\n", e->text);
        return 1;
}

static void print_line(void *ctx, const char *line)
{
        puts(line);
}

static int print_config(const struct options *o)
{
        struct jail_conf *conf;
        bool failed = false;    /* one of the jails: the others are printed all the same */
        struct err e = {0};
        int r;

        if (jail_conf_read(o->file ? o->file : DEFAULT_CONF, report, &failed, &conf, &e) < 0)
                return fail(&e);
        r = jail_conf_print(conf, o->separator, print_line, NULL, &e) < 0 ? fail(&e) : failed;
        jail_conf_free(conf);
        return r;
}

static int run_batch(struct jail_batch *batch, struct teller *t, const struct options *o)
{
        struct jail_host *host;
        struct err e = {0};
        int r;

        if (jail_host_open(&host, &e) < 0)
                return fail(&e);
        if (o->jid_file) {
                if (batch->conf && (jail_conf_print(batch->conf, LINE_SEPARATOR, add_line, &t->lines, &e) < 0 ||
                                    t->lines.no_memory)) {
                        fprintf(stderr, "jail: %s\n", strerror(ENOMEM));
                        jail_host_close(host);
                        return 1;
                }
                t->jids = fopen(o->jid_file, "we");
                if (!t->jids) {
                        fprintf(stderr, "jail: %s: %s\n", o->jid_file, strerror(errno));
                        jail_host_close(host);
                        return 1;
                }
        }
        batch->event = event;
        batch->ctx = t;
        batch->parallel = o->parallel;
        batch->trace = o->verbose;
        r = jail_batch_run(host, batch, &e);
        if (t->jids && fclose(t->jids) != 0) {
                fprintf(stderr, "jail: %s: %s\n", o->jid_file, strerror(errno));
                r = r ? r : 1;
        }
        jail_host_close(host);
        return r < 0 ? fail(&e) : r > 0;
}

/* Wrong usage does not return. The words that describe the jail, or NULL: the arguments name some. */
static char **words_of(struct options *o, int argc, char **argv, int *ret_argc)
{
        const bool stop = (o->ops & JAIL_OP_REMOVE) && !(o->ops & JAIL_OP_CREATE);
        char **words = NULL;

        if (o->user && o->host_user)
                usage();
        if (!(o->ops & (JAIL_OP_CREATE | JAIL_OP_MODIFY | JAIL_OP_REMOVE))) {
                if (argc < 4 || argv[0][0] != '/' || o->file || (o->ops & JAIL_OP_CLEAN))
                        usage();
                o->old = argv;
                o->ops |= JAIL_OP_CREATE;
                words = old_style(o, argc, argv, ret_argc);
        } else if (stop) {
                for (int i = 0; i < argc; i++)
                        if (strchr(argv[i], '='))
                                usage();
                if (has_params(o) || ((o->ops & JAIL_OP_FORCE) && (argc == 0 || (o->ops & JAIL_OP_CLEAN))))
                        usage();
                return NULL;
        } else if (describes(argc, argv)) {
                if (o->file || (o->ops & (JAIL_OP_FORCE | JAIL_OP_CLEAN)))
                        usage();
                words = extend_args(o, argc, argv, ret_argc);
        } else {
                if (has_params(o) || (o->ops & JAIL_OP_FORCE) ||
                    ((o->ops & JAIL_OP_CLEAN) && !(o->ops & JAIL_OP_CREATE)))
                        usage();
                return NULL;
        }
        if (!words) {
                fprintf(stderr, "jail: %s\n", strerror(ENOMEM));
                exit(1);
        }
        return words;
}

/* -R never looks at a file, and -r of jails that are named does without the usual one: it works on those there are. */
static bool reads_file(const struct options *o, int argc)
{
        const bool stop = (o->ops & JAIL_OP_REMOVE) && !(o->ops & JAIL_OP_CREATE);

        return !(o->ops & JAIL_OP_FORCE) && !(stop && argc > 0 && !o->file && access(DEFAULT_CONF, F_OK) < 0);
}

int cmd_jail(int argc, char **argv)
{
        struct options o = {0};
        struct jail_batch batch = {0};
        struct teller teller = { .o = &o };
        struct err e = {0};
        struct jail_conf *conf = NULL;
        char **words;
        int n, r = 0, first;

        /* Notes stand between the output of commands, also in a file. */
        setvbuf(stdout, NULL, _IOLBF, 0);
        first = parse_options(argc, argv, &o);
        argc -= first;
        argv += first;
        if (o.separator) {
                if (o.ops || argc)
                        usage();
                return print_config(&o);
        }
        words = words_of(&o, argc, argv, &n);
        batch.ops = o.ops;
        if (words) {
                r = jail_conf_args(n, words, &conf, &e);
        } else {
                batch.names = argv;
                batch.n_names = (size_t)argc;
                batch.from_file = reads_file(&o, argc);
                if (batch.from_file)
                        r = jail_conf_read(o.file ? o.file : DEFAULT_CONF, report, NULL, &conf, &e);
        }
        if (r < 0)
                return fail(&e);
        batch.conf = conf;
        teller.from_file = !words;
        teller.tell_removed = conf || argc > 1 || (argc == 1 && strchr(argv[0], '*'));
        r = run_batch(&batch, &teller, &o);
        free_lines(&teller.lines);
        jail_conf_free(conf);
        return r;
}
