#!/bin/bash
# init.sh COMMAND...   (by sandbox.sh, in the new namespaces) Builds the private root, enters it, and stays PID 1.
# bash stays because it reaps. With a PID 1 that does not, each QEMU that libvirtd probes remains a zombie for which
# libvirtd waits 40 s: its first answer then takes minutes.
set -eu
read -r host_pid _ < /proc/self/stat
b=/boot # covered by a tmpfs, in this namespace only; nobody keeps what a test needs in /boot
mount -t tmpfs -o "size=$SB_SIZE,mode=755" testbed $b
r=$b/root
mkdir $b/upper $b/work $r
mount --bind $r $r # pivot_root wants a mount

# One overlay for each directory of /, not one for all: the kernel refuses a layer that lies below another layer, and
# the cached layer lies below /.
for path in "${SB_ROOT}"/*; do
  d=${path##*/}
  if [ -L "$path" ]; then
    cp -P "$path" $r/
  elif [ -d "$path" ]; then
    mkdir $r/$d
    case $d in
      proc | sys | dev | run | tmp | boot | lost+found) continue ;;
    esac
    mkdir $b/upper/$d $b/work/$d
    chmod --reference="$path" $b/upper/$d
    lower=$path
    [ -n "$SB_LAYER" ] && [ -d "$SB_LAYER/$d" ] && lower=$SB_LAYER/$d:$path
    mount -t overlay -o "lowerdir=$lower,upperdir=$b/upper/$d,workdir=$b/work/$d" overlay $r/$d
  fi
done

mount -t proc proc $r/proc
mount -t sysfs sysfs $r/sys

# An own /dev without kvm. On many machines the node is there and no guest boots with it; and where its group is not the
# copy's kvm group, libvirtd probes QEMU anew each time it looks at its capabilities, so that a define takes 20 s.
mount -t tmpfs -o mode=755 dev $r/dev
mkdir $r/dev/pts $r/dev/shm $r/dev/net
for n in /dev/{null,zero,full,random,urandom,tty,console,fuse,net/tun,loop-control} /dev/loop[0-9]; do
  [ ! -e "$n" ] || cp -a "$n" "$r$n" 2>/dev/null || true
done
mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts $r/dev/pts
mount -t tmpfs shm $r/dev/shm
ln -s pts/ptmx $r/dev/ptmx
ln -s /proc/self/fd $r/dev/fd
ln -s fd/0 $r/dev/stdin
ln -s fd/1 $r/dev/stdout
ln -s fd/2 $r/dev/stderr

if [ "$SB_CONTROLLERS" = v2 ]; then
  mount -t cgroup2 cgroup2 $r/sys/fs/cgroup
  # A group that holds processes cannot pass controllers on, so the root of this tree must hold none.
  mkdir $r/sys/fs/cgroup/init
  for p in $(cat $r/sys/fs/cgroup/cgroup.procs); do echo "$p" > $r/sys/fs/cgroup/init/cgroup.procs 2>/dev/null || true; done
else
  mount -t tmpfs -o mode=755 cgroup $r/sys/fs/cgroup
  for c in $SB_CONTROLLERS; do
    mkdir $r/sys/fs/cgroup/$c
    mount -t cgroup -o $c cgroup $r/sys/fs/cgroup/$c 2>/dev/null || rmdir $r/sys/fs/cgroup/$c
  done
fi

resolv=$(cat /etc/resolv.conf 2>/dev/null || true) # often a link into /run
mount -t tmpfs -o mode=755 run $r/run
mkdir -p $r/run/lock $r/run/user
mount -t tmpfs -o mode=1777 tmp $r/tmp
while IFS= read -r bind; do
  [ -n "$bind" ] || continue
  inside=${bind#*:}
  mkdir -p "$r$inside"
  mount --rbind "${bind%%:*}" "$r$inside" # with what is mounted below it
done <<< "$SB_BINDS"
if [ -n "$SB_UPPER" ]; then mkdir $r/.upper; mount --bind $b/upper $r/.upper; fi
if [ -n "$SB_NET" ]; then rm -f $r/etc/resolv.conf; echo "$resolv" > $r/etc/resolv.conf; else ip link set lo up; fi

hostname testbed
grep -q testbed $r/etc/hosts 2>/dev/null || echo '127.0.1.1 testbed' >> $r/etc/hosts
tr -d - < /proc/sys/kernel/random/uuid > $r/etc/machine-id

# pivot_root, not chroot: libvirtd enters the mount namespace of a QEMU by setns, which would leave a chroot.
mkdir $r/.old
cd $r
pivot_root . .old
umount -l /.old
rmdir /.old
cd /
[ -z "$SB_DIR" ] || echo "sandbox $host_pid $SB_DIR"
unset "${!SB_@}"
export HOME=/root
"$@" <&0 8>&- &
wait $!
