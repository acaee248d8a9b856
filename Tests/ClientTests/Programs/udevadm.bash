# needs: udevadm
# options:
# udevadm finds the devices with their properties and nodes, asks for uevents and waits for them, and prints every uevent twice:
# as the kernel's, and as udev's.
. "${BASH_SOURCE%/*}/expect.bash"

uuid=669d9b23-fe1b-4ecb-be08-a2fabca99b71

# what was heard of KERNEL or UDEV, without the times. Root hears of the host's devices, too
of() { sed -nE "s,^$1 *\[[0-9.]+\] ([a-z]+) +(/devices/(ap|vfio_ap|virtual/vfio)[ /]),\1 \2,p" $own/monitor; }
stdbuf -oL udevadm monitor >$own/monitor 2>&1 &
stdbuf -oL udevadm monitor --property --kernel --subsystem-match=ap/ap_queue >$own/properties 2>&1 &
until_true grep -qs 'KERNEL - ' $own/monitor
until_true grep -qs 'KERNEL - ' $own/properties

# info
expect 'P: /devices/ap/card05
M: card05
R: 05
U: ap
T: ap_card
V: cex4card
E: DEVPATH=/devices/ap/card05
E: SUBSYSTEM=ap
E: DEVTYPE=ap_card
E: DRIVER=cex4card
E: DEV_TYPE=000E
E: MODALIAS=ap:t0E
E: MODE=cca' udevadm info $cards/card05
expect 'DEVPATH=/devices/ap/card06/06.0047
DEVTYPE=ap_queue
DRIVER=cex4queue
MODE=ep11
SUBSYSTEM=ap' udevadm info -q property -p $ap/devices/06.0047
expect /devices/ap/card05/05.0047 udevadm info -q path -p $ap/devices/05.0047
expect ap_card udevadm info -q property --value --property=DEVTYPE $ap/devices/card0a
contains '  looking at device '\''/devices/ap/card05/05.0047'\'':
    KERNEL=="05.0047"
    SUBSYSTEM=="ap"
    DRIVER=="cex4queue"
    ATTR{ap_functions}=="0x93000000"
    ATTR{chkstop}=="0"
    ATTR{config}=="1"
    ATTR{driver_override}==""
    ATTR{interrupt}=="Interrupts enabled."' udevadm info -a -p /devices/ap/card05/05.0047
contains '    KERNELS=="card05"
    SUBSYSTEMS=="ap"
    DRIVERS=="cex4card"' udevadm info -a -p /devices/ap/card05/05.0047
exported() { udevadm info --export-db | grep -c '^P: /devices/ap/'; }
expect 20 exported
refuse 'Unknown device' udevadm info $ap/devices/05.0001

# the nodes of a matrix device
put -5 $ap/apmask
put $uuid $create
group=$(basename "$(readlink $mdevs/$uuid/iommu_group)")
expect "P: /devices/virtual/vfio/$group
M: $group
U: vfio
D: c $(cat /sys/class/vfio/"$group"/dev)
N: vfio/$group
L: 0
E: DEVPATH=/devices/virtual/vfio/$group
E: DEVNAME=/dev/vfio/$group
E: MAJOR=$(stat -c %Hr /dev/vfio/"$group")
E: MINOR=$(stat -c %Lr /dev/vfio/"$group")
E: SUBSYSTEM=vfio" udevadm info /dev/vfio/"$group"
expect /devices/vfio_ap/matrix/$uuid/vfio-dev/vfio0 udevadm info -q path -n vfio/devices/vfio0
expect $uuid bash -c "udevadm info -a -n vfio/devices/vfio0 | sed -n 's/.*KERNELS==\"\\(.*-.*\\)\"/\\1/p'"

# trigger writes to uevent, and with --settle waits until it has heard udev
expect '/sys/devices/ap/card0a
settle /sys/devices/ap/card0a' timeout 10 udevadm trigger -v --settle --subsystem-match=ap --sysname-match=card0a
expect '/sys/devices/ap/card03
/sys/devices/ap/card05
/sys/devices/ap/card06
/sys/devices/ap/card0a' udevadm trigger -v -c add --subsystem-match=ap --property-match=DEVTYPE=ap_card
expect '/sys/devices/ap/card03/03.0047
/sys/devices/ap/card05/05.0047
/sys/devices/ap/card06/06.0047
/sys/devices/ap/card0a/0a.0047' udevadm trigger -v -n --attr-match=config=1 --subsystem-match=ap --sysname-match='*.0047'
expect /sys/devices/vfio_ap/matrix/$uuid udevadm trigger -v -n --subsystem-match=mdev
expect '' timeout 10 udevadm settle
expect '' udevadm settle --timeout=0
expect ap-CEX8C-0x93000000 bash -c \
    "udevadm test-builtin path_id /sys/devices/ap/card05 2>/dev/null | sed -n 's/^ID_PATH=//p'"

# monitor: in order, each as the kernel's and as udev's
put 1 $matrix/$uuid/remove
until_true grep -q "^UDEV .* remove .*/$uuid (mdev)" $own/monitor
expected=
for domain in 0004 0047 00ab 00ff; do
    expected+="unbind /devices/ap/card05/05.$domain (ap)
bind /devices/ap/card05/05.$domain (ap)
"
done
expected+="change /devices/ap (ap)
add /devices/vfio_ap/matrix/$uuid (mdev)
add /devices/virtual/vfio/$group (vfio)
add /devices/vfio_ap/matrix/$uuid/vfio-dev/vfio0 (vfio-dev)
bind /devices/vfio_ap/matrix/$uuid (mdev)
change /devices/ap/card0a (ap)
add /devices/ap/card03 (ap)
add /devices/ap/card05 (ap)
add /devices/ap/card06 (ap)
add /devices/ap/card0a (ap)
remove /devices/vfio_ap/matrix/$uuid/vfio-dev/vfio0 (vfio-dev)
remove /devices/virtual/vfio/$group (vfio)
unbind /devices/vfio_ap/matrix/$uuid (mdev)
remove /devices/vfio_ap/matrix/$uuid (mdev)"
expect "$expected" of KERNEL
expect "$expected" of UDEV

# monitor with a filter and properties: queues only
until_true grep -qz 'card05/05.00ff.*card05/05.00ff.*SEQNUM' $own/properties
expect 8 grep -c '^KERNEL\[' $own/properties
expect 'ACTION=bind
DEVPATH=/devices/ap/card05/05.00ff
SUBSYSTEM=ap
DEVTYPE=ap_queue
DRIVER=vfio_ap
MODE=cca' bash -c "grep -v -e '^\$' -e SEQNUM $own/properties | tail -n 6"
