# needs: libvirtd virsh mdevctl
# options: --cow /var
# libvirt's node device driver lists cards, queues, the matrix parent and its type, hears by uevents of what comes and goes, and
# defines, starts, stops and creates matrix devices through mdevctl.
. "${BASH_SOURCE%/*}/expect.bash"

# its sockets and locks, not those of the host's libvirtd
mkdir -p /run/libvirt
mount -t tmpfs tmpfs /run/libvirt
# only this driver: the others want users, networks and hypervisors
mkdir $own/drivers
ln -s "$(find /usr/lib*/ -path '*/libvirt/connection-driver/libvirt_driver_nodedev.so' -print -quit)" $own/drivers
LIBVIRT_DRIVER_DIR=$own/drivers libvirtd --pid-file $own/libvirtd.pid 2>$own/libvirtd.log &
until_true [ -S /run/libvirt/libvirt-sock ]

export VIRSH_DEFAULT_CONNECT_URI=nodedev:///system
virsh() { stdbuf -oL virsh -q "$@"; }
# the devices that can do something, a line
devices() { virsh nodedev-list --cap "$@" | paste -sd ' '; }
lists() { [ "$(devices "${@:2}")" = "$1" ]; }
tells() { virsh nodedev-dumpxml "$2" | grep -q -- "$1"; }
until_true lists 'ap_card03 ap_card05 ap_card06 ap_card0a' ap_card

# what is there
queues=$(printf '%s ' ap_{03,05,06,0a}_{0004,0047,00ab,00ff})
expect "${queues% }" devices ap_queue
expect ap_matrix devices ap_matrix
expect ap_matrix devices mdev_types
expect '' devices mdev
expect "<device>
  <name>ap_05_0047</name>
  <path>$cards/card05/05.0047</path>
  <parent>ap_card05</parent>
  <driver>
    <name>cex4queue</name>
  </driver>
  <capability type='ap_queue'>
    <ap-adapter>0x05</ap-adapter>
    <ap-domain>0x0047</ap-domain>
  </capability>
</device>" virsh nodedev-dumpxml ap_05_0047
expect "<device>
  <name>ap_matrix</name>
  <path>$matrix</path>
  <parent>computer</parent>
  <driver>
    <name>vfio_ap</name>
  </driver>
  <capability type='ap_matrix'>
    <capability type='mdev_types'>
      <type id='vfio_ap-passthrough'>
        <name>VFIO AP Passthrough Device</name>
        <deviceAPI>vfio-ap</deviceAPI>
        <availableInstances>65536</availableInstances>
      </type>
    </capability>
  </capability>
</device>" virsh nodedev-dumpxml ap_matrix
contains '<ap-adapter>0x0a</ap-adapter>' virsh nodedev-dumpxml ap_card0a
contains '+- ap_card06
  |   |
  |   +- ap_06_0004
  |   +- ap_06_0047' virsh nodedev-list --tree

# what comes and goes, and changes its driver. Who listens for events does not say since when, so there is one more until it has
# heard one. libvirt waits for the links of a matrix device, and for nothing else meanwhile: one that was made stays until libvirt
# knows it
uuid=669d9b23-fe1b-4ecb-be08-a2fabca99b71
device=mdev_${uuid//-/_}_matrix
virsh nodedev-event --loop --event lifecycle >$own/events 2>&1 &
listens() {
    put $uuid $create
    until_true lists $device mdev
    put 1 $matrix/$uuid/remove
    until_true lists '' mdev
    grep -q "$device: Deleted" $own/events
}
until_true listens
put 'adapter 0b type=CEX8C' $control/machine
put 1 $ap/scans
until_true lists 'ap_card03 ap_card05 ap_card06 ap_card0a ap_card0b' ap_card
contains 'ap_0b_0004 ap_0b_0047 ap_0b_00ab ap_0b_00ff' devices ap_queue
put 'adapter 0b unplug' $control/machine
put 1 $ap/scans
until_true lists 'ap_card03 ap_card05 ap_card06 ap_card0a' ap_card
until_true grep -q 'ap_card0b: Deleted' $own/events
expect 'ap_card0b: Created
ap_0b_0004: Created
ap_0b_0047: Created
ap_0b_00ab: Created
ap_0b_00ff: Created
ap_0b_0004: Deleted
ap_0b_0047: Deleted
ap_0b_00ab: Deleted
ap_0b_00ff: Deleted
ap_card0b: Deleted' sed -n 's/.*node device \(.*0b.*\)/\1/p' $own/events
put -5 $ap/apmask
until_true tells '<name>vfio_ap</name>' ap_05_0047
expect '' devices mdev
put $uuid $create
until_true lists $device mdev
contains "<iommuGroup number='0'/>" virsh nodedev-dumpxml $device
contains '<availableInstances>65535<' virsh nodedev-dumpxml ap_matrix
put 1 $matrix/$uuid/remove
until_true lists '' mdev

# define, start, autostart, destroy, undefine
cat >$own/device.xml <<XML
<device>
  <parent>ap_matrix</parent>
  <capability type='mdev'>
    <type id='vfio_ap-passthrough'/>
    <uuid>$uuid</uuid>
    <attr name='assign_adapter' value='5'/>
    <attr name='assign_domain' value='0x47'/>
  </capability>
</device>
XML
expect '' virsh nodedev-define $own/device.xml
expect $device devices mdev --inactive
expect '' devices mdev
expect "$uuid matrix vfio_ap-passthrough manual" mdevctl list -d
expect '' virsh nodedev-start $device
until_true lists $device mdev
expect 05.0047 cat $matrix/$uuid/matrix
contains "<attr name='assign_domain' value='0x47'/>" virsh nodedev-dumpxml $device
refuse 'Device is already active' virsh nodedev-start $device
expect '' virsh nodedev-autostart $device
expect "Name:           $device
Parent:         ap_matrix
Active:         yes
Persistent:     yes
Autostart:      yes" virsh nodedev-info $device
expect "$uuid matrix vfio_ap-passthrough auto (defined)" mdevctl list
expect '' virsh nodedev-destroy $device
expect '' ls $mdevs
until_true lists $device mdev --inactive
expect '' virsh nodedev-undefine $device
until_true lists '' mdev --all
expect '' mdevctl list -d

# create: started, but not defined; one that the kernel refuses leaves nothing behind
expect '' virsh nodedev-create $own/device.xml
until_true lists $device mdev
expect 05.0047 cat $matrix/$uuid/matrix
sed -i s/669d9b23/779d9b23/ $own/device.xml
refuse 'Address already in use (os error 98)' virsh nodedev-create $own/device.xml
sed -i "s/'5'/'3'/; s/0x47/4/" $own/device.xml
refuse 'Cannot assign requested address (os error 99)' virsh nodedev-create $own/device.xml
expect $uuid ls $mdevs
expect $device devices mdev --all

# what mdevctl defines libvirt sees
mdevctl define -u 779d9b23-fe1b-4ecb-be08-a2fabca99b71 -p matrix -t vfio_ap-passthrough
until_true lists mdev_779d9b23_fe1b_4ecb_be08_a2fabca99b71_matrix mdev --inactive
