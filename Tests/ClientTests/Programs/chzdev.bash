# needs: s390x qemu-s390x-static mdevctl
# options:
# chzdev and lszdev, built for s390x, change and show the masks of the bus, now and for the next boot, and take nothing from a
# matrix device.
. "${BASH_SOURCE%/*}/expect.bash"

chzdev() { s390x chzdev "$@"; }
lszdev() { s390x lszdev "$@"; }
# the lines of the attributes, of a listing
attributes() { lszdev -t ap "$@" | sed -n '/ATTRIBUTE/,$p' | sed 's/^ *//'; }
masks() { cat $ap/apmask $ap/aqmask; }
rules=/etc/udev/rules.d/41-ap.rules
assignments() { sed -n 's/^ATTR{...*bus.ap.\(.*\)}=/\1 /p' $rules; }
all=0xffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff
not5=0xfbffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff
not47=0xfffffffffffffffffeffffffffffffffffffffffffffffffffffffffffffffff

# lszdev
expect 'DEVICE TYPE ap
  Description        : Cryptographic Adjunct Processor (AP) device
  Modules            : ap
  Active             : yes
  Persistent         : yes

  ATTRIBUTE  ACTIVE   PERSISTENT
  apmask     "0-255"  -
  aqmask     "0-255"  -' lszdev -t ap
expect 'ATTRIBUTE  ACTIVE
apmask     "0-255"
aqmask     "0-255"' attributes -a
contains 'No settings found' lszdev -t ap -p
contains 'ATTRIBUTE="apmask" ACTIVE="0-255" PERSISTENT=""' lszdev -t ap --pairs
contains 'ap           Cryptographic Adjunct Processor (AP) device' lszdev --list-types
refuse 'No device was selected' lszdev ap

# active only: the tree changes, and the queues their driver
done=' device type configured'
expect "Configuring device type in the active configuration only
ap$done" chzdev -t ap -a apmask=-5
expect "$not5
$all" masks
expect vfio_ap driver 05.0047
expect 'ATTRIBUTE  ACTIVE       PERSISTENT
apmask     "0-4,6-255"  -
aqmask     "0-255"      -' attributes
[ ! -e $rules ] || failed "$rules is there"

# persistent only: a rule for udev. Changes begin with what is persistent, or with what is active where nothing is
contains "$done" chzdev -t ap -p apmask=-0x10-0x1f aqmask=-0x47
contains "$done" chzdev -t ap -p apmask=+5,-6
expect "$not5
$all" masks
expect 'apmask "0xfdff0000ffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
aqmask "0xfffffffffffffffffeffffffffffffffffffffffffffffffffffffffffffffff"' assignments
expect 'ATTRIBUTE  PERSISTENT
apmask     "0-5,7-15,32-255"
aqmask     "0-70,72-255"' attributes -p
contains "$done" chzdev -t ap -p -r apmask
expect 'aqmask "0xfffffffffffffffffeffffffffffffffffffffffffffffffffffffffffffffff"' assignments
contains "$done" chzdev -t ap -p -R
[ ! -e $rules ] || failed "$rules is still there"

# both, as a list, and as changes
expect "ap$done" chzdev -t ap apmask=0-4,6-0xff aqmask=-71
expect "$not5
$not47" masks
expect "apmask \"$not5\"
aqmask \"$not47\"" assignments
contains 'ATTRIBUTE="aqmask" ACTIVE="0-70,72-255" PERSISTENT="0-70,72-255"' lszdev -t ap --pairs
expect '' chzdev --is-owner $rules

# what is persistent becomes active; export, import
put $all $ap/apmask
expect "ap$done" chzdev -t ap --apply
expect "$not5
$not47" masks
expect 'ap device type already configured' chzdev -t ap --apply
contains 'Exporting' chzdev -t ap --export $own/export
expect '[active ap]
apmask=0-4,6-255
aqmask=0-70,72-255

[persistent ap]
apmask=0-4,6-255
aqmask=0-70,72-255' sed '/^#/d' $own/export
contains "$done" chzdev -t ap -p -R
put $all $ap/apmask
contains "$done" chzdev --import $own/export
expect "$not5
$not47" masks
expect "apmask \"$not5\"
aqmask \"$not47\"" assignments

# a matrix device holds what it has: chzdev looks itself, and looks at those that mdevctl starts with their parent
expect "ap$done" chzdev -t ap aqmask=0-255
uuid=669d9b23-fe1b-4ecb-be08-a2fabca99b71
mdevctl define -u $uuid --auto -p matrix -t vfio_ap-passthrough
mdevctl modify -u $uuid --addattr assign_adapter --value 5
mdevctl modify -u $uuid --addattr assign_domain --value 0x47
mdevctl start -u $uuid
expect 05.0047 cat $matrix/$uuid/matrix
refuse "apmask conflicts with mdev $uuid APQN 5.71" chzdev -t ap -a apmask=+5
refuse "apmask conflicts with mdev $uuid APQN 5.71" chzdev -f -t ap -a apmask=+5
expect "$not5
$all" masks
# that the other mask keeps the queue for guests counts for chzdev, not for the kernel: EBUSY, and all is said to be well
put -0x47 $ap/aqmask
refuse 'Device or resource busy' put +5 $ap/apmask
contains "$done" chzdev -t ap -a apmask=+5
expect "$not5
$not47" masks
mdevctl stop -u $uuid
put +0x47 $ap/aqmask
refuse "persistent apmask conflicts with defined autostart mdev $uuid APQN 5.71" chzdev -t ap -p apmask=+5
expect "apmask \"$not5\"
aqmask \"$all\"" assignments
mdevctl undefine -u $uuid

# no numbers, no settings
refuse 'Invalid input string 256' chzdev -t ap -a apmask=256
refuse 'Invalid input string 0xf0ff' chzdev -t ap -a apmask=0xf0ff
refuse 'Invalid input string +1,2' chzdev -t ap -a apmask=+1,2
refuse 'Unknown device type attribute specified: mask' chzdev -t ap -a mask=1
refuse "Cannot remove setting 'apmask' from the active configuration" chzdev -t ap -a -r apmask
expect "$not5
$all" masks
contains 'Configure Cryptographic Adapter ID availability' chzdev -t ap --list-attributes
contains 'available for guest passthrough' chzdev -t ap --help-attribute apmask

# a range that goes backwards is a mask without bits; a dry run changes the masks; what the kernel refuses is not noticed here either
contains "$done" chzdev -t ap -a apmask=5-3
expect 0x"$(printf '%064d' 0)" cat $ap/apmask
put $not5 $ap/apmask
contains 'configuration will not be changed' chzdev -t ap --dry-run -a apmask=+5
expect "$all
$all" masks
put vfio_ap $ap/devices/06.0004/driver_override
refuse 'Invalid argument' put -5 $ap/apmask
contains "$done" chzdev -t ap -a apmask=-5
expect "$all
$all" masks
