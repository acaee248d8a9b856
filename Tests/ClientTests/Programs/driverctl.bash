# needs: driverctl
# options: --tmpfs /etc/driverctl.d
# driverctl gives single queues to vfio_ap and back, through driver_override; a matrix device takes such a queue, and no mask
# changes as long as there is an override.
. "${BASH_SOURCE%/*}/expect.bash"

override() { cat $ap/devices/"$1"/driver_override; }
queues() { driverctl -b ap "$@" | grep ^05; }

# the file holds a newline where there is no override, and driverctl expects '(null)': it takes all for overridden
expect '05.0004 cex4queue [*]
05.0047 cex4queue [*]
05.00ab cex4queue [*]
05.00ff cex4queue [*]' queues list-devices
expect '' override 05.0047

# set: unbind, write, probe; it is kept for the next boot. The bus is an option, a prefix, or the environment's
expect '' driverctl -b ap set-override 05.0047 vfio_ap
expect '' driverctl set-override ap/05.00ab vfio_ap
expect '' env SUBSYSTEM=ap driverctl --nosave set-override 05.00ff vfio_ap
expect 'cex4queue
vfio_ap
vfio_ap
vfio_ap' driver 05.0004 05.0047 05.00ab 05.00ff
expect vfio_ap override 05.0047
expect 'ap-05.0047
ap-05.00ab' ls /etc/driverctl.d
expect vfio_ap cat /etc/driverctl.d/ap-05.0047
expect '05.0004 cex4queue
05.0047 vfio_ap
05.00ab vfio_ap
05.00ff vfio_ap' queues list-overrides
contains 'ACTION=bind DEVPATH=/devices/ap/card05/05.0047 SUBSYSTEM=ap DEVTYPE=ap_queue DRIVER=vfio_ap' cat $control/uevents

# the override, not the mask, says that the queue is for guests
uuid=669d9b23-fe1b-4ecb-be08-a2fabca99b71
put $uuid $create
put 5 $matrix/$uuid/assign_adapter
put 0x47 $matrix/$uuid/assign_domain
expect 05.0047 cat $matrix/$uuid/matrix
refuse 'Cannot assign requested address' put 4 $matrix/$uuid/assign_domain
refuse 'Invalid argument' put -6 $ap/apmask
refuse 'Invalid argument' put -0x47 $ap/aqmask

# without a probe it has no driver; load is what is done at boot
expect '' driverctl -b ap --noprobe set-override 03.0004 vfio_ap
expect - driver 03.0004
expect '03.0004 (none) [*]' bash -c 'driverctl -b ap list-devices | grep ^03.0004'
expect '' driverctl -b ap load-override 03.0004
expect vfio_ap driver 03.0004
refuse '' driverctl -b ap load-override 05.00ff
contains 'driverctl: setting driver override for 03.0047: vfio_ap
driverctl: unbinding previous driver cex4queue
driverctl: reprobing driver for 03.0047
driverctl: saving driver override for 03.0047' bash -c 'driverctl -b ap --debug set-override 03.0047 vfio_ap 2>&1'

# unset
for queue in 03.0004 03.0047 05.0047 05.00ab 05.00ff; do expect '' driverctl -b ap unset-override $queue; done
expect '' ls /etc/driverctl.d
expect '' override 05.0047
expect 'cex4queue
cex4queue
cex4queue
cex4queue
cex4queue' driver 03.0004 03.0047 05.0047 05.00ab 05.00ff

# what cannot be: cards have no override, and cex4queue is a driver but no module
refuse 'device does not support driver override: card05' driverctl -b ap set-override card05 vfio_ap
refuse 'no such device: 05.0001' driverctl -b ap set-override 05.0001 vfio_ap
refuse 'no such module: cex4queue' driverctl -b ap set-override 05.0004 cex4queue
refuse 'No overridable devices found' driverctl -b matrix list-devices

# as long as a mask has a 0 there is no override. driverctl has unbound the queue by then, says no more than the shell does, and
# keeps for the next boot what it could not set
put -6 $ap/apmask
contains 'write error: Invalid argument' bash -c 'driverctl -b ap set-override 05.0047 vfio_ap 2>&1'
expect '' override 05.0047
expect cex4queue driver 05.0047
expect vfio_ap cat /etc/driverctl.d/ap-05.0047
