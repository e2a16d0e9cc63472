/*
 *     snapshot [-c PREFIX] [DIRECTORY...]
 *     snapshot [-c PREFIX] -u FILE [DIRECTORY...]
 *
 * Prints the state of the host, or waits until it is as FILE has it and fails
 * with the difference if it does not come to that. See world.sh.
 */
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "snapshot.h"

static char *slurp(const char *path)
{
        FILE *f = fopen(path, "re");
        char *text = NULL;
        size_t size = 0;

        if (!f || (getdelim(&text, &size, '\0', f) < 0 && ferror(f)) || !text)
                err(2, "%s", path);
        fclose(f);
        return text;
}

int main(int argc, char **argv)
{
        struct snapshot_want want = {0};
        char *before = NULL;
        bool same;
        int c;

        while ((c = getopt(argc, argv, "c:u:")) >= 0)
                switch (c) {
                case 'c':
                        want.cgroups = optarg;
                        break;
                case 'u':
                        before = slurp(optarg);
                        break;
                default:
                        fprintf(stderr, "usage: snapshot [-c prefix] [-u file] [directory ...]\n");
                        return 2;
                }
        want.dirs = (const char *const *)(argv + optind);
        if (!before) {
                before = snapshot_take(&want);
                fputs(before, stdout);
                free(before);
                return 0;
        }
        same = snapshot_settles(&want, before, 10, 100);
        free(before);
        return !same;
}
