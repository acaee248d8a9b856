# needs: s390x qemu-s390x-static
# options:
# zcryptctl, built for s390x, makes device nodes, opens and closes them for adapters, domains, control domains and ioctls, lists
# them and destroys them. Nobody sends requests through them.
. "${BASH_SOURCE%/*}/expect.bash"

zcryptctl() { s390x zcryptctl "$@"; }
nodes=/sys/class/zcrypt
mask() { cat $nodes/"$1"/"$2"mask; }
none=0x0000000000000000000000000000000000000000000000000000000000000000
all=0xffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff

# create: a name of one's own, or the kernel's; the node is in /dev
expect 'No additional zcrypt device nodes defined' zcryptctl list
expect 'Device node created' zcryptctl create nice
expect 'Device node created' zcryptctl create
refuse 'Could not write into sysfs entry' zcryptctl create nice
expect "character special file $(cat $nodes/nice/dev)" stat -c '%F %Hr:%Lr' /dev/nice
expect "character special file $(cat $nodes/zcrypt_1/dev)" stat -c '%F %Hr:%Lr' /dev/zcrypt_1
contains 'add@/devices/virtual/zcrypt/nice' cat $control/uevents
contains "zcrypt node name:	nice
  device node:	/dev/nice
  major:minor:	$(cat $nodes/nice/dev)
  adapter:
  domains:" bash -c "$(declare -f s390x); s390x zcryptctl list | sed 's/\\t*\$//'"

# one bit of each mask, and back; numbers in any base, names of ioctls
expect 'Adapter 5 added' zcryptctl addap nice 5
expect 'Adapter 16 added' zcryptctl addap nice 0x10
expect 'Domain 71 added' zcryptctl adddom nice 0x47
expect 'Control domain 4 added' zcryptctl addctrl nice 4
expect 'Ioctl ICARSAMODEXPO added' zcryptctl addioctl nice ICARSAMODEXPO
expect 'Ioctl 16 added' zcryptctl addioctl nice 16
expect 0x0400800000000000000000000000000000000000000000000000000000000000 mask nice ap
expect 0x0000000000000000010000000000000000000000000000000000000000000000 mask nice aq
expect 0x0800000000000000000000000000000000000000000000000000000000000000 mask nice ad
expect 0x0400800000000000000000000000000000000000000000000000000000000000 mask nice ioctl
contains 'node = nice
 aps = 5,16
 doms = 71
 ctrls = 4
 ioctls = ICARSAMODEXPO,16' zcryptctl listconfig
expect 'Adapter 5 removed' zcryptctl delap nice 5
expect 'Domain 71 removed' zcryptctl deldom nice 71
expect 'Control domain 4 removed' zcryptctl delctrl nice 0x4
expect 'Ioctl 0x10 removed' zcryptctl delioctl nice 0x10
expect 0x0000800000000000000000000000000000000000000000000000000000000000 mask nice ap
expect $none mask nice aq
expect $none mask nice ad
expect 0x0400000000000000000000000000000000000000000000000000000000000000 mask nice ioctl
expect $none mask zcrypt_1 ap

# all
expect 'All adapters added' zcryptctl addap nice ALL
expect 'All domains added' zcryptctl adddom nice ALL
expect 'All Ioctls added' zcryptctl addioctl nice ALL
expect "$all $all $none $all" echo "$(mask nice ap)" "$(mask nice aq)" "$(mask nice ad)" "$(mask nice ioctl)"
expect 'All adapters removed' zcryptctl delap nice ALL
expect 'All domains removed' zcryptctl deldom nice ALL
expect $none mask nice ap
expect $none mask nice aq

# destroy: gone at once
expect "Device node 'nice' marked for destruction" zcryptctl destroy nice
expect "Device node 'zcrypt_1' marked for destruction" zcryptctl destroy zcrypt_1
expect 'No additional zcrypt device nodes defined' zcryptctl list
[ ! -e /dev/nice ] || failed '/dev/nice is still there'
refuse "Invalid or unknown nodename 'nice'" zcryptctl destroy nice
refuse "Invalid or unknown nodename 'nice'" zcryptctl addap nice 5

# a configuration: read line by line, to the first that is bad; written so that it can be read again
cat >$own/config <<'CONFIG'
# one node
node = web
  aps = 3,5 6   # three of them
  ctrls=1
  ioctls=ICARSACRT

CONFIG
expect 'Device node created
Adapter 3 added
Adapter 5 added
Adapter 6 added
Control domain 1 added
Ioctl ICARSACRT added' zcryptctl config $own/config
zcryptctl listconfig >$own/again
expect 'node = web
 aps = 3,5,6
 doms =
 ctrls = 1
 ioctls = ICARSACRT' cat $own/again
zcryptctl destroy web >/dev/null
contains 'Control domain 1 added' zcryptctl config $own/again
expect 0x1600000000000000000000000000000000000000000000000000000000000000 mask web ap
printf 'node=half\naps=3,300\n' >$own/config
refuse "Adapter argument '300' out of range [0..255]" zcryptctl config $own/config
expect 0x1000000000000000000000000000000000000000000000000000000000000000 mask half ap

# what is no number, no ioctl, no command; an 08 is a 0
refuse "Adapter argument '256' out of range [0..255]" zcryptctl addap web 256
refuse "Invalid ioctl argument 'NOTHING'" zcryptctl addioctl web NOTHING
refuse 'Missing domain argument' zcryptctl adddom web
refuse 'Missing or invalid command argument' zcryptctl
expect 'Adapter 0 added' zcryptctl addap web 08
contains 'Usage: zcryptctl COMMAND' zcryptctl --help
contains 'zcryptctl version' zcryptctl -v
