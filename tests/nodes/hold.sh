#!/bin/sh
# Keep the disk of a node, and with it this namespace of mounts, until standard input ends: `hold.sh FOLDER CGROUP`.
# The disk is this machine's root file system; the folders named in FOLDER/emptied are emptied, and FOLDER/files is laid
# over it. What is written there is kept in memory. Whatever then still runs in CGROUP is killed.
set -eu
cd "$1"
mount -t tmpfs -o size=256m,mode=755 tmpfs kept
mkdir kept/upper kept/work kept/disk kept/cgroup
mount -t overlay overlay -o lowerdir=/,upperdir=kept/upper,workdir=kept/work kept/disk
while read -r emptied; do
    rm -rf "kept/disk$emptied"
    mkdir -p "kept/disk$emptied"
done <emptied
cp -a files/. kept/disk/
mount -t cgroup2 cgroup2 kept/cgroup
echo kept
cat
cd kept/cgroup
if [ -d "$2" ]; then
    echo 1 >"$2/cgroup.kill" || :
    while [ -d "$2" ] && ! find "$2" -depth -type d -exec rmdir {} +; do sleep 0.1; done
fi
