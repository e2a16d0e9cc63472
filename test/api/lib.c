#include "lib.h"

#include <dirent.h>
#include <stdlib.h>
#include <sys/wait.h>

int open_descriptors(void)
{
        DIR *dir = opendir("/proc/self/fd");
        int n = 0;

        while (readdir(dir))
                n++;
        closedir(dir);
        return n - 3;   /* ".", "..", dir itself */
}

int shell(const char *command)
{
        int status = system(command);

        return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
