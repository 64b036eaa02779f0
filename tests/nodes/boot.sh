#!/bin/sh
# Boot the node whose disk lies in the folder DISK: `boot.sh DISK CGROUP`. The process that this becomes is outside of the
# node and lives as long as the node is up. A reboot ends it by SIGHUP, a poweroff by SIGINT.
set -eu
disk=$1 cgroup=$2
if [ -d "$cgroup" ]; then find "$cgroup" -depth -type d -exec rmdir {} +; fi
mkdir "$cgroup"
echo $$ >"$cgroup/cgroup.procs"
exec unshare --mount --pid --fork --kill-child=KILL --uts --ipc --cgroup --propagation private \
    sh -euc '
cd "$1"
hostname node
mount -t proc proc proc
mount -t sysfs -o ro sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount -t tmpfs -o mode=755 tmpfs run
mount -t tmpfs tmpfs tmp
mount -t tmpfs -o mode=755 tmpfs dev
for device in null zero full random urandom tty; do
    : >"dev/$device"
    mount --bind "/dev/$device" "dev/$device"
done
mkdir dev/pts dev/shm
mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts dev/pts
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
mkdir -p .machine
pivot_root . .machine
umount -l /.machine
exec env -i container=dcosmaint-node PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    /lib/systemd/systemd --show-status=no
' sh "$disk"
