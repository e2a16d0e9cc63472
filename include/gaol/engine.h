/*
 * The engine of gaol as its own commands use it: read a configuration, make,
 * change and remove many jails at once, list them, run something in one.
 *
 * The library never prints and never exits. Functions return 0 (or what is said)
 * and -errno on failure, then err holds one line in FreeBSD's order: jail,
 * parameter, action and object, reason. Every pointer returned is the caller's,
 * to be freed with the function named beside it. A handle may be used by one
 * thread at a time.
 */
#ifndef GAOL_ENGINE_H
#define GAOL_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <gaol/err.h>

struct jail_host;               /* this machine: the records and what is shared by all jails */
struct jail_conf;               /* a configuration, read and resolved */
struct jail_list;               /* the jails there are, a snapshot */

/* Where records are kept; made on first use, mode 0700. */
#define JAIL_RUN_DIR "/run/gaol"

int jail_host_open(struct jail_host **ret, struct err *e);
void jail_host_close(struct jail_host *host);

/* ---------------------------------------------------------- configuration */

/* Gets one line without program name and newline. */
typedef void jail_line_fn(void *ctx, const char *line);

/*
 * Reads jail.conf(5). What is wrong with the text goes to report, a line each; err->text is empty then, and else says
 * why the file could not be read. jail_conf_free().
 */
int jail_conf_read(const char *file, jail_line_fn *report, void *ctx, struct jail_conf **ret, struct err *e);

/* One jail from the words of a command line, "param=value" or "param"; command= takes the rest. jail_conf_free(). */
int jail_conf_args(int argc, char *const *argv, struct jail_conf **ret, struct err *e);
void jail_conf_free(struct jail_conf *conf);

/* Every configured jail on a line, parameters joined by sep (jail -e). Calls print once a jail. */
int jail_conf_print(const struct jail_conf *conf, const char *sep, jail_line_fn *print, void *ctx, struct err *e);

/* ------------------------------------------------------------- operations */

enum jail_op {
        JAIL_OP_CREATE = 1 << 0,
        JAIL_OP_MODIFY = 1 << 1,
        JAIL_OP_REMOVE = 1 << 2,        /* before creating, if both */
        JAIL_OP_RESTART = 1 << 3,       /* with MODIFY: a create-only difference removes and creates again */
        JAIL_OP_CLEAN = 1 << 4,         /* -C: also run the part after the removal for a jail that is not there */
        JAIL_OP_FORCE = 1 << 5,         /* -R: no configuration, no commands */
};

enum jail_event {
        JAIL_CREATED,           /* it is there; its commands come now. line is empty, as for the next two */
        JAIL_UPDATED,
        JAIL_REMOVED,           /* it is gone; its last commands come now */
        JAIL_UNMADE,            /* its creation failed after JAIL_CREATED; follows JAIL_FAILED */
        JAIL_FAILED,            /* line: what went wrong, jail and parameter in front */
        JAIL_WARNING,           /* line: the same, and it went on */
        JAIL_TRACE,             /* line: what is being done (-v) */
};

/* Told of everything that happens, one call at a time, from whichever thread. name is NULL for a nameless jail. */
typedef void jail_event_fn(void *ctx, enum jail_event event, const char *name, int jid, const char *line);

struct jail_batch {
        unsigned ops;                   /* enum jail_op */
        const struct jail_conf *conf;   /* may be NULL with JAIL_OP_REMOVE */
        bool from_file;                 /* conf is a file: dependencies and wildcards are meant */
        char *const *names;             /* jails or wildcards; with from_file none: all of the file */
        size_t n_names;
        unsigned parallel;              /* at most that many jails worked on at once; 0: no limit */
        bool trace;
        jail_event_fn *event;
        void *ctx;
};

/*
 * Does it, in the order dependencies ask for, different jails in parallel. Returns how many jails failed (each was told
 * of by JAIL_FAILED), or -errno when nothing could be started.
 */
int jail_batch_run(struct jail_host *host, const struct jail_batch *batch, struct err *e);

/* ------------------------------------------------------------------ lists */

/* All jails that are alive, in the order of their jids. jail_list_free(). */
int jail_list_read(struct jail_host *host, struct jail_list **ret, struct err *e);
void jail_list_free(struct jail_list *list);
size_t jail_list_count(const struct jail_list *list);

/* The position of a jail given by jid or name; -ENOENT with 'jail "x" not found' or 'jail N not found'. */
ssize_t jail_list_find(const struct jail_list *list, const char *jail, struct err *e);

int jail_list_jid(const struct jail_list *list, size_t i);
const char *jail_list_name(const struct jail_list *list, size_t i);

enum jail_param_type { JAIL_BOOL, JAIL_NUMBER, JAIL_STRING, JAIL_SYS, JAIL_LIST };

struct jail_param {
        const char *name;
        enum jail_param_type type;
        bool read_only;                 /* nothing may set it: jls -s leaves it out */
};

/* The parameters jls shows, in the order of the man page. The array is the library's. */
const struct jail_param *jail_params(size_t *ret_n);

/* "persist", and also "nopersist" for booleans, "meta.KEY" for meta; NULL: jails have no such parameter. */
const struct jail_param *jail_param_find(const char *name);

/*
 * The values of one parameter of one jail: booleans "true" or "false", jailsys "disable", "new", "inherit", numbers in
 * decimal, everything else as given. A list has any number of values, all others have one. NULL-terminated; free with
 * jail_values_free(). NULL: out of memory.
 */
char **jail_list_values(const struct jail_list *list, size_t i, const struct jail_param *param, size_t *ret_n);

/*
 * The same for a name as it was asked for: where that is "meta.KEY" or "env.KEY" the value is that of the key, and there
 * is none, *ret_n is 0, when it is not set. *ret_keyed says whether it was one.
 */
char **jail_list_values_of(const struct jail_list *list, size_t i, const char *name, bool *ret_keyed, size_t *ret_n);
void jail_values_free(char **values);

/* Quoting as jail -e and jls -q do it: a fresh string, or NULL. free(3). */
char *jail_quote(const char *value);
/* The same so that a shell reads the value back, whatever is in it (jls -s). */
char *jail_quote_shell(const char *value);

/* ---------------------------------------------------------------- running */

struct jail_exec {
        char *const *argv;              /* NULL: the user's shell, -i */
        const char *dir;                /* -d; NULL: "/", or the home with clean or a user */
        bool clean;                     /* -l */
        const char *user;               /* -u or -U; NULL: root */
        bool host_user;                 /* -u: look the user up on the host */
        char *const *setenv;            /* -e: "NAME=VALUE", NULL-terminated, may be NULL */
};

/*
 * Runs a command in a jail (jid or name) and waits for it, as if this process had become it: signals are passed on, a
 * stop of the command stops this process. Returns 0 with *ret_status as waitpid(2) gives it, or -errno.
 */
int jail_exec(struct jail_host *host, const char *jail, const struct jail_exec *exec, int *ret_status, struct err *e);

#endif
