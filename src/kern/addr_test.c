/* The programs for address jails, against the kernel at hand: they are loaded, attached to a group of the test's own, and asked. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "kern/addr.h"

static char verdict[16 << 20];

static void verifier_accepts(bool ancient)
{
        struct err e = {0};

        if (geteuid() != 0)
                skip();
        verdict[0] = '\0';
        if (addr_try(ancient, NULL, 0, &e) < 0) {
                /* Again, for the reason. */
                addr_try(ancient, verdict, sizeof verdict, NULL);
                fprintf(stderr, "%s\n%s\n", e.text, strlen(verdict) > 3000 ? verdict + strlen(verdict) - 3000 : verdict);
                fail();
        }
}

static void programs_load(void **state)
{
        verifier_accepts(false);
}

static void programs_load_without_new_helpers(void **state)
{
        verifier_accepts(true);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(programs_load),
                cmocka_unit_test(programs_load_without_new_helpers),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
