#include "os.h"

#include "step/addr.h"
#include "step/create.h"
#include "step/env.h"
#include "step/exec.h"
#include "step/limit.h"
#include "step/net.h"
#include "step/own.h"
#include "step/root.h"
#include "step/sysv.h"
#include "step/zfs.h"

/*
 * FreeBSD's order (jail(8)), with what FreeBSD mounts on the host mounted in the jail's own namespace instead: that
 * exists only from step_spawn on, so exec.prestart comes before the mounts here. Removal runs the undo entries of the
 * record backwards: interfaces go home while their namespace lives, PID 1 ends, and what watched its cables, cgroup and
 * layer go last.
 */
static const struct step *const steps[] = {
        &step_exec_prepare,
        &step_alias,
        &step_exec_prestart,
        &step_layer,
        &step_limit,
        &step_addr,
        &step_lead,
        &step_net_guard,
        &step_spawn,
        &step_own,
        &step_path,
        &step_base,
        &step_mount,
        &step_fstab,
        &step_devfs,
        &step_env,
        &step_fdescfs,
        &step_procfs,
        &step_host,
        &step_sysv,
        &step_net_lo,
        &step_announce,
        &step_exec_created,
        &step_zfs,
        &step_net_interface,
        &step_net_addr,
        &step_net_publish,
        &step_release,
        &step_settle,
        &step_exec_start,
        &step_command,
        &step_exec_poststart,
        NULL,
};

/*
 * One that stays, in which nothing runs yet: its ids, limits and addresses are all there is to it. A network of its own
 * answers without processes and needs its namespace. Roots that are put together, and mounts, have their sources looked
 * for and held from the beginning, so those jails have a PID 1 from the beginning too; and so have those with something
 * that only their namespaces can take or refuse.
 */
static bool dormant(const struct jail_spec *s)
{
        return s->persist && s->vnet != JAILSYS_NEW && !s->hook[HOOK_START].n && !s->hook[HOOK_COMMAND].n &&
               !s->root_base.n && !s->mount.n && !s->mount_fstab.n && !s->zfs_dataset.n && !sysv_limited(s);
}

const struct level level_os = { .name = "os", .steps = steps, .dormant = dormant };
