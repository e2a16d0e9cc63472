/* jexec(8): runs a command in a jail. */
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gaol/engine.h>

#include "cmd.h"

static int usage(void)
{
        fprintf(stderr, "usage: jexec [-l] [-d directory] [-e name=value] [-u user | -U user] jail [command ...]\n");
        return 1;
}

/*
 * The name of this process's user, to be freed. fgetpwent(3) and not getpwuid(3), which loads whatever nsswitch.conf
 * names: this is a static program, and it is about to enter a jail.
 */
static char *current_user(void)
{
        FILE *f = fopen("/etc/passwd", "re");
        char *name = NULL;
        struct passwd *pw;

        if (!f)
                return NULL;
        while (!name && (pw = fgetpwent(f)))
                if (pw->pw_uid == getuid())
                        name = strdup(pw->pw_name);
        fclose(f);
        return name;
}

struct options {
        struct jail_exec exec;
        char **setenv;          /* one for each -e, NULL-terminated */
        size_t n_setenv;
        const char *jail;
};

/* Returns 0, or the exit status. */
static int add_variable(struct options *o, char *word)
{
        if (!strchr(word, '=') || word[0] == '=') {
                fprintf(stderr, "jexec: -e %s: not name=value\n", word);
                return 1;
        }
        o->setenv[o->n_setenv++] = word;
        return 0;
}

/* o->setenv has room for argc of them. Returns 0, or the exit status. */
static int parse(int argc, char **argv, struct options *o)
{
        const char *host_user = NULL, *jail_user = NULL;
        int c;

        while ((c = cmd_getopt(argc, argv, "+:d:e:lnU:u:")) != -1)
                switch (c) {
                case 'd':
                        o->exec.dir = optarg;
                        break;
                case 'e':
                        if (add_variable(o, optarg))
                                return 1;
                        break;
                case 'l':
                        o->exec.clean = true;
                        break;
                case 'n':       /* once said that the jail is a name and no number */
                        break;
                case 'U':
                        jail_user = optarg;
                        break;
                case 'u':
                        host_user = optarg;
                        break;
                default:
                        return usage();
                }
        if (optind == argc || (host_user && jail_user))
                return usage();
        o->exec.user = host_user ? host_user : jail_user;
        o->exec.host_user = host_user != NULL;
        o->exec.setenv = o->setenv;
        o->jail = argv[optind];
        if (optind + 1 < argc)
                o->exec.argv = argv + optind + 1;
        return 0;
}

/* Returns the exit status of the command, or 1 having said why there is none. */
static int run(const char *jail, const struct jail_exec *exec)
{
        struct jail_host *host;
        struct err e = { 0 };
        int status = 0, r;

        if (jail_host_open(&host, &e) < 0)
                return cmd_fail("jexec", &e);
        r = jail_exec(host, jail, exec, &status, &e);
        jail_host_close(host);
        if (r < 0)
                return cmd_fail("jexec", &e);
        return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

int cmd_jexec(int argc, char **argv)
{
        struct options o = { .setenv = calloc((size_t)argc + 1, sizeof *o.setenv) };
        char *self = NULL;
        int status;

        if (!o.setenv) {
                fprintf(stderr, "jexec: out of memory\n");
                return 1;
        }
        status = parse(argc, argv, &o);
        if (status == 0 && o.exec.clean && !o.exec.user) {
                self = current_user();
                o.exec.user = self;
                o.exec.host_user = true;
                if (!self) {
                        fprintf(stderr, "jexec: unknown uid: %u\n", getuid());
                        status = 1;
                }
        }
        if (status == 0)
                status = run(o.jail, &o.exec);
        free(self);
        free(o.setenv);
        return status;
}
