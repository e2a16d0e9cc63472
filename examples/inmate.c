/*
 * inmate: runs a command in a jail of its own.
 *
 *     cc -o inmate inmate.c $(pkg-config --cflags --libs gaol)
 *     inmate name=build path=/srv/build mount.procfs -- make
 *
 * The words before "--" are parameters, as for jail(8). The jail belongs to a
 * descriptor of this program's: whatever becomes of the program, with its end
 * the jail and all that runs in it are gone.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gaol/jail.h>

static void die(const char *what)
{
        fprintf(stderr, "inmate: %s: %s\n", what, jail_errmsg);
        exit(125);
}

/* "name=value" or "name". */
static void add_parameter(struct jailparam *jp, const char *word)
{
        char *name = strdup(word);
        char *value = name ? strchr(name, '=') : NULL;

        if (!name) {
                perror("inmate");
                exit(125);
        }
        if (value)
                *value++ = '\0';
        if (jailparam_init(jp, name) < 0 || jailparam_import(jp, value) < 0)
                die(word);
        free(name);
}

/* Makes the jail; its descriptor is put into *desc. */
static int make_jail(int argc, char **argv, int *desc)
{
        struct jailparam *jp = calloc((size_t)argc + 2, sizeof *jp);
        unsigned n = 0;
        int jid;

        if (!jp) {
                perror("inmate");
                exit(125);
        }
        for (int i = 0; i < argc; i++)
                add_parameter(&jp[n++], argv[i]);
        add_parameter(&jp[n++], "persist");
        add_parameter(&jp[n], "desc");
        jailparam_import_raw(&jp[n++], desc, sizeof *desc);
        jid = jailparam_set(jp, n, JAIL_CREATE | JAIL_OWN_DESC);
        if (jid < 0)
                die("jail_set");
        jailparam_free(jp, n);
        free(jp);
        return jid;
}

static void list_jails(void)
{
        char last[16] = "0", name[256] = "", path[1024];
        int jid;

        while ((jid = jail_getv(0, "lastjid", last, "name", name, "path", path, NULL)) > 0) {
                fprintf(stderr, "inmate: jail %d is %s at %s\n", jid, name, path);
                snprintf(last, sizeof last, "%d", jid);
        }
        if (errno != ENOENT)
                die("jail_get");
}

int main(int argc, char **argv)
{
        int words = 1, desc = -1, status;
        pid_t pid;

        while (words < argc && strcmp(argv[words], "--") != 0)
                words++;
        if (words + 1 >= argc) {
                fprintf(stderr, "usage: inmate [parameter[=value] ...] -- command [argument ...]\n");
                return 125;
        }
        make_jail(words - 1, argv + 1, &desc);
        list_jails();
        pid = fork();
        if (pid == 0) {
                if (jail_attach_jd(desc) < 0)
                        die("jail_attach_jd");
                execvp(argv[words + 1], argv + words + 1);
                perror(argv[words + 1]);
                _exit(127);
        }
        if (pid < 0 || waitpid(pid, &status, 0) < 0) {
                perror("inmate");
                return 125;
        }
        /* Would go by itself, but then leaves its record to the next who asks. */
        if (jail_remove_jd(desc) < 0)
                die("jail_remove_jd");
        return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
