#!/bin/bash
# run.sh DIR   (inside the sandbox) Boots build.sh's Xen host under emulation, in the foreground; its console goes to stdout, on which
# DOM0-READY appears after half a minute. Then it is xen+tcp://127.0.0.1:26509/system and, with the key DIR/id,
# xen+ssh://root@127.0.0.1:2022/system. The image stays as it is.
set -eu
cd "$1"
# -smap: QEMU's iret reads the stack of a paravirtual kernel as supervisor. -monitor: Xen's idle by mwait faults.
exec qemu-system-x86_64 -M q35 -cpu max,-smap,-smep,-monitor -m 3072 -accel tcg,thread=multi -nodefaults -no-user-config -display none \
  -kernel xen.elf -append 'com1=115200,8n1 console=com1 dom0_mem=2048M,max:2048M noreboot' -initrd 'vmlinuz console=hvc0 quiet,ir.gz' \
  -drive file=root.img,format=raw,if=none,id=d0,snapshot=on -device virtio-blk-pci,drive=d0,disable-modern=on \
  -netdev user,id=n0,hostfwd=tcp:127.0.0.1:2022-:22,hostfwd=tcp:127.0.0.1:26509-:16509 -device virtio-net-pci,netdev=n0,romfile= \
  -serial stdio
