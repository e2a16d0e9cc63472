/*
 *     race -j JAIL -f FILE -n NAME [-r ROUNDS] [-k]
 *
 * Two commands on one jail at once: twice "jail -c", "jail -c" and "jail -r",
 * twice "jail -r". Each either does it or says in one line why not ("already
 * exists", "not found"), and when the jail has been removed nothing is left.
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

static void judge(struct lab *lab, const char *op, const struct outcome *o)
{
        bool making = strcmp(op, "-c") == 0;

        if (o->status == 0 ? o->lines == 0 : making ? lab_exists(lab, o) : lab_not_found(lab, o))
                return;
        lab_fail(lab, o, "jail %s: neither done nor refused for the other's sake", op);
}

/* The second starts later by a little more in each round, from at once to longer than the first takes. */
static void one(struct lab *lab, const char *first, const char *second, unsigned round, unsigned us)
{
        struct running a, b;
        struct outcome x, y;

        snprintf(lab->place, sizeof lab->place, "round %u, jail %s and %u us later jail %s", round, first, us, second);
        if (strcmp(first, "-r") == 0 && !lab_create(lab))
                return;
        a = lab_start(lab, first, lab->name);
        usleep(us);
        b = lab_start(lab, second, lab->name);
        x = lab_wait(&a);
        y = lab_wait(&b);
        judge(lab, first, &x);
        judge(lab, second, &y);
        if (strcmp(first, second) == 0 && (x.status == 0) == (y.status == 0))
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
        static const char *const pairs[][2] = { { "-c", "-c" }, { "-c", "-r" }, { "-r", "-c" }, { "-r", "-r" } };
        unsigned create, destroy;
        struct lab lab;

        if (lab_init(&lab, "race", argc, argv, "r:", option) != argc)
                errx(2, "race takes no arguments");
        create = how_long(&lab, "-c");
        destroy = how_long(&lab, "-r");
        for (unsigned i = 0; i < rounds; i++)
                for (unsigned k = 0; k < 4; k++)
                        one(&lab, pairs[k][0], pairs[k][1], i, (k < 2 ? create : destroy) * i / rounds);
        printf("race %s: %u rounds of 4 pairs, %d failures\n", lab.name, rounds, lab.failures);
        return lab_finish(&lab);
}
