#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "kern/pidfd.h"
#include "record.h"
#include "store.h"

static char dir[] = "/tmp/gaol-state-XXXXXX";
static struct store st;

static int open_store(void **state)
{
        struct err e = {0};
        char run[64];

        if (!mkdtemp(dir))
                return -1;
        snprintf(run, sizeof run, "%s/run", dir);
        return store_open(&st, run, true, &e);
}

static int close_store(void **state)
{
        char path[128];
        static const char *const files[] = { "index", "lock.x", "jails", "shared", "" };

        store_close(&st);
        for (size_t i = 0; i < COUNT(files); i++) {
                snprintf(path, sizeof path, "%s/run/%s", dir, files[i]);
                remove(path);
        }
        return rmdir(dir);
}

static void make(struct record *rec, const char *name, unsigned units)
{
        struct jail_spec s;
        struct err e = {0};
        char *value = (char *)(uintptr_t)name;

        spec_init(&s);
        if (name)
                assert_int_equal(spec_set(&s, "name", &value, 1, &e), 0);
        assert_int_equal(spec_validate(&s, &e), 0);
        if (record_create(&st, &s, units, rec, &e) < 0)
                fail_msg("%s", e.text);
        spec_finish(&s);
}

static uint64_t started(pid_t pid)
{
        struct err e = {0};
        uint64_t start = 0;

        assert_int_equal(pidfd_start_time(pid, &start, &e), 1);
        return start;
}

static void drop(struct record *rec)
{
        struct err e = {0};

        assert_int_equal(record_unlink(rec, &e), 0);
        record_close(rec);
}

static void journal_survives(void **state)
{
        struct record rec, back;
        struct err e = {0};

        make(&rec, "web", 1);
        assert_int_equal(record_begin(&rec, "cgroup", "memory /gaol/web", &e), 0);
        assert_int_equal(record_begin(&rec, "layer", "/odd\npath \\x41", &e), 0);
        assert_int_equal(record_done(&rec, "cgroup", "memory /gaol/web", &e), 0);
        assert_int_equal(record_set_init(&rec, 12345, 678, &e), 0);
        assert_int_equal(record_set_up(&rec, true, &e), 0);
        assert_int_equal(record_open(&st, "web", false, &back, &e), 0);
        assert_int_equal(back.jid, rec.jid);
        assert_int_equal(back.uid_base, rec.uid_base);
        assert_int_equal(back.uid_count, 65536);
        assert_int_equal(back.init, 12345);
        assert_int_equal(back.init_start, 678);
        assert_true(back.up);
        assert_true(back.same_boot);
        assert_int_equal(back.n_entries, 2);
        assert_string_equal(back.entries[0].note, "memory /gaol/web");
        assert_true(back.entries[0].done);
        assert_string_equal(back.entries[1].note, "/odd\npath \\x41");
        assert_false(back.entries[1].done);
        record_close(&back);
        assert_int_equal(record_undone(&rec, "cgroup", "memory /gaol/web", &e), 0);
        assert_int_equal(record_open(&st, "web", false, &back, &e), 0);
        assert_int_equal(back.n_entries, 1);
        record_close(&back);
        drop(&rec);
        assert_int_equal(record_open(&st, "web", false, &back, &e), -ENOENT);
}

/* Without a PID 1, with one half made, and with a whole one that is dead. */
static void made_without_processes(void **state)
{
        struct record rec, back;
        struct err e = {0};
        struct {
                bool dormant, live;
        } want[] = { { true, true }, { true, true }, { false, false } };

        make(&rec, "sleeper", 1);
        assert_false(record_live(&rec));
        for (size_t i = 0; i < COUNT(want); i++) {
                if (i == 1)
                        assert_int_equal(record_set_init(&rec, 12345, 678, &e), 0);
                else
                        assert_int_equal(record_set_up(&rec, true, &e), 0);
                assert_int_equal(record_open(&st, "sleeper", false, &back, &e), 0);
                assert_int_equal(record_dormant(&back), want[i].dormant);
                assert_int_equal(record_live(&back), want[i].live);
                assert_int_equal(record_dormant(&rec), want[i].dormant);
                assert_int_equal(record_live(&rec), want[i].live);
                record_close(&back);
        }
        drop(&rec);
}

static int put_spec(struct record *rec, const struct jail_spec *s)
{
        struct err e = {0};
        int r = record_change(rec, s, &e);

        return r == 1 ? record_changed(rec, &e) : r;
}

/* Another command's work on a record while its maker lets others at it. */
static void change(const char *name, const char *hostname, bool removing)
{
        struct record rec;
        struct jail_spec s;
        struct err e = {0};
        char *value = (char *)(uintptr_t)hostname;

        assert_int_equal(record_open(&st, name, true, &rec, &e), 0);
        assert_int_equal(record_begin(&rec, "cgroup", "cpu /gaol/y", &e), 0);
        assert_int_equal(spec_copy(&s, &rec.spec), 0);
        assert_int_equal(spec_set(&s, "host.hostname", &value, 1, &e), 0);
        assert_int_equal(put_spec(&rec, &s), 0);
        if (removing)
                assert_int_equal(record_set_removing(&rec, &e), 0);
        spec_finish(&s);
        record_close(&rec);
}

static void what_others_wrote_is_read_when_the_lock_is_taken_back(void **state)
{
        struct record rec, other;
        struct err e = {0};

        make(&rec, "y", 0);
        assert_int_equal(record_begin(&rec, "layer", "/y", &e), 0);
        assert_int_equal(record_set_up(&rec, true, &e), 0);
        record_yield(&rec);
        change("y", "changed", true);
        assert_int_equal(record_resume(&rec, &e), 0);
        assert_int_equal(rec.n_entries, 2);
        assert_string_equal(rec.entries[1].note, "cpu /gaol/y");
        assert_string_equal(rec.spec.hostname, "changed");
        assert_true(rec.removing);
        /* Taken back once is enough. */
        assert_int_equal(record_resume(&rec, &e), 0);
        record_yield(&rec);
        assert_int_equal(record_open(&st, "y", true, &other, &e), 0);
        drop(&other);
        make(&other, "y", 0);
        assert_int_equal(record_resume(&rec, &e), -ESTALE);
        assert_string_equal(e.text, "was removed meanwhile");
        assert_int_equal(rec.n_entries, 0);
        /* The name is another's: it is left to him. */
        drop(&rec);
        drop(&other);
}

static void a_change_that_was_not_ended_does_not_hold(void **state)
{
        struct record rec, back;
        struct jail_spec s;
        struct err e = {0};
        char *value = (char *)"tried";

        make(&rec, "y", 0);
        assert_int_equal(record_set_up(&rec, true, &e), 0);
        assert_int_equal(spec_copy(&s, &rec.spec), 0);
        assert_int_equal(record_change(&rec, &s, &e), 0);
        assert_int_equal(spec_set(&s, "host.hostname", &value, 1, &e), 0);
        assert_int_equal(record_change(&rec, &s, &e), 1);
        assert_int_equal(record_open(&st, "y", false, &back, &e), 0);
        assert_true(back.up);
        assert_true(back.changing);
        assert_null(back.spec.hostname);
        assert_string_equal(back.tried.hostname, "tried");
        assert_string_equal(back.tried.name, "y");
        record_close(&back);
        assert_int_equal(record_change_back(&rec, &e), 0);
        assert_int_equal(record_open(&st, "y", false, &back, &e), 0);
        assert_false(back.changing);
        assert_true(back.up);
        assert_true(!back.spec.hostname || !*back.spec.hostname);
        record_close(&back);
        assert_int_equal(record_change(&rec, &s, &e), 1);
        assert_int_equal(record_changed(&rec, &e), 0);
        assert_string_equal(rec.spec.hostname, "tried");
        assert_int_equal(record_open(&st, "y", false, &back, &e), 0);
        assert_false(back.changing);
        assert_string_equal(back.spec.hostname, "tried");
        record_close(&back);
        spec_finish(&s);
        drop(&rec);
}

static void parameters_come_back(void **state)
{
        struct record rec, back;
        struct jail_spec s;
        struct err e = {0};
        char *values[] = { (char *)"/a=b", (char *)"/c\nd" };

        make(&rec, "p", 0);
        assert_int_equal(spec_copy(&s, &rec.spec), 0);
        assert_int_equal(spec_set(&s, "root.base", values, 2, &e), 0);
        assert_int_equal(spec_set(&s, "persist", NULL, 0, &e), 0);
        assert_int_equal(put_spec(&rec, &s), 0);
        spec_finish(&s);
        assert_int_equal(record_open(&st, "p", false, &back, &e), 0);
        assert_true(back.spec.persist);
        assert_int_equal(back.spec.root_base.n, 2);
        assert_string_equal(back.spec.root_base.v[0], "/a=b");
        assert_string_equal(back.spec.root_base.v[1], "/c\nd");
        record_close(&back);
        drop(&rec);
}

/* A kill between two bytes of a write: what was not finished was never announced, and the next line stands. */
static void half_a_line_is_no_line(void **state)
{
        struct record rec, back;
        struct err e = {0};

        make(&rec, "half", 0);
        assert_int_equal(record_begin(&rec, "layer", "/x", &e), 0);
        assert_int_equal(fd_write_all(rec.fd, "begun cgroup memory /gao", 24), 0);
        assert_int_equal(record_open(&st, "half", false, &back, &e), 0);
        assert_int_equal(back.n_entries, 1);
        record_close(&back);
        /* the next to write starts a line of its own */
        record_close(&rec);
        assert_int_equal(record_open(&st, "half", true, &rec, &e), 0);
        assert_int_equal(record_undone(&rec, "layer", "/x", &e), 0);
        assert_int_equal(record_open(&st, "half", false, &back, &e), 0);
        assert_int_equal(back.n_entries, 0);
        record_close(&back);
        drop(&rec);
}

static void rubbish_is_survived(void **state)
{
        static const char text[] = "gaol 9 x\njid many\nids 1\ninit -\nset\nset =\nadd x=y\nbegun\nbegun x\nundone a b\n\n\n\x01\xff\n";
        struct record back;
        struct err e = {0};
        int fd = openat(st.jails, "junk", O_CREAT | O_WRONLY | O_EXCL, 0600);

        assert_true(fd >= 0);
        assert_int_equal(fd_write_all(fd, text, sizeof text - 1), 0);
        close(fd);
        assert_int_equal(record_open(&st, "junk", true, &back, &e), 0);
        assert_int_equal(back.n_entries, 0);
        assert_false(back.same_boot);
        assert_false(record_alive(&back, NULL));
        drop(&back);
}

static struct stat status(const char *name)
{
        struct stat sb;

        assert_int_equal(fstatat(st.jails, name, &sb, AT_SYMLINK_NOFOLLOW), 0);
        return sb;
}

/* Writes some 4000 bytes into the record, as a modification does. */
static void put_meta(struct record *rec, unsigned i)
{
        struct jail_spec s;
        struct err e = {0};
        char text[4001], *value = text;

        snprintf(text, sizeof text, "%0*u", (int)sizeof text - 1, i);
        assert_int_equal(record_compact(rec, &e), 0);
        assert_int_equal(spec_copy(&s, &rec->spec), 0);
        assert_int_equal(spec_set(&s, "meta", &value, 1, &e), 0);
        if (put_spec(rec, &s) != 0)
                fail_msg("change %u", i);
        spec_finish(&s);
}

static void a_record_that_is_changed_often_stays_small(void **state)
{
        struct record rec, back, waiting;
        struct err e = {0};

        make(&rec, "often", 2);
        assert_int_equal(record_begin(&rec, "cgroup", "/gaol\n/often", &e), 0);
        assert_int_equal(record_done(&rec, "cgroup", "/gaol\n/often", &e), 0);
        assert_int_equal(record_begin(&rec, "layer", "/often", &e), 0);
        assert_int_equal(record_set_init(&rec, 12345, 678, &e), 0);
        assert_int_equal(record_set_up(&rec, true, &e), 0);
        assert_int_equal(record_open(&st, "often", false, &waiting, &e), 0);
        for (unsigned i = 0; i < 1000; i++)
                put_meta(&rec, i);
        assert_in_range(status("often").st_size, 4000, 40000);
        assert_int_equal(record_open(&st, "often", false, &back, &e), 0);
        assert_int_equal(back.jid, rec.jid);
        assert_int_equal(back.born, waiting.born);
        assert_int_equal(back.uid_base, rec.uid_base);
        assert_int_equal(back.uid_count, 2 * 65536);
        assert_int_equal(back.init, 12345);
        assert_int_equal(back.init_start, 678);
        assert_true(back.up && back.booted && back.same_boot && !back.changing && !back.partial);
        assert_string_equal(back.spec.meta.text + 3997, "999");
        assert_int_equal(back.n_entries, 2);
        assert_string_equal(back.entries[0].note, "/gaol\n/often");
        assert_true(back.entries[0].done);
        assert_false(back.entries[1].done);
        assert_int_equal(record_jid(&st, "often"), rec.jid);
        record_close(&waiting);
        record_close(&back);
        drop(&rec);
}

/* Without a PID 1, and with one that is half made: it is still to have one. */
static void a_jail_without_processes_is_still_one_when_written_anew(void **state)
{
        struct record rec, back;
        struct err e = {0};

        make(&rec, "sleeper", 0);
        assert_int_equal(record_set_up(&rec, true, &e), 0);
        for (int init = 0; init < 2; init++) {
                if (init)
                        assert_int_equal(record_set_init(&rec, 12345, 678, &e), 0);
                for (unsigned i = 0; i < 10; i++)
                        put_meta(&rec, i);
                assert_true(record_dormant(&rec));
                assert_int_equal(record_open(&st, "sleeper", false, &back, &e), 0);
                assert_true(record_dormant(&back));
                assert_int_equal(back.init, init * 12345);
                record_close(&back);
        }
        drop(&rec);
}

/* Who lets others at a record finds it again, and not that of another jail with the name and the jid. */
static void a_record_written_anew_is_found_by_who_yielded_it(void **state)
{
        struct record rec, other;
        struct err e = {0};
        struct jail_spec s;
        ino_t before;

        make(&rec, "y", 0);
        assert_int_equal(record_set_up(&rec, true, &e), 0);
        before = status("y").st_ino;
        record_yield(&rec);
        assert_int_equal(record_open(&st, "y", true, &other, &e), 0);
        for (unsigned i = 0; i < 10; i++)
                put_meta(&other, i);
        assert_int_equal(record_begin(&other, "layer", "/y", &e), 0);
        assert_int_not_equal(status("y").st_ino, before);
        record_close(&other);
        assert_int_equal(record_resume(&rec, &e), 0);
        assert_int_equal(rec.n_entries, 1);
        assert_int_equal(record_undone(&rec, "layer", "/y", &e), 0);
        record_yield(&rec);
        assert_int_equal(record_open(&st, "y", true, &other, &e), 0);
        assert_int_equal(other.n_entries, 0);
        assert_int_equal(spec_copy(&s, &other.spec), 0);
        drop(&other);
        assert_int_equal(record_create(&st, &s, 0, &other, &e), 0);
        assert_int_equal(other.jid, rec.jid);
        assert_int_equal(record_resume(&rec, &e), -ESTALE);
        spec_finish(&s);
        drop(&rec);
        drop(&other);
}

/* Who makes a jail below sets the mark without waiting for the lock, so what is written anew has it in any case. */
static void a_record_written_anew_may_have_others_below(void **state)
{
        struct record rec;
        struct err e = {0};

        make(&rec, "above", 0);
        assert_int_equal(record_set_up(&rec, true, &e), 0);
        assert_int_equal(status("above").st_mode & 07777, 0600);
        for (unsigned i = 0; i < 10; i++)
                put_meta(&rec, i);
        assert_int_equal(status("above").st_mode & 07777, 0600 | RECORD_BELOW);
        drop(&rec);
}

/* What a killed process has left half written is written over, and goes with the record. */
static void half_a_new_record_is_in_nobodys_way(void **state)
{
        struct record rec;
        struct err e = {0};
        char name[32];
        int fd;

        make(&rec, "anew", 0);
        assert_int_equal(record_set_up(&rec, true, &e), 0);
        snprintf(name, sizeof name, ".new.%d", rec.jid);
        for (int i = 0; i < 2; i++) {
                fd = openat(st.jails, name, O_CREAT | O_WRONLY | O_EXCL, 0600);
                assert_true(fd >= 0);
                assert_int_equal(fd_write_all(fd, "gaol 1 x\njid 99\nset pers", 25), 0);
                close(fd);
                if (i == 0)
                        for (unsigned n = 0; n < 10; n++)
                                put_meta(&rec, n);
        }
        assert_int_equal(record_jid(&st, "anew"), rec.jid);
        drop(&rec);
        assert_int_equal(faccessat(st.jails, name, F_OK, 0), -1);
}

/* Nothing may grow so large that it cannot be read; and what takes back is never refused. */
static void a_record_can_be_full_and_is_removed_all_the_same(void **state)
{
        struct record rec, back;
        struct jail_spec s;
        struct err e = {0};
        char note[4001], *value = note;
        unsigned n = 0;

        make(&rec, "full", 0);
        assert_int_equal(record_set_up(&rec, true, &e), 0);
        memset(note, 'x', sizeof note - 1);
        note[sizeof note - 1] = '\0';
        while (record_begin(&rec, "layer", note, &e) == 0)
                n++;
        assert_int_equal(e.code, E2BIG);
        assert_string_equal(e.text, "record full: would be larger than 8 MiB");
        assert_int_equal(spec_copy(&s, &rec.spec), 0);
        assert_int_equal(spec_set(&s, "meta", &value, 1, &e), 0);
        assert_int_equal(record_change(&rec, &s, &e), -E2BIG);
        assert_string_equal(e.text, "record full: would be larger than 4 MiB");
        assert_false(rec.changing);
        spec_finish(&s);
        for (unsigned i = 0; i < n; i++)
                assert_int_equal(record_undone(&rec, "layer", note, &e), 0);
        assert_int_equal(record_set_removing(&rec, &e), 0);
        record_close(&rec);
        assert_int_equal(record_open(&st, "full", true, &back, &e), 0);
        assert_int_equal(back.n_entries, 0);
        assert_true(back.removing);
        drop(&back);
}

static void too_many_parameters_make_no_record(void **state)
{
        struct record rec;
        struct jail_spec s;
        struct err e = {0};
        char text[4001], **values = calloc(1100, sizeof *values);
        char *name = (char *)"many";
        int jid;

        assert_non_null(values);
        make(&rec, "many", 0);
        jid = rec.jid;
        drop(&rec);
        memset(text, 'x', sizeof text - 1);
        text[0] = '/';
        text[sizeof text - 1] = '\0';
        for (unsigned i = 0; i < 1100; i++)
                values[i] = text;
        spec_init(&s);
        assert_int_equal(spec_set(&s, "name", &name, 1, &e), 0);
        assert_int_equal(spec_set(&s, "root.base", values, 1100, &e), 0);
        assert_int_equal(record_create(&st, &s, 1, &rec, &e), -E2BIG);
        assert_string_equal(e.text, "record many: would be larger than 4 MiB");
        assert_int_equal(faccessat(st.jails, "many", F_OK, 0), -1);
        spec_finish(&s);
        free(values);
        make(&rec, "many", 0);
        assert_in_range(rec.jid, jid + 1, jid + 2);
        drop(&rec);
}

static void what_cannot_be_read_of_a_record_is_said(void **state)
{
        static const char text[] = "set host.hostname=a\nset nosuch=1\nset securelevel=many\nset persist=true\n";
        struct record rec, back;
        struct err e = {0};

        make(&rec, "part", 0);
        assert_int_equal(record_check_whole(&rec, &e), 0);
        assert_int_equal(fd_write_all(rec.fd, text, sizeof text - 1), 0);
        assert_int_equal(record_open(&st, "part", false, &back, &e), 0);
        assert_string_equal(back.partial, "nosuch");
        assert_true(back.spec.persist);
        assert_int_equal(record_check_whole(&back, &e), -ENOTSUP);
        assert_string_equal(e.text, "cannot read nosuch in its record: it can only be removed");
        record_close(&back);
        drop(&rec);
}

/* Its maker was killed before the record had the name it was to have. */
static void what_was_never_named_goes_when_another_is_made(void **state)
{
        static const char *const dead[] = { "@new.1.a", "@new.2.b" };
        struct record rec, held;
        struct err e = {0};
        int jid, index;

        make(&held, "held", 1);
        make(&rec, "dead", 1);
        assert_int_equal(renameat(st.jails, "held", st.jails, dead[1]), 0);
        assert_int_equal(renameat(st.jails, "dead", st.jails, dead[0]), 0);
        jid = rec.jid;
        record_close(&rec);
        make(&rec, "named", 0);
        drop(&rec);
        assert_true(record_jid(&st, dead[0]) > 0);
        make(&rec, NULL, 1);
        assert_int_equal(record_jid(&st, dead[0]), 0);
        /* and its number can be had again */
        index = index_lock(&st, &e);
        assert_true(index >= 0);
        assert_int_equal(index_take_jid(index, jid, &jid, &e), 0);
        assert_int_equal(index_give_back(index, jid, 0, 0, &e), 0);
        close(index);
        assert_int_equal(record_jid(&st, dead[1]), held.jid);
        drop(&rec);
        assert_int_equal(renameat(st.jails, dead[1], st.jails, "held"), 0);
        drop(&held);
}

static void names_are_taken_once(void **state)
{
        struct record rec, second;
        struct jail_spec s;
        struct err e = {0};

        make(&rec, "one", 0);
        assert_int_equal(record_create(&st, &rec.spec, 0, &second, &e), -EEXIST);
        /* the jid as well */
        spec_init(&s);
        s.jid = rec.jid;
        s.name = strdup("two");
        assert_int_equal(record_create(&st, &s, 0, &second, &e), -EADDRINUSE);
        assert_non_null(strstr(e.text, "already exists"));
        assert_int_equal(record_open(&st, "two", false, &second, &e), -ENOENT);
        spec_finish(&s);
        drop(&rec);
}

static void nameless_is_called_by_its_number(void **state)
{
        struct record rec;
        char number[16];

        make(&rec, NULL, 0);
        snprintf(number, sizeof number, "%d", rec.jid);
        assert_string_equal(rec.name, number);
        drop(&rec);
}

static void ids_do_not_overlap_and_come_back(void **state)
{
        struct record a, b, c;

        make(&a, "a", 1);
        make(&b, "b", 3);
        make(&c, "c", 1);
        assert_int_equal(a.uid_base % 65536, 0);
        assert_true(b.uid_base >= a.uid_base + 65536 || a.uid_base >= b.uid_base + 3 * 65536);
        assert_true(c.uid_base >= b.uid_base + 3 * 65536 || b.uid_base >= c.uid_base + 65536);
        assert_int_not_equal(a.jid, b.jid);
        drop(&b);
        drop(&a);
        drop(&c);
}

/* Killed after its jid was allotted and before the record said so: cleaning the empty record frees both. */
static void what_nobody_owns_is_reclaimed(void **state)
{
        struct record rec;
        struct err e = {0};
        int index, jid, again;
        uint32_t base;

        index = index_lock(&st, &e);
        assert_true(index >= 0);
        assert_int_equal(index_take_jid(index, 4711, &jid, &e), 0);
        assert_int_equal(index_take_ids(index, jid, 2, &base, &e), 0);
        fd_drop(&index);
        close(openat(st.jails, "empty", O_CREAT | O_WRONLY, 0600));
        assert_int_equal(record_open(&st, "empty", true, &rec, &e), 0);
        assert_int_equal(rec.jid, 0);
        drop(&rec);
        index = index_lock(&st, &e);
        assert_int_equal(index_take_jid(index, 4711, &again, &e), 0);
        assert_int_equal(index_give_back(index, 4711, 0, 0, &e), 0);
        fd_drop(&index);
}

static void life_is_told_from_a_recycled_pid(void **state)
{
        struct record rec;
        struct err e = {0};
        int pidfd;

        make(&rec, "life", 0);
        assert_int_equal(record_set_init(&rec, getpid(), started(getpid()), &e), 0);
        assert_true(record_alive(&rec, NULL));
        assert_true(record_alive(&rec, &pidfd));
        assert_true(pidfd >= 0);
        close(pidfd);
        assert_int_equal(record_set_init(&rec, getpid(), started(getpid()) + 1, &e), 0);
        assert_false(record_alive(&rec, &pidfd));
        assert_int_equal(pidfd, -EBADF);
        drop(&rec);
}

static void last_one_out_gets_the_former_value(void **state)
{
        struct err e = {0};
        char was[32];
        int *members;
        size_t n;

        assert_int_equal(shared_join(&st, "forward", 1, "0", &e), 1);
        assert_int_equal(shared_join(&st, "forward", 2, "1", &e), 0);
        assert_int_equal(shared_join(&st, "forward", 2, "1", &e), 0);
        assert_int_equal(shared_members(&st, "forward", &members, &n, &e), 0);
        assert_int_equal(n, 2);
        assert_int_equal(members[0] + members[1], 3);
        free(members);
        assert_int_equal(shared_members(&st, "other", &members, &n, &e), 0);
        assert_int_equal(n, 0);
        assert_int_equal(shared_leave(&st, "forward", 1, was, sizeof was, &e), 0);
        assert_int_equal(shared_leave(&st, "forward", 1, was, sizeof was, &e), 0);
        assert_int_equal(shared_leave(&st, "forward", 2, was, sizeof was, &e), 1);
        assert_string_equal(was, "0");
        /* killed before it could forget: the next one asked still hears it */
        assert_int_equal(shared_leave(&st, "forward", 2, was, sizeof was, &e), 1);
        assert_string_equal(was, "0");
        assert_int_equal(shared_forget(&st, "forward", &e), 0);
        assert_int_equal(shared_forget(&st, "forward", &e), 0);
        assert_int_equal(shared_leave(&st, "forward", 2, was, sizeof was, &e), 0);
        assert_int_equal(faccessat(st.dir, "shared", F_OK, 0), -1);
}

static int count(void *ctx, int jid)
{
        *(int *)ctx += jid;
        return jid == 40 ? 17 : 0;
}

static void members_are_asked_until_one_answers(void **state)
{
        struct err e = {0};
        int sum = 0;

        assert_int_equal(shared_ask(&st, "layer.1", count, &sum, &e), 0);
        assert_int_equal(shared_join(&st, "layer.1", 1, NULL, &e), 1);
        assert_int_equal(shared_join(&st, "layer.1", 2, NULL, &e), 0);
        assert_int_equal(shared_ask(&st, "layer.1", count, &sum, &e), 0);
        assert_int_equal(sum, 3);
        assert_int_equal(shared_join(&st, "layer.1", 40, NULL, &e), 0);
        assert_int_equal(shared_ask(&st, "layer.1", count, &sum, &e), 17);
        assert_int_equal(shared_leave(&st, "layer.1", 1, NULL, 0, &e), 0);
        assert_int_equal(shared_leave(&st, "layer.1", 2, NULL, 0, &e), 0);
        assert_int_equal(shared_leave(&st, "layer.1", 40, NULL, 0, &e), 1);
        assert_int_equal(shared_forget(&st, "layer.1", &e), 0);
}

static void a_number_lives_while_its_record_is_held_or_its_init_runs(void **state)
{
        struct record rec;
        struct err e = {0};
        char *name = NULL;

        make(&rec, "held", 0);
        assert_int_equal(store_jid_lives(&st, rec.jid, &name, &e), 1);
        assert_string_equal(name, "held");
        free(name);
        record_yield(&rec);
        assert_int_equal(store_jid_lives(&st, rec.jid, &name, &e), 0);
        assert_int_equal(record_set_init(&rec, getpid(), started(getpid()) + 1, &e), 0);
        assert_int_equal(store_jid_lives(&st, rec.jid, &name, &e), 0);
        assert_int_equal(record_set_init(&rec, getpid(), started(getpid()), &e), 0);
        assert_int_equal(store_jid_lives(&st, rec.jid, &name, &e), 1);
        free(name);
        assert_int_equal(record_resume(&rec, &e), 0);
        assert_int_equal(store_jid_lives(&st, rec.jid + 1, &name, &e), 0);
        drop(&rec);
}

static void a_directory_others_may_write_is_refused(void **state)
{
        struct store other;
        struct err e = {0};
        char path[64];

        snprintf(path, sizeof path, "%s/open", dir);
        assert_int_equal(mkdir(path, 0700), 0);
        assert_int_equal(store_open(&other, path, true, &e), 0);
        store_close(&other);
        snprintf(path, sizeof path, "%s/open/jails", dir);
        assert_int_equal(chmod(path, 0777), 0);
        snprintf(path, sizeof path, "%s/open", dir);
        assert_int_equal(store_open(&other, path, true, &e), -EPERM);
        snprintf(path, sizeof path, "%s/open/jails", dir);
        assert_int_equal(rmdir(path), 0);
        snprintf(path, sizeof path, "%s/open", dir);
        assert_int_equal(rmdir(path), 0);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(journal_survives),
                cmocka_unit_test(made_without_processes),
                cmocka_unit_test(what_others_wrote_is_read_when_the_lock_is_taken_back),
                cmocka_unit_test(a_change_that_was_not_ended_does_not_hold),
                cmocka_unit_test(parameters_come_back),
                cmocka_unit_test(half_a_line_is_no_line),
                cmocka_unit_test(rubbish_is_survived),
                cmocka_unit_test(a_record_that_is_changed_often_stays_small),
                cmocka_unit_test(a_jail_without_processes_is_still_one_when_written_anew),
                cmocka_unit_test(a_record_written_anew_is_found_by_who_yielded_it),
                cmocka_unit_test(a_record_written_anew_may_have_others_below),
                cmocka_unit_test(half_a_new_record_is_in_nobodys_way),
                cmocka_unit_test(a_record_can_be_full_and_is_removed_all_the_same),
                cmocka_unit_test(too_many_parameters_make_no_record),
                cmocka_unit_test(what_cannot_be_read_of_a_record_is_said),
                cmocka_unit_test(what_was_never_named_goes_when_another_is_made),
                cmocka_unit_test(names_are_taken_once),
                cmocka_unit_test(nameless_is_called_by_its_number),
                cmocka_unit_test(ids_do_not_overlap_and_come_back),
                cmocka_unit_test(what_nobody_owns_is_reclaimed),
                cmocka_unit_test(life_is_told_from_a_recycled_pid),
                cmocka_unit_test(last_one_out_gets_the_former_value),
                cmocka_unit_test(members_are_asked_until_one_answers),
                cmocka_unit_test(a_number_lives_while_its_record_is_held_or_its_init_runs),
                cmocka_unit_test(a_directory_others_may_write_is_refused),
        };

        return cmocka_run_group_tests(tests, open_store, close_store);
}
