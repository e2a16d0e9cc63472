/*
 * jls(8): lists jails. What is printed, and in which shape, follows FreeBSD's
 * program to the byte, since scripts read it.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <gaol/engine.h>

#include "cmd.h"
#include "out.h"

#define LIBXO_VERSION "2"

enum {
        SHOW_HEADER = 1 << 0,           /* -h */
        SHOW_NAMES = 1 << 1,            /* -n: name=value */
        SHOW_QUOTED = 1 << 2,           /* -q */
        SHOW_SETTABLE = 1 << 3,         /* -s: what jail(8) takes */
        SHOW_VERBOSE = 1 << 4,          /* -v */
        SHOW_JAIL_NAME = 1 << 5,        /* -N */
};

struct column {
        const char *name;               /* as it was asked for, "nopersist" for one */
        const struct jail_param *param;
        bool negative;                  /* ... and so the opposite is meant */
        const struct jail_param *parent;        /* the jailsys parameter it is below; NULL: none */
};

struct jls {
        unsigned show;
        bool dying;                     /* -d, -a */
        bool exists;                    /* -c */
        const char *jail;               /* -j */
        struct column *columns;
        size_t n_columns;
        const struct jail_param *dying_param, *hostname, *path; /* looked up once, not for each jail */
        const struct jail_param *ip4, *ip6, *vnet_ip4, *vnet_ip6;
        struct jail_list *list;
        struct out out;
};

static int usage(void)
{
        fprintf(stderr, "usage: jls [--libxo format] [-adhNnqsv] [-j jail] [parameter ...]\n"
                        "       jls -c [-d] -j jail\n");
        return 1;
}

static int no_memory(void)
{
        fprintf(stderr, "jls: %s\n", strerror(ENOMEM));
        return 1;
}

/* ------------------------------------------------------------ command line */

static bool is_all(const char *name)
{
        return strcmp(name, "all") == 0;
}

/* Parameters without a dot come first. */
static int by_name(const void *a, const void *b)
{
        const struct jail_param *const *x = a, *const *y = b;
        bool x_dotted = strchr((*x)->name, '.'), y_dotted = strchr((*y)->name, '.');

        return x_dotted != y_dotted ? (x_dotted ? 1 : -1) : strcmp((*x)->name, (*y)->name);
}

static const struct jail_param *jailsys_parent(const char *name)
{
        size_t len = strcspn(name, ".");
        const struct jail_param *parent;
        char *top;

        if (!name[len] || !(top = strndup(name, len)))
                return NULL;
        parent = jail_param_find(top);
        free(top);
        return parent && parent->type == JAIL_SYS ? parent : NULL;
}

/* There is room for it. One that is already there stays where it is. */
static void add_column(struct jls *j, const char *name, const struct jail_param *param)
{
        for (size_t i = 0; i < j->n_columns; i++)
                if (strcmp(j->columns[i].name, name) == 0)
                        return;
        j->columns[j->n_columns++] = (struct column){ .name = name, .param = param,
                .negative = strcmp(name, param->name) != 0, .parent = jailsys_parent(param->name) };
}

static int add_all(struct jls *j, const struct jail_param *params, size_t n)
{
        const struct jail_param **sorted = calloc(n + 1, sizeof *sorted);

        if (!sorted)
                return no_memory();
        for (size_t i = 0; i < n; i++)
                sorted[i] = &params[i];
        qsort(sorted, n, sizeof *sorted, by_name);
        for (size_t i = 0; i < n; i++)
                add_column(j, sorted[i]->name, sorted[i]);
        free(sorted);
        return 0;
}

/* Returns 0, or the exit status. */
static int add_columns(struct jls *j, int argc, char **argv)
{
        size_t n;
        const struct jail_param *params = jail_params(&n), *p;

        j->columns = calloc(n + (size_t)argc + 1, sizeof *j->columns);
        if (!j->columns)
                return no_memory();
        if (argc == 0)
                return j->show & (SHOW_HEADER | SHOW_NAMES) ? add_all(j, params, n) : 0;
        for (int i = 0; i < argc; i++) {
                if (is_all(argv[i])) {
                        if (add_all(j, params, n))
                                return 1;
                        continue;
                }
                p = jail_param_find(argv[i]);
                if (!p) {
                        fprintf(stderr, "jls: unknown parameter: %s\n", argv[i]);
                        return 1;
                }
                add_column(j, argv[i], p);
        }
        return 0;
}

static int set_format(struct jls *j, const char *words)
{
        const char *unknown = out_set_options(&j->out, words);

        if (!unknown)
                return 0;
        fprintf(stderr, "jls: unknown libxo option: %.*s\n", (int)strcspn(unknown, ","), unknown);
        return 1;
}

/* Takes --libxo out of argv, wherever it is, as xo_parse_args(3) does. Returns 0, or the exit status. */
static int take_libxo(struct jls *j, int *argc, char **argv)
{
        static const char option[] = "--libxo";
        const size_t len = sizeof option - 1;
        int kept = 1;

        for (int i = 1; i < *argc; i++) {
                const char *words = NULL;

                if (strcmp(argv[i], "--") == 0) {
                        while (i < *argc)
                                argv[kept++] = argv[i++];
                        break;
                }
                if (strncmp(argv[i], option, len) != 0 || (argv[i][len] && argv[i][len] != '=')) {
                        argv[kept++] = argv[i];
                        continue;
                }
                if (argv[i][len])
                        words = argv[i] + len + 1;
                else if (++i < *argc)
                        words = argv[i];
                else
                        return usage();
                if (set_format(j, words))
                        return 1;
        }
        argv[kept] = NULL;
        *argc = kept;
        return 0;
}

/* Some options cancel others, whichever come first. Returns 0, or the exit status. */
static int parse_options(struct jls *j, int argc, char **argv)
{
        int c;

        while ((c = cmd_getopt(argc, argv, "+:acdhj:Nnqsv")) != -1)
                switch (c) {
                case 'a':
                case 'd': j->dying = true; break;
                case 'c': j->exists = true; break;
                case 'h': j->show = (j->show & ~(unsigned)(SHOW_SETTABLE | SHOW_VERBOSE)) | SHOW_HEADER; break;
                case 'j': j->jail = optarg; break;
                case 'N': j->show |= SHOW_JAIL_NAME; break;
                case 'n': j->show = (j->show & ~(unsigned)SHOW_VERBOSE) | SHOW_NAMES; break;
                case 'q': j->show |= SHOW_QUOTED; break;
                case 's':
                        j->show &= ~(unsigned)(SHOW_HEADER | SHOW_VERBOSE);
                        j->show |= SHOW_NAMES | SHOW_QUOTED | SHOW_SETTABLE;
                        break;
                case 'v':
                        j->show &= ~(unsigned)(SHOW_HEADER | SHOW_NAMES | SHOW_SETTABLE);
                        j->show |= SHOW_VERBOSE;
                        break;
                default: return usage();
                }
        if (j->exists && (!j->jail || j->show || optind < argc))
                return usage();
        return 0;
}

/* ------------------------------------------------------------------ values */

/*
 * The value of a parameter that has one. It is part of what is returned, which is freed with jail_values_free(); NULL
 * is returned, and the value empty, when there is no memory.
 */
static char **get(const struct jls *j, size_t i, const struct jail_param *p, const char **ret_value)
{
        size_t n = 0;
        char **values = jail_list_values(j->list, i, p, &n);

        *ret_value = n > 0 ? values[0] : "";
        return values;
}

/* Without memory it is not; whoever prints the jail will find that out too. */
static bool has_value(const struct jls *j, size_t i, const struct jail_param *p, const char *value)
{
        const char *has;
        char **values = get(j, i, p, &has);
        bool same = strcmp(has, value) == 0;

        jail_values_free(values);
        return same;
}

static bool is_dying(const struct jls *j, size_t i)
{
        return has_value(j, i, j->dying_param, "true");
}

/* "eth0|10.0.0.1/24" is 10.0.0.1 to those who only want to reach the jail. Changes s. */
static const char *bare_address(char *s)
{
        char *bar = strchr(s, '|');

        s = bar ? bar + 1 : s;
        s[strcspn(s, "/")] = '\0';
        return s;
}

/* The values of a list in one string, joined by commas, to be freed. */
static char *join(char *const *values, size_t n)
{
        size_t len = 1;
        char *joined, *end;

        for (size_t i = 0; i < n; i++)
                len += strlen(values[i]) + 1;
        joined = end = malloc(len);
        if (!joined)
                return NULL;
        for (size_t i = 0; i < n; i++) {
                if (i > 0)
                        *end++ = ',';
                end = stpcpy(end, values[i]);
        }
        *end = '\0';
        return joined;
}

/* ------------------------------------------------------------------ tables */

static void print_jid(struct jls *j, size_t i)
{
        char number[16], cell[16];

        snprintf(number, sizeof number, "%d", jail_list_jid(j->list, i));
        snprintf(cell, sizeof cell, "%6s", number);
        out_value(&j->out, "jid", number, cell, OUT_BARE);
}

/* Host name and path, which end a line in either table. Returns 0, or the exit status. */
static int print_host_and_path(struct jls *j, size_t i)
{
        const char *hostname, *path;
        char **host_values = get(j, i, j->hostname, &hostname);
        char **path_values = get(j, i, j->path, &path);
        bool failed = !host_values || !path_values;

        out_cell(&j->out, "hostname", hostname, 29, 29);
        out_padding(&j->out, " ");
        out_cell(&j->out, "path", path, 0, 74);
        out_newline(&j->out);
        jail_values_free(host_values);
        jail_values_free(path_values);
        return failed ? no_memory() : 0;
}

static void print_table_header(struct jls *j)
{
        struct out *o = &j->out;

        if (j->show & SHOW_JAIL_NAME) {
                out_padding(o, " ");
                out_title(o, "JID            ");
                out_padding(o, " ");
                out_title(o, "IP Address     ");
                out_padding(o, " ");
                out_title(o, "Hostname                     ");
                out_padding(o, " ");
        } else {
                out_title(o, "   JID");
                out_padding(o, "  ");
                out_title(o, "IP Address");
                out_padding(o, "      ");
                out_title(o, "Hostname");
                out_padding(o, "                      ");
        }
        out_title(o, "Path");
        out_newline(o);
}

/* A jail has addresses on the host's stack or on its own, never both. */
static char **addresses_of(const struct jls *j, size_t i, const struct jail_param *host, const struct jail_param *own,
                           size_t *ret_n)
{
        char **values = host ? jail_list_values(j->list, i, host, ret_n) : NULL;

        if (host && (!values || *ret_n > 0))
                return values;
        jail_values_free(values);
        return jail_list_values(j->list, i, own, ret_n);
}

static int print_table_row(struct jls *j, size_t i)
{
        size_t n = 0;
        char **addresses = addresses_of(j, i, j->ip4, j->vnet_ip4, &n);

        if (!addresses)
                return no_memory();
        if (j->show & SHOW_JAIL_NAME) {
                out_padding(&j->out, " ");
                out_cell(&j->out, "name", jail_list_name(j->list, i), 15, 0);
                out_padding(&j->out, " ");
        } else {
                print_jid(j, i);
                out_padding(&j->out, "  ");
        }
        out_cell(&j->out, "ipv4", n > 0 ? bare_address(addresses[0]) : "-", 15, 15);
        out_padding(&j->out, " ");
        jail_values_free(addresses);
        return print_host_and_path(j, i);
}

static void print_verbose_header(struct jls *j)
{
        struct out *o = &j->out;

        out_title(o, "   ");
        out_title(o, "JID");
        out_padding(o, "  ");
        out_title(o, "Hostname");
        out_padding(o, "                      ");
        out_title(o, "Path");
        out_newline(o);
        out_padding(o, "        ");
        out_title(o, "Name");
        out_padding(o, "                          ");
        out_title(o, "State");
        out_newline(o);
        out_padding(o, "        ");
        out_title(o, "CPUSetID");
        out_newline(o);
        out_padding(o, "        ");
        out_title(o, "IP Address(es)");
        out_newline(o);
}

/* Returns 0, or the exit status. */
static int print_addresses(struct jls *j, size_t i, const struct jail_param *host, const struct jail_param *own,
                           const char *list, const char *element)
{
        size_t n = 0;
        char **addresses = addresses_of(j, i, host, own, &n);

        if (!addresses)
                return no_memory();
        out_begin_list(&j->out, list);
        for (size_t k = 0; k < n; k++) {
                out_padding(&j->out, "        ");
                out_element(&j->out, element, bare_address(addresses[k]));
                out_newline(&j->out);
        }
        out_end_list(&j->out);
        jail_values_free(addresses);
        return 0;
}

static int print_verbose(struct jls *j, size_t i)
{
        const char *state = is_dying(j, i) ? "DYING" : "ACTIVE";

        print_jid(j, i);
        out_padding(&j->out, "  ");
        if (print_host_and_path(j, i))
                return 1;
        out_padding(&j->out, "        ");
        out_cell(&j->out, "name", jail_list_name(j->list, i), 29, 29);
        out_padding(&j->out, " ");
        out_value(&j->out, "state", state, state, OUT_STRING);
        out_newline(&j->out);
        /* There are no CPU sets. People see so; programs, which want a number here, find none. */
        out_padding(&j->out, "        ");
        out_padding(&j->out, "-");
        out_newline(&j->out);
        return print_addresses(j, i, j->ip4, j->vnet_ip4, "ipv4_addrs", "ipv4_addr") ||
               print_addresses(j, i, j->ip6, j->vnet_ip6, "ipv6_addrs", "ipv6_addr");
}

/* -------------------------------------------------------------- parameters */

static void print_names_header(struct jls *j)
{
        for (size_t k = 0; k < j->n_columns; k++) {
                if (k > 0)
                        out_padding(&j->out, " ");
                out_title(&j->out, j->columns[k].name);
        }
        out_newline(&j->out);
}

/* "allow.mount" for true, "allow.nomount" for false, whichever of the two was asked for. */
static void print_boolean_name(struct jls *j, const struct column *c, bool on)
{
        const char *last = strrchr(c->param->name, '.');
        size_t prefix = last ? (size_t)(last + 1 - c->param->name) : 0;
        char name[80];

        snprintf(name, sizeof name, "%.*s%s%s", (int)prefix, c->param->name, on ? "" : "no", c->param->name + prefix);
        out_value(&j->out, c->name, on != c->negative ? "true" : "false", name, OUT_BARE);
}

static void print_name(struct jls *j, const struct column *c)
{
        if (j->show & SHOW_NAMES) {
                out_label(&j->out, c->name);
                out_mark(&j->out, "=");
        }
}

/* One value, or several in one. Returns 0, or the exit status. */
static int print_text(struct jls *j, const struct column *c, const char *text)
{
        char *quoted;

        print_name(j, c);
        if (!*text) {           /* quoted or not, so that no column is missing */
                out_value(&j->out, c->name, text, "\"\"", OUT_STRING);
                return 0;
        }
        if (!(j->show & SHOW_QUOTED)) {
                out_value(&j->out, c->name, text, text, OUT_STRING);
                return 0;
        }
        quoted = j->show & SHOW_SETTABLE ? jail_quote_shell(text) : jail_quote(text);
        if (!quoted)
                return no_memory();
        out_value(&j->out, c->name, text, quoted, OUT_STRING);
        free(quoted);
        return 0;
}

/*
 * The trees of a thin root may have commas in their names, so jail(8) does not split them; they are repeated instead.
 * The lists that jls(8) shows besides are all split there.
 */
static bool is_split_by_jail(const struct jail_param *p)
{
        return strcmp(p->name, "root.base") != 0;
}

/* Returns 0, or the exit status. */
static int print_repeated(struct jls *j, const struct column *c, char **values, size_t n)
{
        for (size_t k = 0; k < n; k++) {
                if (k > 0)
                        out_padding(&j->out, " ");
                if (print_text(j, c, values[k]))
                        return 1;
        }
        return 0;
}

/* For programs: a list in the only place where FreeBSD has one. */
static const char *address_element(const struct jls *j, const struct jail_param *p)
{
        return p == j->ip4 || p == j->vnet_ip4 ? "ipv4_addr" : p == j->ip6 || p == j->vnet_ip6 ? "ipv6_addr" : NULL;
}

/* Returns 0, or the exit status. */
static int print_list(struct jls *j, const struct column *c, char **values, size_t n)
{
        bool shown = out_is_shown(&j->out);
        const char *element = address_element(j, c->param);
        char *joined;
        int r;

        if (!shown && element) {
                out_begin_list(&j->out, c->name);
                for (size_t k = 0; k < n; k++)
                        out_element(&j->out, element, values[k]);
                out_end_list(&j->out);
                return 0;
        }
        if (shown && n == 0) {
                print_name(j, c);
                out_value(&j->out, c->name, "", j->show & SHOW_QUOTED ? "\"\"" : j->show & SHOW_NAMES ? "" : "-",
                          OUT_STRING);
                return 0;
        }
        if (shown && (j->show & SHOW_SETTABLE) && !is_split_by_jail(c->param))
                return print_repeated(j, c, values, n);
        joined = join(values, n);
        if (!joined)
                return no_memory();
        r = print_text(j, c, joined);
        free(joined);
        return r;
}

/* Returns 0, or the exit status. */
static int print_column(struct jls *j, size_t i, const struct column *c)
{
        bool keyed;
        size_t n = 0;
        char **values = jail_list_values_of(j->list, i, c->name, &keyed, &n);
        const char *value = n > 0 ? values[0] : "";
        int r = 0;

        if (!values)
                return no_memory();
        if (keyed && n == 0) {
                /* a key that is not set: its bare name, which for jail(8) means to take it away */
                if (out_is_shown(&j->out) && (j->show & SHOW_NAMES))
                        out_label(&j->out, c->name);
        } else if (c->param->type == JAIL_LIST) {
                r = print_list(j, c, values, n);
        } else if (c->param->type == JAIL_BOOL) {
                bool on = strcmp(value, "true") == 0;

                if (j->show & SHOW_NAMES)
                        print_boolean_name(j, c, on);
                else
                        r = print_text(j, c, on != c->negative ? "true" : "false");
        } else {
                r = print_text(j, c, value);
        }
        jail_values_free(values);
        return r;
}

/* jail(8) refuses what nobody can set, and vnet.* for a jail without vnet. */
static bool is_settable(const struct jls *j, size_t i, const struct column *c)
{
        return !c->param->read_only && (!c->parent || has_value(j, i, c->parent, "new"));
}

static int print_parameters(struct jls *j, size_t i)
{
        bool first = true;

        for (size_t k = 0; k < j->n_columns; k++) {
                if ((j->show & SHOW_SETTABLE) && !is_settable(j, i, &j->columns[k]))
                        continue;
                if (!first)
                        out_padding(&j->out, " ");
                first = false;
                if (print_column(j, i, &j->columns[k]))
                        return 1;
        }
        out_newline(&j->out);
        return 0;
}

/* -------------------------------------------------------------------- jails */

static int print_jail(struct jls *j, size_t i)
{
        int r;

        out_begin_item(&j->out, "jail");
        if (j->n_columns > 0)
                r = print_parameters(j, i);
        else if (j->show & SHOW_VERBOSE)
                r = print_verbose(j, i);
        else
                r = print_table_row(j, i);
        out_end_item(&j->out, "jail");
        return r;
}

static void print_header(struct jls *j)
{
        if (j->n_columns > 0) {
                if (j->show & SHOW_HEADER)
                        print_names_header(j);
        } else if (j->show & SHOW_VERBOSE) {
                print_verbose_header(j);
        } else {
                print_table_header(j);
        }
}

/* Prints the jails from one position up to another. Returns the exit status. */
static int print_jails(struct jls *j, size_t from, size_t to)
{
        print_header(j);
        out_begin(&j->out, "jail-information", "jail", LIBXO_VERSION);
        for (size_t i = from; i < to; i++)
                if ((j->dying || !is_dying(j, i)) && print_jail(j, i))
                        return 1;
        out_end(&j->out, "jail-information");
        return 0;
}

/* The position of the jail of -j, or -errno. */
static ssize_t find_jail(const struct jls *j, struct err *e)
{
        ssize_t at = jail_list_find(j->list, j->jail, e);
        bool number = j->jail[strspn(j->jail, "0123456789")] == '\0';

        if (at < 0 || j->dying || !is_dying(j, (size_t)at))
                return at;
        e->code = ENOENT;
        snprintf(e->text, sizeof e->text, number ? "jail %s not found" : "jail \"%s\" not found", j->jail);
        return -ENOENT;
}

/* Returns the exit status. */
static int list_jails(struct jls *j)
{
        struct err e = { 0 };
        ssize_t at;

        if (!j->jail)
                return print_jails(j, 0, jail_list_count(j->list));
        at = find_jail(j, &e);
        if (j->exists)
                return at < 0;
        return at < 0 ? cmd_fail("jls", &e) : print_jails(j, (size_t)at, (size_t)at + 1);
}

static int read_and_list(struct jls *j)
{
        struct jail_host *host;
        struct err e = { 0 };
        int r;

        if (jail_host_open(&host, &e) < 0)
                return cmd_fail("jls", &e);
        r = jail_list_read(host, &j->list, &e);
        jail_host_close(host);
        if (r < 0)
                return cmd_fail("jls", &e);
        r = list_jails(j);
        jail_list_free(j->list);
        return r;
}

int cmd_jls(int argc, char **argv)
{
        struct jls j = {
                .dying_param = jail_param_find("dying"), .path = jail_param_find("path"),
                .hostname = jail_param_find("host.hostname"),
                .ip4 = jail_param_find("ip4.addr"), .ip6 = jail_param_find("ip6.addr"),
                .vnet_ip4 = jail_param_find("vnet.ip4.addr"), .vnet_ip6 = jail_param_find("vnet.ip6.addr"),
        };
        int status;

        setvbuf(stdout, NULL, _IOFBF, 0);         /* also on a terminal: it is all of one piece */
        out_init(&j.out, stdout);
        status = take_libxo(&j, &argc, argv);
        if (status == 0)
                status = parse_options(&j, argc, argv);
        if (status == 0)
                status = add_columns(&j, argc - optind, argv + optind);
        if (status == 0)
                status = read_and_list(&j);
        free(j.columns);
        return status;
}
