#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "err.h"
#include "fd.h"
#include "num.h"
#include "passwd.h"
#include "str.h"

static void err_says_object_and_reason(void **state)
{
        struct err e = {0};

        errno = ENOENT;
        assert_int_equal(err_sys(&e, "open %s", "/x"), -ENOENT);
        assert_string_equal(e.text, "open /x: No such file or directory");
        assert_int_equal(err_wrap(&e, "%s: %s", "web", "path"), -ENOENT);
        assert_string_equal(e.text, "web: path: open /x: No such file or directory");
        assert_int_equal(err_code(&e, -EPERM, "a"), -EPERM);
        assert_int_equal(e.code, EPERM);
        assert_int_equal(err_set(NULL, EIO, "nobody listens"), -EIO);
}

static void err_is_one_line_and_bounded(void **state)
{
        struct err e = {0};
        char wide[2000];

        err_set(&e, EINVAL, "a\nb\tc\x7f");
        assert_string_equal(e.text, "a?b?c?");
        memset(wide, 'x', sizeof wide - 1);
        wide[sizeof wide - 1] = '\0';
        err_set(&e, EINVAL, "%s", wide);
        assert_int_equal(strlen(e.text), sizeof e.text - 1);
        err_set(&e, EINVAL, "%.1018s", wide);
        err_wrap(&e, "front");
        assert_int_equal(strlen(e.text), sizeof e.text - 1);
        assert_memory_equal(e.text, "front: xxx", 10);
}

static void num_takes_whole_numbers_only(void **state)
{
        int64_t v;
        uint64_t u;
        int i;

        assert_int_equal(num_i64("-42", &v), 0);
        assert_int_equal(v, -42);
        assert_int_equal(num_u64("0x1f", &u), 0);
        assert_int_equal(u, 31);
        assert_int_equal(num_int("2147483648", &i), -ERANGE);
        assert_int_equal(num_u64("18446744073709551616", &u), -ERANGE);
        for (size_t k = 0; k < 7; k++)
                assert_int_equal(num_u64((const char *const[]){ "", " 1", "+1", "1 ", "1x", "-1", "0x" }[k], &u), -EINVAL);
}

static void num_size_knows_units(void **state)
{
        uint64_t u;

        assert_int_equal(num_size("64m", &u), 0);
        assert_int_equal(u, 64 << 20);
        assert_int_equal(num_size("2T", &u), 0);
        assert_int_equal(u, UINT64_C(2) << 40);
        assert_int_equal(num_size("7", &u), 0);
        assert_int_equal(u, 7);
        assert_int_equal(num_size("16E", &u), -ERANGE);
        assert_int_equal(num_size("1kk", &u), -EINVAL);
        assert_int_equal(num_size("k", &u), -EINVAL);
        assert_int_equal(num_size("", &u), -EINVAL);
}

static void lists_grow_and_stay_terminated(void **state)
{
        autostrv l = {0};
        char text[16];

        for (int i = 0; i < 1000; i++) {
                snprintf(text, sizeof text, "%d", i);
                assert_int_equal(strv_push(&l, text), 0);
                assert_null(l.v[l.n]);
        }
        assert_int_equal(l.n, 1000);
        assert_string_equal(l.v[999], "999");
        assert_true(strv_has(&l, "500"));
        assert_false(strv_has(&l, "1000"));
}

static void lists_are_the_same_by_order_and_number(void **state)
{
        autostrv a = {0}, b = {0}, other = {0};

        assert_true(strv_eq(&a, &b));
        assert_int_equal(strv_split(&a, "x y", " "), 0);
        assert_false(strv_eq(&a, &b));
        assert_int_equal(strv_split(&b, "x y", " "), 0);
        assert_true(strv_eq(&a, &b));
        assert_int_equal(strv_push(&b, "z"), 0);
        assert_false(strv_eq(&a, &b));
        assert_int_equal(strv_split(&other, "y x", " "), 0);
        assert_false(strv_eq(&a, &other));
}

static void splitting_drops_empty_pieces(void **state)
{
        autostrv l = {0};

        assert_int_equal(strv_split(&l, ",,a,b c,", ", "), 0);
        assert_int_equal(l.n, 3);
        assert_string_equal(l.v[0], "a");
        assert_string_equal(l.v[2], "c");
}

static void buffers_format(void **state)
{
        autobuf b = {0};

        for (int i = 0; i < 300; i++)
                assert_int_equal(strbuf_addf(&b, "%03d", i), 0);
        assert_int_equal(b.len, 900);
        assert_memory_equal(b.s + 897, "299", 4);
}

static const char passwd[] = "root:x:0:0:root:/root:/bin/bash\n"
                             "bad:x:0\n"
                             "evil:x: 0:0::/:/bin/sh\n"
                             "big:x:4294967295:1::/:/bin/sh\n"
                             "0:x:0:0::/:/bin/sh\n"
                             "www:x:33:34:web:/var/www:/bin/false";
static const char group[] = "www:x:34:\nadm:x:4:root,www\nbroken\nwheel:x:10:www2,wwww\n";

static void passwd_finds_users_and_groups(void **state)
{
        struct user u;
        struct err e = {0};

        assert_int_equal(passwd_find(passwd, group, "www", &u, &e), 0);
        assert_int_equal(u.uid, 33);
        assert_string_equal(u.home, "/var/www");
        assert_string_equal(u.shell, "/bin/false");
        assert_int_equal(u.n_groups, 2);
        assert_int_equal(u.groups[0], 34);
        assert_int_equal(u.groups[1], 4);
        user_finish(&u);
        assert_int_equal(passwd_find_uid(passwd, NULL, 0, &u, &e), 0);
        assert_string_equal(u.name, "root");
        user_finish(&u);
}

/* crun once took "exec -u 1x" for uid 0 (CVE-2026-30892): what is not a number is no id */
static void passwd_never_guesses_an_id(void **state)
{
        struct user u;
        struct err e = {0};

        for (size_t i = 0; i < 4; i++)
                assert_int_equal(passwd_find(passwd, group, (const char *const[]){ "bad", "evil", "big", "0" }[i], &u, &e),
                                 -ENOENT);
        assert_string_equal(e.text, "user 0: no such user");
}

static void slurp_is_bounded(void **state)
{
        char *text;
        struct err e = {0};

        assert_int_equal(fd_slurp(AT_FDCWD, "/dev/zero", 100000, &text, NULL, &e), -EFBIG);
        assert_string_equal(e.text, "/dev/zero: File too large");
        assert_int_equal(fd_slurp(AT_FDCWD, "/nowhere", 10, &text, NULL, &e), -ENOENT);
}

static void *write_late(void *fd)
{
        usleep(20000);
        assert_int_equal(write(*(int *)fd, "late", 4), 4);
        close(*(int *)fd);
        return NULL;
}

static void slurp_waits_for_a_writer(void **state)
{
        struct err e = {0};
        int ends[2];
        char path[32], *text;
        size_t len;
        pthread_t writer;

        assert_int_equal(pipe(ends), 0);
        snprintf(path, sizeof path, "/proc/self/fd/%d", ends[0]);
        assert_int_equal(pthread_create(&writer, NULL, write_late, &ends[1]), 0);
        assert_int_equal(fd_slurp(AT_FDCWD, path, 100, &text, &len, &e), 0);
        assert_int_equal(pthread_join(writer, NULL), 0);
        assert_string_equal(text, "late");
        assert_int_equal(len, 4);
        free(text);
        close(ends[0]);
        (void)state;
}

static void zero_is_a_descriptor(void **state)
{
        int spare = dup(0), fd = 0;

        assert_true(spare >= 0);
        fd_drop(&fd);
        assert_int_equal(fd, -EBADF);
        assert_int_equal(fcntl(0, F_GETFD), -1);
        assert_int_equal(dup2(spare, 0), 0);
        fd_drop(&spare);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(err_says_object_and_reason),
                cmocka_unit_test(err_is_one_line_and_bounded),
                cmocka_unit_test(num_takes_whole_numbers_only),
                cmocka_unit_test(num_size_knows_units),
                cmocka_unit_test(lists_grow_and_stay_terminated),
                cmocka_unit_test(lists_are_the_same_by_order_and_number),
                cmocka_unit_test(splitting_drops_empty_pieces),
                cmocka_unit_test(buffers_format),
                cmocka_unit_test(passwd_finds_users_and_groups),
                cmocka_unit_test(passwd_never_guesses_an_id),
                cmocka_unit_test(slurp_is_bounded),
                cmocka_unit_test(slurp_waits_for_a_writer),
                cmocka_unit_test(zero_is_a_descriptor),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
