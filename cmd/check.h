/* Runs a front end in this process and compares all it did with what it should have done. */
#ifndef CHECK_H
#define CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

typedef int check_command(int argc, char **argv);

/* line: the words of a command line, parted by blanks. */
void check_run(check_command *run, const char *line, int status, const char *out, const char *err);

#endif
