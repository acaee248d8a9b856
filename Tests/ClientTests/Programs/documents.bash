# shellcheck disable=SC2010,SC2011,SC2045 # the lines are those of the documents
# needs:
# options:
# Plain shell: the steps of the example in the kernel's document on vfio_ap, and of the test scripts of kata-containers, Fedora
# CoreOS and runq, one after the other on one machine.
. "${BASH_SOURCE%/*}/expect.bash"

ones() { printf "$1%.0s" {1..64}; }
new_uuid() { cat /proc/sys/kernel/random/uuid; }
uuids() { ls $mdevs; }

## The kernel's document, arch/s390/vfio-ap: three guests share adapters 5 and 6 and four domains

# its forms of a mask: digits from the left, as few as are needed; changes, decimal and hexadecimal
all=0x$(ones f)
for text in 0x41 41 x41; do
    put $text $ap/apmask
    expect 0x41"$(ones 0 | cut -c 3-)" cat $ap/apmask
done
put +0,-6,+0x47,-0xf0 $ap/apmask
expect 0xc1"$(printf '%014d' 0)01$(printf '%046d' 0)" cat $ap/apmask
put "$(ones f)" $ap/apmask
expect "$all" cat $ap/apmask
refuse 'Invalid argument' put "$all"0 $ap/apmask
refuse 'Invalid argument' put 5,6 $ap/apmask

# adapters and domains leave the host's drivers
put -5,-6 $ap/apmask
put -4,-0x47,-0xab,-0xff $ap/aqmask
expect 0xf9"$(ones f | cut -c 3-)" cat $ap/apmask
expect 0xf7fffffffffffffffeffffffffffffffffffffffffeffffffffffffffffffffe cat $ap/aqmask
for queue in 05.0004 05.0047 05.00ab 05.00ff 06.0004 06.0047 06.00ab 06.00ff; do
    [ -L $ap/drivers/vfio_ap/$queue ] || failed "vfio_ap does not have $queue"
done
expect "$(ls -d $cards/card??/??.???? | xargs -n 1 basename)" bash -c "ls $ap/drivers/vfio_ap | grep '\\.'"

# a device for each guest
expect vfio-ap cat $matrix/mdev_supported_types/vfio_ap-passthrough/device_api
one=$(new_uuid) two=$(new_uuid) three=$(new_uuid)
for uuid in $one $two $three; do put $uuid $create; done
expect 65533 cat $matrix/mdev_supported_types/vfio_ap-passthrough/available_instances
expect "$(printf '%s\n' $one $two $three | sort)" uuids

cd $matrix/$one
for adapter in 5 6; do put $adapter assign_adapter; done
for domain in 4 0xab; do put $domain assign_domain; done
put 0xab assign_control_domain
expect '05.0004
05.00ab
06.0004
06.00ab' cat matrix
expect 00ab cat control_domains
cd $matrix/$two
put 5 assign_adapter
put 0x47 assign_domain
put 0xff assign_domain
expect '05.0047
05.00ff' cat matrix
cd $matrix/$three
put 6 assign_adapter
put 0x47 assign_domain
put 0xff assign_domain
expect '06.0047
06.00ff' cat matrix
refuse 'Address already in use' put 5 assign_adapter
refuse 'Address already in use' put 4 assign_domain
refuse 'No such device' put 256 assign_adapter
refuse 'No such device' put 0x100 assign_domain
expect '06.0047
06.00ff' cat matrix
cd - >/dev/null

# three guests start; what is assigned to one that runs is plugged
for uuid in $one $two $three; do put "start guest-${uuid:0:8} $uuid" $control/guests; done
for uuid in $one $two $three; do expect "$(<$matrix/$uuid/matrix)" cat $matrix/$uuid/guest_matrix; done
expect 'in use' cat $cards/card06/06.00ff/status
put 0xff $matrix/$two/unassign_domain
expect 05.0047 cat $matrix/$two/guest_matrix
expect unassigned cat $cards/card05/05.00ff/status
put 255 $matrix/$two/assign_domain
expect '05.0047
05.00ff' cat $matrix/$two/guest_matrix
refuse 'Device or resource busy' put +5 $ap/apmask
refuse 'Device or resource busy' put "$all" $ap/aqmask

# the guests end, the devices are removed, the host has all again
for uuid in $one $two $three; do put "stop guest-${uuid:0:8}" $control/guests; done
for uuid in $one $two $three; do put 1 $matrix/$uuid/remove; done
expect '' uuids
put "$all" $ap/apmask
put "$all" $ap/aqmask
expect 'cex4queue
cex4queue' driver 05.0047 03.0004
put 'unload vfio_ap' $control/modules
[ ! -e $matrix ] || failed "$matrix is still there"
put 'load vfio_ap' $control/modules

## kata-containers: the last queue; all by tee; the number in /dev/vfio is that of the IOMMU group

queue=$(ls -d $cards/card??/??.???? | tail -n 1 | xargs basename)
expect 0a.00ff echo $queue
adapter=$(sed 's/^0*//' <<<"${queue%.*}") domain=$(sed 's/^0*//' <<<"${queue#*.}")
cd $ap
expect -0xa tee apmask <<<"-0x$adapter"
expect -0xff tee aqmask <<<"-0x$domain"
expect vfio_ap driver $queue
expect vfio ls /dev/vfio
cd $matrix
uuid=$(new_uuid)
expect $uuid tee mdev_supported_types/vfio_ap-passthrough/create <<<$uuid
cd $uuid
[ -L iommu_group ] || failed 'iommu_group is no link'
group=$(basename "$(readlink iommu_group)")
expect "$group
devices
vfio" ls /dev/vfio
expect '' cat matrix
expect 0xa tee assign_adapter <<<"0x$adapter"
expect 0xff tee assign_domain <<<"0x$domain"
expect $queue cat matrix
cd - >/dev/null
other=$(new_uuid)
put $other $create
put 10 $matrix/$other/assign_adapter
refuse 'Address already in use' tee $matrix/$other/assign_domain <<<255

# its cleanup: whatever in bus/mdev/devices looks like a UUID is removed, and both masks are written in full
removed=0
for name in $(ls -1 $mdevs); do
    if [[ ${name//-/} =~ ^[[:xdigit:]]{32}$ ]]; then
        echo 1 | tee $mdevs/$name/remove >/dev/null
        removed=$((removed + 1))
    fi
done
expect 2 echo $removed
expect "$all" tee $ap/apmask <<<"$all"
expect "$all" tee $ap/aqmask <<<"$all"
expect cex4queue driver $queue
expect vfio ls /dev/vfio

## Fedora CoreOS: nothing is left to the host; the first CCA card; a fixed UUID; the node is opened for all

card=
for card in $(ls $ap/devices | grep -E 'card[0-9a-f]{2}'); do
    if grep -q cca $ap/devices/$card/uevent; then break; fi
done
expect card05 echo $card
queue=$(ls $ap/devices/$card/ | grep -E '^[0-9a-f]{2}\.[0-9a-f]{4}$' | head -n 1)
put 0x0 $ap/apmask
put 0x0 $ap/aqmask
expect "0x$(ones 0)" cat $ap/apmask
expect '16/16 (complete)' cat $ap/bindings
uuid=68cd2d83-3eef-4e45-b22c-534f90b16cb9
put $uuid $create
put 0x"${queue%.*}" $matrix/$uuid/assign_adapter
put 0x"${queue#*.}" $matrix/$uuid/assign_domain
expect $queue cat $matrix/$uuid/matrix
[ -c /dev/vfio/0 ] || failed '/dev/vfio/0 is no character device'
chmod 0666 /dev/vfio/0
expect 666 stat -c %a /dev/vfio/0

## runq: the devices are those whose names have the shape of a UUID; in the guest every card is a CEX5 or newer

expect $uuid basename $matrix/????????-????-????-????-????????????
put "start runq $uuid" $control/guests
expect $queue cat $matrix/$uuid/guest_matrix
for file in $cards/card*/hwtype; do [ "$(<$file)" -gt 10 ] || failed "$file is $(<$file)"; done
