#!/usr/bin/env python3
"""bundle: which rules of a seccomp.json are left for a runtime, and what is in a bundle. bundle_test.py BUNDLE"""
import json
import platform
import subprocess
import sys
import tempfile

bundle = sys.argv[1]
PROFILE = {
    "defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 38,
    "archMap": [{"architecture": "SCMP_ARCH_X86_64", "subArchitectures": ["SCMP_ARCH_X86"]}],
    "syscalls": [
        {"names": ["read"], "action": "SCMP_ACT_ALLOW", "args": [], "includes": {}, "excludes": {}},
        {"names": ["chroot"], "action": "SCMP_ACT_ALLOW", "args": None, "includes": {"caps": ["CAP_SYS_CHROOT"]}},
        {"names": ["mount"], "action": "SCMP_ACT_ALLOW", "includes": {"caps": ["CAP_SYS_ADMIN"]}},
        {"names": ["mount"], "action": "SCMP_ACT_ERRNO", "errnoRet": 1, "excludes": {"caps": ["CAP_SYS_ADMIN"]}},
        {"names": ["chroot"], "action": "SCMP_ACT_ERRNO", "errnoRet": 1, "excludes": {"caps": ["CAP_SYS_CHROOT"]}},
        {"names": ["s390_runtime_instr"], "action": "SCMP_ACT_ALLOW", "includes": {"arches": ["s390x"]}},
        {"names": ["clone"], "action": "SCMP_ACT_ALLOW", "args": [{"index": 0, "value": 1, "op": "SCMP_CMP_EQ"}]},
    ],
}

with tempfile.TemporaryDirectory() as d:
    with open(f"{d}/seccomp.json", "w", encoding="utf-8") as f:
        json.dump(PROFILE, f)
    subprocess.run([sys.executable, bundle, "--root", "/r", "--seccomp", f"{d}/seccomp.json", "--shell",
                    "--command", "a b", "--tmpfs", "/t", d, "one", "two"], check=True)
    with open(f"{d}/one/config.json", encoding="utf-8") as f:
        one = json.load(f)
    with open(f"{d}/two/config.json", encoding="utf-8") as f:
        two = json.load(f)

rules = one["linux"]["seccomp"]["syscalls"]
assert [(r["names"][0], r["action"][9:]) for r in rules] == [
    ("read", "ALLOW"), ("chroot", "ALLOW"), ("mount", "ERRNO"), ("clone", "ALLOW")], rules
assert "args" not in rules[0] and rules[2]["errnoRet"] == 1 and rules[3]["args"][0]["value"] == 1
assert one["linux"]["seccomp"]["defaultErrnoRet"] == 38
if platform.machine() == "x86_64":
    assert one["linux"]["seccomp"]["architectures"] == ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86"]
assert one["process"]["args"] == ["/bin/sh", "-c", "a b"] and one["root"] == {"path": "/r", "readonly": True}
assert one["mounts"][-1]["destination"] == "/t"
assert (one["hostname"], two["hostname"]) == ("one", "two")
ids = [c["linux"]["uidMappings"][0] for c in (one, two)]
assert ids[0]["hostID"] + ids[0]["size"] == ids[1]["hostID"]
