#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "plan.h"
#include "state/record.h"

/* A level of three steps that write down what is done to them, and fail when told. */
static char seen[256];
static const char *fail_at;
static bool fail_undo;

static int act(const char *what, const char *name, struct err *e)
{
        strcat(strcat(strcat(seen, what), name), " ");
        return fail_at && str_eq(fail_at, name) && what[0] == '+' ? err_set(e, EIO, "no %s", name) : 0;
}

static const struct step step_a, step_b, step_c;

static int enact_a(struct run *run, struct err *e)
{
        assert_int_equal(step_note(run, &step_a, e, "one"), 0);
        assert_int_equal(step_note(run, &step_a, e, "two"), 0);
        return act("+", "a", e);
}

static int enact_b(struct run *run, struct err *e)
{
        return act("+", "b", e);
}

static int enact_c(struct run *run, struct err *e)
{
        assert_int_equal(step_note(run, &step_c, e, "three"), 0);
        return act("+", "c", e);
}

static int undo_any(struct run *run, const char *note, struct err *e)
{
        act("-", note, e);
        return fail_undo && str_eq(note, "two") ? err_set(e, EBUSY, "busy") : 0;
}

static int change_a(struct run *run, const struct jail_spec *old, struct err *e)
{
        return act("~", run->spec->persist ? "a1" : "a0", e);
}

static int change_c(struct run *run, const struct jail_spec *old, struct err *e)
{
        act("~", run->spec->persist ? "c1" : "c0", e);
        return fail_at ? err_set(e, EIO, "no change") : 0;
}

static int check_c(struct run *run, struct err *e)
{
        return act("?", "c", e) < 0 || fail_at ? err_set(e, ENOENT, "nowhere") : 0;
}

static bool only_persistent(const struct jail_spec *s)
{
        return s->persist;
}

static const struct step step_a = { .name = "a", .param = "p.a", .enact = enact_a, .undo = undo_any, .change = change_a };
static const struct step step_b = { .name = "b", .param = "p.b", .wanted = only_persistent, .enact = enact_b };
static const struct step step_c = {
        .name = "c", .param = "p.c", .boot = true, .check = check_c, .enact = enact_c, .undo = undo_any, .change = change_c,
};
static const struct step *const steps[] = { &step_a, &step_b, &step_c, NULL };
static const struct level level_test = { .name = "os", .steps = steps };

const struct level *level_find(const char *name)
{
        return str_eq(name, "os") ? &level_test : NULL;
}

const struct step *level_step(const char *name)
{
        for (size_t i = 0; steps[i]; i++)
                if (str_eq(steps[i]->name, name))
                        return steps[i];
        return NULL;
}

static struct store st;
static char dir[] = "/tmp/gaol-plan-XXXXXX";

static int open_store(void **state)
{
        struct err e;

        return mkdtemp(dir) ? store_open(&st, dir, true, &e) : -1;
}

static int close_store(void **state)
{
        char path[64];

        store_close(&st);
        snprintf(path, sizeof path, "%s/index", dir);
        unlink(path);
        snprintf(path, sizeof path, "%s/jails", dir);
        return rmdir(path) || rmdir(dir);
}

struct world {
        struct record rec;
        struct run run;
        struct plan plan;
};

static void begin(struct world *w, bool persist)
{
        struct jail_spec s;
        struct err e = {0};

        spec_init(&s);
        s.name = strdup("t");
        s.persist = persist;
        assert_int_equal(spec_validate(&s, &e), 0);
        assert_int_equal(record_create(&st, &s, 0, &w->rec, &e), 0);
        spec_finish(&s);
        run_init(&w->run);
        w->run.spec = &w->rec.spec;
        w->run.record = &w->rec;
        w->run.name = "t";
        assert_int_equal(plan_make(&w->plan, &w->rec.spec, &e), 0);
        seen[0] = '\0';
        fail_at = NULL;
        fail_undo = false;
}

static void end(struct world *w)
{
        struct err e;

        run_finish(&w->run);
        assert_int_equal(record_unlink(&w->rec, &e), 0);
        record_close(&w->rec);
}

static void all_in_order(void **state)
{
        struct world w;
        struct err e = {0};
        autostrv names = {0};

        begin(&w, true);
        assert_int_equal(plan_explain(&w.plan, &names), 0);
        assert_int_equal(names.n, 3);
        assert_int_equal(plan_enact(&w.plan, &w.run, NULL, NULL, &e), 0);
        assert_string_equal(seen, "+a +b +c ");
        assert_int_equal(w.rec.n_entries, 3);
        for (size_t i = 0; i < 3; i++)
                assert_true(w.rec.entries[i].done);
        seen[0] = '\0';
        assert_int_equal(plan_undo(&w.run, NULL, NULL, &e), 0);
        assert_string_equal(seen, "-three -two -one ");
        assert_int_equal(w.rec.n_entries, 0);
        end(&w);
}

static void unwanted_steps_are_left_out(void **state)
{
        struct world w;
        autostrv names = {0};

        begin(&w, false);
        assert_int_equal(plan_explain(&w.plan, &names), 0);
        assert_int_equal(names.n, 2);
        end(&w);
}

/* A jail made without processes has the one half, and gets the other later; taking back that one leaves the first. */
static void the_halves_of_a_plan(void **state)
{
        struct world w;
        struct err e = {0};

        begin(&w, true);
        assert_int_equal(plan_check(&w.plan, &w.run, &e), 0);
        plan_keep(&w.plan, false);
        assert_int_equal(plan_enact(&w.plan, &w.run, NULL, NULL, &e), 0);
        assert_string_equal(seen, "?c +a +b ");
        seen[0] = '\0';
        assert_int_equal(plan_make(&w.plan, &w.rec.spec, &e), 0);
        plan_keep(&w.plan, true);
        fail_at = "c";
        assert_int_equal(plan_enact(&w.plan, &w.run, NULL, NULL, &e), -EIO);
        fail_at = NULL;
        assert_int_equal(plan_enact(&w.plan, &w.run, NULL, NULL, &e), 0);
        assert_int_equal(plan_undo_boot(&w.run, NULL, NULL, &e), 0);
        assert_string_equal(seen, "+c -three +c -three ");
        assert_int_equal(w.rec.n_entries, 2);
        assert_int_equal(plan_undo(&w.run, NULL, NULL, &e), 0);
        assert_int_equal(w.rec.n_entries, 0);
        fail_at = "check";
        assert_int_equal(plan_check(&w.plan, &w.run, &e), -ENOENT);
        assert_string_equal(e.text, "p.c: nowhere");
        end(&w);
}

/* Failing at each step in turn undoes what was begun, that step's own beginnings included. */
static void failure_walks_back(void **state)
{
        static const struct {
                const char *at, *seen, *text;
        } rows[] = {
                { "a", "+a -two -one ", "p.a: no a" },
                { "b", "+a +b -two -one ", "p.b: no b" },
                { "c", "+a +b +c -three -two -one ", "p.c: no c" },
        };

        for (size_t i = 0; i < COUNT(rows); i++) {
                struct world w;
                struct err e = {0};

                begin(&w, true);
                fail_at = rows[i].at;
                assert_int_equal(plan_enact(&w.plan, &w.run, NULL, NULL, &e), -EIO);
                assert_string_equal(seen, rows[i].seen);
                assert_string_equal(e.text, rows[i].text);
                assert_int_equal(w.rec.n_entries, 0);
                end(&w);
        }
}

static int warnings;

static void count(void *ctx, const struct err *e)
{
        warnings++;
        assert_string_equal(e->text, "p.a: busy");
}

static void a_failing_undo_is_told_kept_and_passed_over(void **state)
{
        struct world w;
        struct err e = {0};

        begin(&w, true);
        assert_int_equal(plan_enact(&w.plan, &w.run, NULL, NULL, &e), 0);
        seen[0] = '\0';
        fail_undo = true;
        warnings = 0;
        /* said once: to whoever asked for it, or else by a warning */
        assert_int_equal(plan_undo(&w.run, count, NULL, &e), -EBUSY);
        assert_string_equal(seen, "-three -two -one ");
        assert_int_equal(warnings, 0);
        assert_string_equal(e.text, "p.a: busy");
        assert_int_equal(plan_undo(&w.run, count, NULL, NULL), -EBUSY);
        assert_int_equal(warnings, 1);
        assert_int_equal(w.rec.n_entries, 1);
        assert_string_equal(w.rec.entries[0].note, "two");
        /* and the next one who tries gets it done */
        fail_undo = false;
        assert_int_equal(plan_undo(&w.run, NULL, NULL, &e), 0);
        assert_int_equal(w.rec.n_entries, 0);
        end(&w);
}

static void a_change_that_fails_is_changed_back(void **state)
{
        struct world w;
        struct jail_spec new;
        struct err e = {0};

        begin(&w, false);
        assert_int_equal(spec_copy(&new, &w.rec.spec), 0);
        new.persist = true;
        w.run.spec = &new;
        fail_at = "change";
        assert_int_equal(plan_change(&w.plan, &w.run, &w.rec.spec, &e), -EIO);
        assert_string_equal(seen, "~a1 ~c1 ~a0 ");
        assert_string_equal(e.text, "p.c: no change");
        w.run.spec = &w.rec.spec;
        spec_finish(&new);
        end(&w);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(all_in_order),
                cmocka_unit_test(unwanted_steps_are_left_out),
                cmocka_unit_test(the_halves_of_a_plan),
                cmocka_unit_test(failure_walks_back),
                cmocka_unit_test(a_failing_undo_is_told_kept_and_passed_over),
                cmocka_unit_test(a_change_that_fails_is_changed_back),
        };

        return cmocka_run_group_tests(tests, open_store, close_store);
}
