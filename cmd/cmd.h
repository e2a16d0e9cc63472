/*
 * What the front ends share. Each is a function that gets the words of its
 * command line and returns the exit status: 0, 1 for errors and wrong usage.
 * main() prepares the process before and sees to it afterwards that everything
 * written to standard output has arrived.
 */
#ifndef CMD_H
#define CMD_H

#include <gaol/err.h>

/* argv[0] is the name of the command, without a path. */
int cmd_jail(int argc, char **argv);
int cmd_jls(int argc, char **argv);
int cmd_jexec(int argc, char **argv);

/*
 * getopt(3), with FreeBSD's words for what is wrong: prints "NAME: illegal option -- x" or "NAME: option requires an
 * argument -- x" and returns '?'. options begins with "+:": an option behind the first argument belongs to someone
 * else, to the command of jexec(8) for one.
 */
int cmd_getopt(int argc, char **argv, const char *options);

/* Prints "NAME: text" to standard error; an error without a text is told by its code. Returns 1, the exit status. */
int cmd_fail(const char *name, const struct err *e);

/*
 * What every command does first: no other process may look into this one, least of all one of a jail that shares its
 * user id; 0, 1 and 2 are open, so that no descriptor of ours becomes one of them; a closed pipe is an error of
 * write(2) and no death in the middle of making a jail. Nothing of that is inherited by a program that is executed,
 * except the open descriptors. Returns 0, or -1 having said why.
 */
int cmd_prepare(const char *name);

/* Closes standard output. Returns status, or 1 having said so if something was not written. */
int cmd_finish(const char *name, int status);

#endif
