/* What concerns the machine, and subsystems that have led out of containers before. */
#include "try.h"

#include <linux/bpf.h>
#include <linux/fanotify.h>
#include <linux/perf_event.h>
#include <linux/reboot.h>
#include <string.h>
#include <sys/quota.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

#define CALL(name, ...) static int name(void) { return syscall(__VA_ARGS__) < 0 ? -1 : 0; }

CALL(add_key, SYS_add_key, "user", "x", "x", 1, -3)
CALL(keyctl_read, SYS_keyctl, 0, -3, 0, 0, 0)
CALL(request_key, SYS_request_key, "user", "x", NULL, -3)
CALL(userfaultfd, SYS_userfaultfd, 0)
CALL(io_uring, SYS_io_uring_setup, 1, NULL)
CALL(kexec, SYS_kexec_load, 0, 0, NULL, 0)
CALL(kexec_file, SYS_kexec_file_load, -1, -1, 0, "", 0)
CALL(init_module, SYS_init_module, "", 0, "")
CALL(finit_module, SYS_finit_module, -1, "", 0)
CALL(delete_module, SYS_delete_module, "loop", 0)
/* CAD_OFF would be harmless, should it work */
CALL(reboot_machine, SYS_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2, LINUX_REBOOT_CMD_CAD_OFF, NULL)
CALL(swapoff_none, SYS_swapoff, "/tmp")
CALL(swapon_none, SYS_swapon, "/tmp", 0)
CALL(account, SYS_acct, "/tmp/acct")
CALL(kernel_log, SYS_syslog, 3, NULL, 0)
CALL(hang_up, SYS_vhangup)
CALL(set_hostname, SYS_sethostname, "mine", 4)
CALL(set_domainname, SYS_setdomainname, "mine", 4)
CALL(fanotify, SYS_fanotify_init, FAN_CLASS_CONTENT, 0)
CALL(move_pages, SYS_move_pages, 1, 0, NULL, NULL, NULL, 0)
CALL(quota, SYS_quotactl, QCMD(Q_QUOTAON, USRQUOTA), "/dev/root", 0, "/tmp")
CALL(statmount_call, 457, NULL, NULL, 0, 0)
#ifdef SYS_iopl
CALL(io_privilege, SYS_iopl, 3)
CALL(io_ports, SYS_ioperm, 0x80, 1, 1)
#endif
#ifdef SYS_lookup_dcookie
CALL(dcookie, SYS_lookup_dcookie, 0, NULL, 0)
#endif

static int load_bpf(void)
{
        union bpf_attr attr;

        memset(&attr, 0, sizeof attr);
        attr.map_type = BPF_MAP_TYPE_ARRAY;
        attr.key_size = attr.value_size = 4;
        attr.max_entries = 1;
        return syscall(SYS_bpf, BPF_MAP_CREATE, &attr, sizeof attr) < 0 ? -1 : 0;
}

static int perf_event(void)
{
        struct perf_event_attr attr = { .type = PERF_TYPE_SOFTWARE, .size = sizeof attr };

        return syscall(SYS_perf_event_open, &attr, 0, -1, -1, 0) < 0 ? -1 : 0;
}

static int set_time(void)
{
        struct timespec now;

        clock_gettime(CLOCK_REALTIME, &now);
        return clock_settime(CLOCK_REALTIME, &now);
}

static int adjust_time(void)
{
        struct timex t = { .modes = ADJ_TICK, .tick = 10000 };

        return adjtimex(&t) < 0 ? -1 : 0;
}

const struct attempt kernel_attempts[] = {
        { "add_key", add_key }, { "keyctl", keyctl_read }, { "request_key", request_key }, { "bpf", load_bpf },
        { "perf_event_open", perf_event }, { "userfaultfd", userfaultfd }, { "io_uring_setup", io_uring },
        { "kexec_load", kexec }, { "kexec_file_load", kexec_file }, { "init_module", init_module },
        { "finit_module", finit_module }, { "delete_module", delete_module }, { "reboot", reboot_machine },
        { "swapoff", swapoff_none }, { "swapon", swapon_none }, { "acct", account }, { "syslog", kernel_log },
        { "vhangup", hang_up }, { "sethostname", set_hostname }, { "setdomainname", set_domainname },
        { "fanotify_init", fanotify }, { "move_pages", move_pages }, { "quotactl", quota },
        { "statmount", statmount_call }, { "clock_settime", set_time }, { "adjtimex", adjust_time },
#ifdef SYS_iopl
        { "iopl", io_privilege }, { "ioperm", io_ports },
#endif
#ifdef SYS_lookup_dcookie
        { "lookup_dcookie", dcookie },
#endif
        {0},
};
