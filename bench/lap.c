/*
 * Times commands against each other: bench/lap RUNS <COMMANDS
 *
 * A line of standard input is a label, a tab, and a command: its words, parted
 * by tabs. Each is run once to warm up, then all of them once, then all of them
 * again, RUNS times: whatever the machine does meanwhile, it does to all alike.
 * In a word, {} becomes the number of the run.
 *
 * Every run is a line on standard output: label, microseconds from before
 * posix_spawn(3) to after wait4(2), microseconds of CPU time of the command and
 * all it waited for. A command that fails in its first run is said on standard
 * error and left out; one that fails later ends the whole, exit 1.
 */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAX_COMMANDS 16
#define MAX_WORDS 64

extern char **environ;

struct command {
        char *label;
        char *words[MAX_WORDS + 1];
        bool out;               /* left out */
};

struct time_taken {
        double wall, cpu;       /* microseconds */
};

static double us_of(struct timeval t)
{
        return (double)t.tv_sec * 1e6 + (double)t.tv_usec;
}

static double now_us(void)
{
        struct timespec t;

        clock_gettime(CLOCK_MONOTONIC, &t);
        return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

/* Cuts a line in place; false if there is no command in it. */
static bool command_parse(char *line, struct command *ret)
{
        size_t n = 0;
        char *word;

        line[strcspn(line, "\n")] = '\0';
        ret->label = strsep(&line, "\t");
        while ((word = strsep(&line, "\t"))) {
                if (n == MAX_WORDS)
                        return false;
                ret->words[n++] = word;
        }
        ret->words[n] = NULL;
        return n > 0 && *ret->label;
}

static size_t read_commands(struct command *list)
{
        char *line = NULL;
        size_t size = 0, n = 0;

        while (getline(&line, &size, stdin) >= 0) {
                if (n == MAX_COMMANDS || !command_parse(line, &list[n])) {
                        fprintf(stderr, "lap: line %zu is no label and command, or there are more than %d\n", n + 1,
                                MAX_COMMANDS);
                        exit(2);
                }
                n++;
                line = NULL;    /* the command points into it */
                size = 0;
        }
        free(line);
        return n;
}

/* The word with every {} replaced; exits where there is no memory. */
static char *number_word(const char *word, int run)
{
        char *text = NULL;
        size_t size = 0;
        FILE *f = open_memstream(&text, &size);
        const char *at;

        if (!f)
                exit(2);
        while ((at = strstr(word, "{}"))) {
                fprintf(f, "%.*s%d", (int)(at - word), word, run);
                word = at + 2;
        }
        fputs(word, f);
        if (fclose(f) != 0)
                exit(2);
        return text;
}

/* Runs it and returns its wait status, -1 if it could not be started. */
static int command_run(const struct command *c, int run, const posix_spawn_file_actions_t *files,
                       struct time_taken *ret)
{
        char *words[MAX_WORDS + 1];
        struct rusage usage;
        int status = -1, error;
        double begun;
        size_t n = 0;
        pid_t pid;

        for (; c->words[n]; n++)
                words[n] = number_word(c->words[n], run);
        words[n] = NULL;

        begun = now_us();
        error = posix_spawnp(&pid, words[0], files, NULL, words, environ);
        if (error)
                fprintf(stderr, "lap: %s: %s: %s\n", c->label, words[0], strerror(error));
        else if (wait4(pid, &status, 0, &usage) == pid) {
                ret->wall = now_us() - begun;
                ret->cpu = us_of(usage.ru_utime) + us_of(usage.ru_stime);
        }

        for (size_t i = 0; i < n; i++)
                free(words[i]);
        return status;
}

static void report_failure(const struct command *c, int status, const char *what)
{
        if (status != -1)
                fprintf(stderr, "lap: %s: %s %d%s\n", c->label, WIFSIGNALED(status) ? "signal" : "exit status",
                        WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status), what);
}

/* Runs all of them by turns; false if one failed that had not before. */
static bool take_turns(struct command *list, size_t n, int runs, const posix_spawn_file_actions_t *files)
{
        for (int run = 0; run <= runs; run++) {
                for (size_t i = 0; i < n; i++) {
                        struct time_taken took = { 0 };
                        int status = list[i].out ? 0 : command_run(&list[i], run, files, &took);

                        if (status != 0 && run > 0) {
                                report_failure(&list[i], status, "");
                                return false;
                        }
                        if (status != 0) {
                                report_failure(&list[i], status, ": left out");
                                list[i].out = true;
                        }
                        if (run > 0 && !list[i].out)
                                printf("%s\t%.0f\t%.0f\n", list[i].label, took.wall, took.cpu);
                }
        }
        return true;
}

int main(int argc, char **argv)
{
        static struct command list[MAX_COMMANDS];
        posix_spawn_file_actions_t files;
        size_t n;
        int runs = argc == 2 ? atoi(argv[1]) : 0, status = 2;

        if (runs <= 0) {
                fprintf(stderr, "usage: lap RUNS <COMMANDS\n");
                return 2;
        }
        n = read_commands(list);
        if (posix_spawn_file_actions_init(&files) != 0)
                return 2;
        if (posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0) == 0 &&
            posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0) == 0)
                status = take_turns(list, n, runs, &files) ? 0 : 1;
        posix_spawn_file_actions_destroy(&files);
        return fflush(stdout) == 0 ? status : 2;
}
