/*
 *     race -j JAIL -f FILE -n NAME [-r ROUNDS] [-k]
 *
 * Two commands on one jail at once, of "jail -c", "jail -r" and "jail -m". Each either does it or says in one line why not ("already
 * exists", "not found", and who makes a jail whose commands are still running when
 * it is removed "was removed meanwhile"), and when the jail has been removed nothing is left.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lab.h"

static unsigned rounds = 50;

static bool option(int c, const char *value)
{
        rounds = (unsigned)atoi(value);
        return c == 'r' && rounds > 0;
}

/* Was it made, and taken away by the other while its commands ran? */
static bool lost(const struct lab *lab, const struct outcome *o)
{
        char line[256];

        snprintf(line, sizeof line, "%s: was removed meanwhile", lab->name);
        return lab_refused(lab, o, line);
}

static void judge(struct lab *lab, const char *op, const char *other, const struct outcome *o)
{
        bool making = strcmp(op, "-c") == 0;

        if (o->status == 0 ? o->lines == 0 : making ? lab_exists(lab, o) : lab_not_found(lab, o))
                return;
        if (making && strcmp(other, "-r") == 0 && lost(lab, o))
                return;
        lab_fail(lab, o, "jail %s: neither done nor refused for the other's sake", op);
}

/* The second starts later by a little more in each round, from at once to longer than the first takes. */
static void one(struct lab *lab, const char *first, const char *second, unsigned round, unsigned us)
{
        struct running a, b;
        struct outcome x, y;

        snprintf(lab->place, sizeof lab->place, "round %u, jail %s and %u us later jail %s", round, first, us, second);
        if (strcmp(first, "-c") != 0 && !lab_create(lab))
                return;
        a = lab_start(lab, first);
        usleep(us);
        b = lab_start(lab, second);
        x = lab_wait(&a);
        y = lab_wait(&b);
        judge(lab, first, second, &x);
        judge(lab, second, first, &y);
        if (strcmp(first, second) == 0 && strcmp(first, "-m") != 0 && (x.status == 0) == (y.status == 0))
                lab_fail(lab, &y, x.status ? "neither did it" : "both did it");
        x = lab_run(lab, "-R", NULL, NULL);
        if (x.status != 0 && !lab_not_found(lab, &x))
                lab_fail(lab, &x, "jail -R afterwards fails");
        lab_settled(lab, "after both and jail -R");
}

static unsigned how_long(struct lab *lab, const char *op)
{
        struct timespec a, b;
        struct outcome o;

        clock_gettime(CLOCK_MONOTONIC, &a);
        o = lab_run(lab, op, NULL, NULL);
        clock_gettime(CLOCK_MONOTONIC, &b);
        if (o.status != 0)
                lab_fail(lab, &o, "jail %s fails", op);
        return (unsigned)((b.tv_sec - a.tv_sec) * 1000000 + (b.tv_nsec - a.tv_nsec) / 1000);
}

int main(int argc, char **argv)
{
        static const char *const pairs[][2] = {
                { "-c", "-c" }, { "-c", "-r" }, { "-c", "-m" }, { "-r", "-c" }, { "-r", "-r" }, { "-r", "-m" },
                { "-m", "-r" }, { "-m", "-m" },
        };
        const unsigned n = sizeof pairs / sizeof *pairs;
        unsigned create, destroy;
        struct lab lab;

        if (lab_init(&lab, "race", argc, argv, "r:", option) != argc)
                errx(2, "race takes no arguments");
        create = how_long(&lab, "-c");
        destroy = how_long(&lab, "-r");
        for (unsigned i = 0; i < rounds; i++)
                for (unsigned k = 0; k < n; k++)
                        one(&lab, pairs[k][0], pairs[k][1], i, (pairs[k][0][1] == 'c' ? create : destroy) * i / rounds);
        printf("race %s: %u rounds of %u pairs, %d failures\n", lab.name, rounds, n, lab.failures);
        return lab_finish(&lab);
}
