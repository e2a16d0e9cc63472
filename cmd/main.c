/*
 * gaol(7): all commands in one program. Which one it is, is told by the name it
 * is called by, or by the first argument if that name is no command's.
 */
#include <stdio.h>
#include <string.h>

#include "cmd.h"

#ifndef GAOL_VERSION
#define GAOL_VERSION "(built without meson)"
#endif

struct command {
        const char *name;
        int (*run)(int argc, char **argv);
        const char *what;
};

static const struct command commands[] = {
        { "jail",  cmd_jail,  "make, change and remove jails" },
        { "jls",   cmd_jls,   "list jails" },
        { "jexec", cmd_jexec, "run a command in a jail" },
};

#define N_COMMANDS (sizeof commands / sizeof commands[0])

static const struct command *find(const char *name)
{
        for (size_t i = 0; i < N_COMMANDS; i++)
                if (strcmp(name, commands[i].name) == 0)
                        return &commands[i];
        return NULL;
}

static void print_usage(FILE *f)
{
        fprintf(f, "usage: gaol command [argument ...]\n"
                   "       gaol --help | --version\n");
}

static void print_help(void)
{
        print_usage(stdout);
        printf("\ncommands, each of which can also be called by its own name:\n");
        for (size_t i = 0; i < N_COMMANDS; i++)
                printf("  %-6s %s\n", commands[i].name, commands[i].what);
}

/* The program under its own name. */
static int gaol(int argc, char **argv)
{
        const struct command *command;

        if (argc < 2) {
                print_usage(stderr);
                return 1;
        }
        if (strcmp(argv[1], "--help") == 0) {
                print_help();
                return 0;
        }
        if (strcmp(argv[1], "--version") == 0) {
                printf("gaol %s\n", GAOL_VERSION);
                return 0;
        }
        command = find(argv[1]);
        if (command)
                return command->run(argc - 1, argv + 1);
        fprintf(stderr, "gaol: unknown %s: %s\n", argv[1][0] == '-' ? "option" : "command", argv[1]);
        print_usage(stderr);
        return 1;
}

int main(int argc, char **argv)
{
        const struct command *command;
        const char *name = "gaol";
        char *slash;

        if (argc < 1)
                return 1;
        slash = strrchr(argv[0], '/');
        if (slash)
                argv[0] = slash + 1;
        command = find(argv[0]);
        if (command)
                name = command->name;
        else if (argc > 1 && find(argv[1]))
                name = argv[1];
        if (cmd_prepare(name) < 0)
                return 1;
        return cmd_finish(name, command ? command->run(argc, argv) : gaol(argc, argv));
}
