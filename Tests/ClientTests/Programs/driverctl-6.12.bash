# needs: driverctl
# options: --kernel 6.12 --tmpfs /etc/driverctl.d
# driverctl finds nothing to do on a kernel whose queues have no driver_override.
. "${BASH_SOURCE%/*}/expect.bash"

refuse 'No overridable devices found. Kernel too old?' driverctl -b ap list-devices
refuse 'device does not support driver override: 05.0047' driverctl -b ap set-override 05.0047 vfio_ap
expect cex4queue driver 05.0047
expect '' ls /etc/driverctl.d
