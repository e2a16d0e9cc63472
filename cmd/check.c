#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_WORDS 32

static int split(char *line, char **words)
{
        int n = 0;

        for (char *word = strtok(line, " "); word; word = strtok(NULL, " ")) {
                assert_true(n < MAX_WORDS);
                words[n++] = word;
        }
        words[n] = NULL;
        return n;
}

/* The C library lets the standard streams be replaced, so nothing has to pass through a file. */
void check_run(check_command *run, const char *line, int status, const char *out, const char *err)
{
        FILE *old_out = stdout, *old_err = stderr;
        char *words[MAX_WORDS + 1], *copy = strdup(line), *got_out = NULL, *got_err = NULL;
        size_t out_len, err_len;
        int argc, got;

        assert_non_null(copy);
        argc = split(copy, words);
        stdout = open_memstream(&got_out, &out_len);
        stderr = open_memstream(&got_err, &err_len);
        optind = 0;     /* getopt(3) begins anew */
        got = run(argc, words);
        fclose(stdout);
        fclose(stderr);
        stdout = old_out;
        stderr = old_err;
        assert_string_equal(got_err, err);
        assert_string_equal(got_out, out);
        assert_int_equal(got, status);
        free(got_out);
        free(got_err);
        free(copy);
}
