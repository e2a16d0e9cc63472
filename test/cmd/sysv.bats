# jail(8), sysvmsg, sysvsem, sysvshm and the limits on what there is of them.

load helper

cgroups=no-limits-here

prepare() {
        base=(root.base=/ root.discard mount.devfs mount.procfs)
}

@test "new: objects of its own, that others do not see" {
        check jail -c name=a "${base[@]}" persist
        check -o 'Shared memory id: 0' jexec a ipcmk -M 100
        check -o 'Message queue id: 0' jexec a ipcmk -Q
        check -o 'Semaphore id: 0' jexec a ipcmk -S 2
        check jail -c name=b "${base[@]}" persist
        check -o 0 jexec b sh -c 'ipcs -q -m -s | grep -c ^0x || :'
}

@test "disable: each of the three by itself, as in a kernel that does not have it" {
        check -s 1 -e $'ipcmk: create share memory failed: Function not implemented\njail: ipcmk: failed' \
                jail -c name=a "${base[@]}" sysvshm=disable command=ipcmk -M 100
        check -s 1 -e $'ipcmk: create message queue failed: Function not implemented\njail: ipcmk: failed' \
                jail -c name=a "${base[@]}" sysvmsg=disable command=ipcmk -Q
        check -s 1 -e $'ipcmk: create semaphore failed: Function not implemented\njail: ipcmk: failed' \
                jail -c name=a "${base[@]}" sysvsem=disable command=ipcmk -S 1
        check -o 'Message queue id: 0' jail -c name=a "${base[@]}" sysvsem=disable sysvshm=disable command=ipcmk -Q
}

ipc_of() {
        readlink "/proc/$(init_of "$1")/ns/ipc"
}

@test "inherit: those of the host; what is not named with it is closed" {
        check jail -c name=a "${base[@]}" persist sysvmsg=inherit
        check -o "$(readlink /proc/self/ns/ipc)" ipc_of a
        check -o 'sysvmsg=inherit sysvsem=disable sysvshm=disable' jls -j a -n sysvmsg sysvsem sysvshm
        check -s 1 -e 'ipcmk: create semaphore failed: Function not implemented' jexec a ipcmk -S 1
        check jail -c name=b "${base[@]}" persist allow.sysvipc
        check -o "$(readlink /proc/self/ns/ipc)" ipc_of b
        check -o 'sysvmsg=inherit sysvsem=inherit sysvshm=inherit' jls -j b -n sysvmsg sysvsem sysvshm
        check jail -c name=c "${base[@]}" persist
        [ "$(ipc_of c)" != "$(readlink /proc/self/ns/ipc)" ]
}

@test "new and inherit together cannot be had" {
        check -s 1 -e 'jail: sysvshm: cannot be new while sysvmsg is inherit' \
                jail -c name=a path=/ persist sysvmsg=inherit sysvshm=new
        check -s 1 -e 'jail: sysvsem: cannot be new while sysvmsg is inherit' \
                jail -c name=a path=/ persist allow.sysvipc sysvsem=new
        check -s 1 -e 'jail: rctl.nshm: not while sysvsem is inherit' jail -c name=a path=/ persist sysvsem=inherit rctl.nshm=1
        check jls name
}

@test "limits: of queues, segments, bytes, semaphores" {
        check jail -c name=a "${base[@]}" persist rctl.nmsgq=1 rctl.nshm=1 rctl.shmsize=8192 rctl.nsem=3 rctl.nsemop=7
        check -o 'Message queue id: 0' jexec a ipcmk -Q
        check -s 1 -e 'ipcmk: create message queue failed: No space left on device' jexec a ipcmk -Q
        check -s 1 -e 'ipcmk: create share memory failed: No space left on device' jexec a ipcmk -M 12288
        check -o 'Shared memory id: 0' jexec a ipcmk -M 8192
        check -s 1 -e 'ipcmk: create share memory failed: No space left on device' jexec a ipcmk -M 1
        check -s 1 -e 'ipcmk: create semaphore failed: No space left on device' jexec a ipcmk -S 4
        check -o 'Semaphore id: 0' jexec a ipcmk -S 3
        check -o $'32000\t3\t7\t32000' jexec a cat /proc/sys/kernel/sem
        check -o $'32000\t1024000000\t500\t32000' cat /proc/sys/kernel/sem
}

@test "limits, live: given, changed, taken away; refused by the kernel, nothing is changed" {
        check jail -c name=a "${base[@]}" persist
        check jail -m name=a rctl.nmsgq=1 rctl.nsem=9
        check -o $'1\n32000\t9\t500\t32000' jexec a cat /proc/sys/kernel/msgmni /proc/sys/kernel/sem
        check -s 1 -e 'jail: rctl.nshm: 99999999999: Invalid argument' jail -m name=a rctl.nmsgq=2 rctl.nshm=99999999999
        check -o 'rctl.nmsgq=1 rctl.nshm=unlimited' jls -n rctl.nmsgq rctl.nshm
        check -o $'1\n4096' jexec a cat /proc/sys/kernel/msgmni /proc/sys/kernel/shmmni
        check jail -m name=a rctl.nmsgq=unlimited rctl.nsem=-
        check -o $'32000\n32000\t1024000000\t500\t32000' jexec a cat /proc/sys/kernel/msgmni /proc/sys/kernel/sem
        check -s 1 -e 'jail: rctl.nshm: 99999999999: Invalid argument' jail -c name=b "${base[@]}" persist rctl.nshm=99999999999
        check -o a jls name
}

@test "limits, with the ids of the host" {
        check jail -c name=a "${base[@]}" persist user=inherit rctl.nmsgq=1
        check -o 1 jexec a cat /proc/sys/kernel/msgmni
        check -o 32000 cat /proc/sys/kernel/msgmni
}
