/* The one place that sees both rooms: spec/rights.h and kern/seccomp.h name the same bits. Compiling it is the test. */
#include "kern/seccomp.h"
#include "spec/rights.h"

#define SAME(name) _Static_assert((int)RIGHT_##name == (int)DOOR_##name, #name)

SAME(MOUNT);
SAME(NS);
SAME(SOCKET_AF);
SAME(PACKET);
SAME(SOCKETCALL);
SAME(HOSTNAME);
SAME(TIME);
SAME(QUOTA);
SAME(MSGBUF);
SAME(DEBUG);
SAME(SYSVMSG);
SAME(SYSVSEM);
SAME(SYSVSHM);
SAME(SYSV_ALL);
_Static_assert((RIGHT_SYSV_ALL << 1) - 1 == DOOR_ALL, "a new door needs a right");

int main(void)
{
        return 0;
}
