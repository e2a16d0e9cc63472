/* The commands of exec.*, on the host and in the jail, jail(8) "exec.prepare" and following. */
#ifndef STEP_EXEC_H
#define STEP_EXEC_H

#include "base/passwd.h"
#include "step/step.h"

extern const struct step step_exec_prepare, step_exec_prestart, step_exec_created, step_exec_start, step_command,
        step_exec_poststart;

/*
 * Runs one hook of spec to its end: each command in turn, the first that fails ends it with -ECHILD and
 * "CMDLINE: failed", "CMDLINE: exited on signal N" or "CMDLINE: timed out". Used by the steps above and for
 * exec.prestop, exec.stop, exec.poststop and exec.release.
 */
int exec_hook(struct run *run, const struct jail_spec *spec, enum hook hook, struct err *e);

/*
 * The same with the record yielded meanwhile, so that the commands may ask for the jail themselves. Errors besides:
 * those of record_resume().
 */
int exec_hook_yielded(struct run *run, const struct jail_spec *spec, enum hook hook, struct err *e);

/* Runs a program of the host's, as the caller's user, to its end. Errors as of exec_hook(); -ENOENT: it is not there. */
int exec_on_host(struct run *run, char *const *argv, struct err *e);

/*
 * The environment commands get: what is inherited, or with clean only HOME SHELL TERM USER PATH; USER HOME SHELL also
 * when u is given. jid > 0 adds JID, JNAME, JPATH unless clean. Appends to ret "K=V" strings. 0 or -ENOMEM.
 */
int exec_environment(struct strv *ret, const struct user *u, bool clean, int jid, const char *name, const char *path);

/* Sets one variable in such a list, replacing what was there. */
int exec_setenv(struct strv *env, const char *name, const char *value);

#endif
