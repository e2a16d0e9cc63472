#include "fake.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#include "cmd.h"

struct jail_host {
        char unused;
};

struct jail_list {
        char unused;
};

struct fake fake;

/* In no order: "all" has one of its own. */
static const struct jail_param params[] = {
        { "jid", JAIL_NUMBER, false },
        { "name", JAIL_STRING, false },
        { "vnet", JAIL_SYS, false },
        { "path", JAIL_STRING, false },
        { "persist", JAIL_BOOL, false },
        { "parent", JAIL_NUMBER, true },
        { "dying", JAIL_BOOL, true },
        { "host", JAIL_SYS, false },
        { "root.base", JAIL_LIST, false },
        { "host.hostname", JAIL_STRING, false },
        { "vnet.interface", JAIL_LIST, false },
        { "vnet.ip4.addr", JAIL_LIST, false },
        { "vnet.ip6.addr", JAIL_LIST, false },
        { "vnet.nat", JAIL_BOOL, false },
        { "publish", JAIL_LIST, false },
        { "children.cur", JAIL_NUMBER, true },
        { "children.max", JAIL_NUMBER, false },
        { "allow.mount", JAIL_BOOL, false },
        { "allow.mount.devfs", JAIL_BOOL, false },
};

#define N_PARAMS (sizeof params / sizeof params[0])

void fake_reset(void)
{
        fake = (struct fake){ 0 };
}

static int fail(int code, const char *text, struct err *e)
{
        e->code = code;
        snprintf(e->text, sizeof e->text, "%s", text);
        return -code;
}

int jail_host_open(struct jail_host **ret, struct err *e)
{
        if (fake.open_error)
                return fail(fake.open_error, "open /run/gaol: no", e);
        *ret = calloc(1, sizeof **ret);
        return *ret ? 0 : fail(ENOMEM, "", e);
}

void jail_host_close(struct jail_host *host)
{
        free(host);
}

int jail_list_read(struct jail_host *host, struct jail_list **ret, struct err *e)
{
        (void)host;
        if (fake.list_error)
                return fail(fake.list_error, "", e);
        *ret = calloc(1, sizeof **ret);
        return *ret ? 0 : fail(ENOMEM, "", e);
}

void jail_list_free(struct jail_list *list)
{
        free(list);
}

size_t jail_list_count(const struct jail_list *list)
{
        (void)list;
        return fake.n_jails;
}

ssize_t jail_list_find(const struct jail_list *list, const char *jail, struct err *e)
{
        bool number = jail[strspn(jail, "0123456789")] == '\0';
        char text[300];

        (void)list;
        for (size_t i = 0; i < fake.n_jails; i++)
                if (number ? atoi(jail) == fake.jails[i].jid : strcmp(jail, fake.jails[i].name) == 0)
                        return (ssize_t)i;
        snprintf(text, sizeof text, number ? "jail %s not found" : "jail \"%s\" not found", jail);
        return fail(ENOENT, text, e);
}

int jail_list_jid(const struct jail_list *list, size_t i)
{
        (void)list;
        return fake.jails[i].jid;
}

const char *jail_list_name(const struct jail_list *list, size_t i)
{
        (void)list;
        return fake.jails[i].name;
}

const struct jail_param *jail_params(size_t *ret_n)
{
        *ret_n = N_PARAMS;
        return params;
}

const struct jail_param *jail_param_find(const char *name)
{
        const char *last = strrchr(name, '.');
        size_t prefix = last ? (size_t)(last + 1 - name) : 0;

        for (size_t i = 0; i < N_PARAMS; i++) {
                const char *known = params[i].name;

                if (strcmp(name, known) == 0)
                        return &params[i];
                if (params[i].type == JAIL_BOOL && strncmp(name, known, prefix) == 0 &&
                    strncmp(name + prefix, "no", 2) == 0 && strcmp(name + prefix + 2, known + prefix) == 0)
                        return &params[i];
        }
        return NULL;
}

static const char *default_of(const struct jail_param *param)
{
        switch (param->type) {
        case JAIL_BOOL: return "false";
        case JAIL_NUMBER: return "0";
        case JAIL_SYS: return "new";
        case JAIL_STRING:
        case JAIL_LIST: break;
        }
        return "";
}

char **jail_list_values(const struct jail_list *list, size_t i, const struct jail_param *param, size_t *ret_n)
{
        char **values = calloc(FAKE_VALUES + 1, sizeof *values);
        char number[16];
        size_t n = 0;

        (void)list;
        snprintf(number, sizeof number, "%d", fake.jails[i].jid);
        if (strcmp(param->name, "jid") == 0)
                values[n++] = strdup(number);
        if (strcmp(param->name, "name") == 0)
                values[n++] = strdup(fake.jails[i].name);
        for (const struct fake_value *v = fake.jails[i].values; v->param; v++)
                if (strcmp(v->param, param->name) == 0)
                        for (size_t k = 0; k < FAKE_VALUES && v->values[k]; k++)
                                values[n++] = strdup(v->values[k]);
        if (n == 0 && param->type != JAIL_LIST)
                values[n++] = strdup(default_of(param));
        *ret_n = n;
        return values;
}

char **jail_list_values_of(const struct jail_list *list, size_t i, const char *name, bool *ret_keyed, size_t *ret_n)
{
        *ret_keyed = false;
        return jail_list_values(list, i, jail_param_find(name), ret_n);
}

void jail_values_free(char **values)
{
        for (size_t i = 0; values && values[i]; i++)
                free(values[i]);
        free(values);
}

char *jail_quote(const char *value)
{
        char quote = !*value || strchr(value, '\'') ? '"' : strchr(value, '"') ? '\'' : strpbrk(value, " \t") ? '"' : 0;
        char *quoted = malloc(2 * strlen(value) + 3), *end = quoted;

        if (!quoted)
                return NULL;
        if (quote)
                *end++ = quote;
        for (; *value; value++) {
                if (*value == '\\' || *value == quote)
                        *end++ = '\\';
                *end++ = *value;
        }
        if (quote)
                *end++ = quote;
        *end = '\0';
        return quoted;
}

/* The same but for what a shell would split at. */
char *jail_quote_shell(const char *value)
{
        char *quoted;

        if (!strpbrk(value, "|;") || strpbrk(value, " \t'\""))
                return jail_quote(value);
        return asprintf(&quoted, "\"%s\"", value) < 0 ? NULL : quoted;
}

static void append(char *to, size_t size, const char *what, char *const *words)
{
        for (; words && *words; words++) {
                size_t used = strlen(to);

                snprintf(to + used, size - used, "%s%s|", what, *words);
        }
}

int jail_exec(struct jail_host *host, const char *jail, const struct jail_exec *exec, int *ret_status, struct err *e)
{
        char text[300];

        (void)host;
        if (strcmp(jail, "web") != 0) {
                snprintf(text, sizeof text, "jail \"%s\" not found", jail);
                return fail(ENOENT, text, e);
        }
        snprintf(fake.exec, sizeof fake.exec, "%s%s dir=%s %s=%s|", jail, exec->clean ? " clean" : "",
                 exec->dir ? exec->dir : "-", exec->host_user ? "host_user" : "user", exec->user ? exec->user : "-");
        append(fake.exec, sizeof fake.exec, "env ", exec->setenv);
        append(fake.exec, sizeof fake.exec, "", exec->argv);
        *ret_status = fake.exec_status;
        return 0;
}

/* Not under test. Says what it was called with; "state" stands for what main() has made of the process. */
int cmd_jail(int argc, char **argv)
{
        struct sigaction pipe_action;

        for (int i = 0; i < argc; i++)
                printf("%s%s", argv[i], i + 1 < argc ? " " : "\n");
        if (argc < 2 || strcmp(argv[1], "state") != 0)
                return 0;
        sigaction(SIGPIPE, NULL, &pipe_action);
        printf("dumpable %d\n", prctl(PR_GET_DUMPABLE, 0, 0, 0, 0));
        printf("sigpipe %s\n", pipe_action.sa_handler == SIG_DFL ? "default" :
                               pipe_action.sa_handler == SIG_IGN ? "ignored" : "handled");
        printf("open%s%s%s\n", fcntl(0, F_GETFD) >= 0 ? " 0" : "", fcntl(1, F_GETFD) >= 0 ? " 1" : "",
               fcntl(2, F_GETFD) >= 0 ? " 2" : "");
        return 3;
}
