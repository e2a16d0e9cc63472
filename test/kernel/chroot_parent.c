/* "/.." of a process leads onto what has been mounted over its root meanwhile; "/" does not (create.c). */
#include "kernel.h"

int main(void)
{
        struct stat old, up, same;

        need_root();
        enter_new(CLONE_NEWNS);
        expect(stat("/", &old) == 0);
        expect(mount("none", "/", "tmpfs", 0, NULL) == 0);
        expect(stat("/", &same) == 0 && same.st_dev == old.st_dev);
        expect(chroot("/..") == 0);
        expect(stat("/", &up) == 0 && up.st_dev != old.st_dev);
        return 0;
}
