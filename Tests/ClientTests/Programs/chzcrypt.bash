# needs: s390x qemu-s390x-static
# options:
# chzcrypt, built for s390x, switches cards and queues on and off, configures cards, and sets what the bus has to set.
. "${BASH_SOURCE%/*}/expect.bash"

chzcrypt() { s390x chzcrypt "$@"; }
# which of a card and its queues are online; of all cards
online() { cat $cards/card"$1"/online $cards/card"$1"/"$1".*/online | paste -sd ''; }
configured() { cat $cards/card*/config | paste -sd ''; }
# the four settings of the bus
bus() { cat $ap/ap_domain $ap/config_time $ap/poll_timeout $ap/poll_thread | paste -sd ' '; }

# a card, with it its queues; a queue; several
expect 11111 online 05
expect '' chzcrypt -d 05
expect 00000 online 05
contains 'ACTION=change DEVPATH=/devices/ap/card05/05.0047 SUBSYSTEM=ap ONLINE=0' cat $control/uevents
refuse 'unable to set cryptographic device card05/05.0047 online' chzcrypt -e 05.0047
expect '' chzcrypt --enable 05
expect 11111 online 05
expect '' chzcrypt --disable 05.0047
expect 11011 online 05
expect 'Setting cryptographic device card05/05.0047 online' chzcrypt -V -e 5.47
expect 11111 online 05
expect 'Setting cryptographic device card03 offline
Setting cryptographic device card0a offline
Setting cryptographic device card06/06.0004 offline' chzcrypt -V -d 03 0xa 06.0004
expect '00000 11111 10111 00000' echo "$(online 03)" "$(online 05)" "$(online 06)" "$(online 0a)"

# all
expect '' chzcrypt -d -a
expect '00000 00000 00000 00000' echo "$(online 03)" "$(online 05)" "$(online 06)" "$(online 0a)"
expect '' chzcrypt --all -e
expect '11111 11111 11111 11111' echo "$(online 03)" "$(online 05)" "$(online 06)" "$(online 0a)"

# config: cards only; the queues follow with the next scan
expect '' chzcrypt --config-off 05
expect 1011 configured
expect 0 cat $cards/card05/online
put 1 $ap/scans
expect 0 cat $cards/card05/05.0047/config
expect 00000 online 05
contains 'device 05 is deconfigured' bash -c "$(declare -f s390x); s390x chzcrypt -e 05 2>&1"
expect 0 cat $cards/card05/online
expect '' chzcrypt --config-on 05
put 1 $ap/scans
expect 11111 online 05
expect '' chzcrypt --config-off -a
expect 0000 configured
expect 'Setting cryptographic device card03 config on' chzcrypt -V --config-on 03
expect 1000 configured
expect '' chzcrypt --config-on --all
expect 1111 configured
put 1 $ap/scans
refuse 'Config on/off is only valid for card devices' chzcrypt --config-off 05.0047
put 'write card03/config errno=EIO times=1' $control/faults
refuse 'unable to set cryptographic device card03 config off' chzcrypt --config-off 03

# the bus
expect '4 30 250000 0' bus
expect '' chzcrypt -q 0x47
expect '' chzcrypt -c 60
expect '' chzcrypt -t 500000
expect '71 60 500000 0' bus
expect '' chzcrypt --default-domain 171
expect 'Setting configuration timer to 5 seconds.' chzcrypt -V --config-time 5
expect '' chzcrypt --poll-timeout 120000000000
expect '171 5 120000000000 0' bus
refuse "invalid default domain '256'" chzcrypt -q 256
refuse 'unable to change configuration timer setting' chzcrypt -c 4
refuse 'unable to change configuration timer setting' chzcrypt -c 121
refuse "invalid configuration timeout 'soon'" chzcrypt -c soon
refuse 'unable to change poll timeout setting' chzcrypt -t 120000000001
expect '171 5 120000000000 0' bus
# with AP interrupts the kernel takes the wish for a poll thread and starts none
refuse 'unable to change poll thread setting' chzcrypt -p
refuse 'unable to change poll thread setting' chzcrypt --poll-thread-enable
expect '' chzcrypt -n
expect '' chzcrypt --poll-thread-disable
# of several settings it does one
expect '' chzcrypt -q 4 -c 30 -t 250000
expect '171 30 120000000000 0' bus

# a queue that vfio_ap has is not its own; nor is a card that does not work
put -5 $ap/apmask
refuse "can't write to /sys/bus/ap/devices/card05/05.0047/online" chzcrypt -d 05.0047
put 'adapter 06 chkstop=1' $control/machine
put 1 $ap/scans
refuse 'unable to set cryptographic device card06 online' chzcrypt -e 06
refuse 'unable to set cryptographic device card06/06.0004 online' chzcrypt -e 06.0004

# what is no device, no option, not enough
refuse 'card07 does not exist' chzcrypt -e 07
refuse 'card05/05.0001 does not exist' chzcrypt -d 05.0001
refuse 'device zz malformed' chzcrypt -d zz
refuse 'Need to specify at least one device ID' chzcrypt -e
refuse 'missing argument' chzcrypt
refuse "Invalid option '-s'" chzcrypt -s
refuse 'SE bind support is not available' chzcrypt --se-bind 06.0004
refuse 'SE bind support is not available' chzcrypt --se-unbind 06.0004
refuse 'SE bind support is not available' chzcrypt --se-associate 1 06.0004
contains 'Usage: chzcrypt [OPTIONS] [DEVICE_IDS]' chzcrypt -h
contains 'Usage: chzcrypt [OPTIONS] [DEVICE_IDS]' chzcrypt --help
contains 'chzcrypt version' chzcrypt -v
contains 'chzcrypt version' chzcrypt --version
