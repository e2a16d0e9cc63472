/* A script of "#!/proc/self/exe" is executed by the very file that executed it (enter.c, init.c). */
#include "kernel.h"

int main(int argc, char **argv)
{
        char *args[] = { (char *)"/mnt/script", NULL }, *env[] = { NULL };

        if (argc == 3 && strcmp(argv[1], "mirrored") == 0)
                return strcmp(argv[2], "/mnt/script") == 0 ? 0 : 1;
        need_root();
        enter_new(CLONE_NEWNS);
        expect(mount("none", "/mnt", "tmpfs", 0, NULL) == 0);
        close(open("/mnt/script", O_CREAT | O_WRONLY, 0755));
        put("/mnt/script", "#!/proc/self/exe mirrored\n");
        execve(args[0], args, env);
        err(1, "execve");
}
