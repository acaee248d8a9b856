# needs: s390x qemu-s390x-static
# options: --machine secure-guest --append ap.useirq=0
# lszcrypt and chzcrypt, built for s390x, bind, associate and unbind the queues of a secure-execution guest, show serial numbers
# and the patterns of keys, and start a poll thread where there are no AP interrupts.
. "${BASH_SOURCE%/*}/expect.bash"

lszcrypt() { s390x lszcrypt "$@"; }
chzcrypt() { s390x chzcrypt "$@"; }
# the last column of -V
state() { lszcrypt -V "$1" | awk 'NR == 3 { print $NF }'; }

# queues that are not bound, and all CCA queues, are not asked for serial numbers and keys
expect 'CARD.DOM TYPE  MODE        STATUS     SERIALNR
----------------------------------------------
02       CEX8P EP11-Coproc online     -
03       CEX8C CCA-Coproc  online     -' lszcrypt -s
expect 'queue 03.0001 capabilities:
MK AES CUR: - -
MK APKA CUR: - -
MK ASYM CUR: - -' lszcrypt -c 03.0001
expect 'queue 02.0001 capabilities:
SE bind state: unbound
SE association state: unassociated
MK WK CUR: - -' lszcrypt -c 02.0001
contains 'features: APSC APXA QACT RC8A APSB' lszcrypt -b

# the card has no state, a queue has
expect - state 02
expect unbound state 02.0001
expect unbound state 04.0001

# bind, associate
expect '' chzcrypt --se-bind 02.0001
expect bound cat $cards/card02/02.0001/se_bind
expect bound state 02.0001
expect 'CARD.DOM TYPE  MODE        STATUS     SERIALNR
----------------------------------------------
02       CEX8P EP11-Coproc online     93AADFZU
03       CEX8C CCA-Coproc  online     -' lszcrypt -s
expect 'queue 02.0001 capabilities:
SE bind state: bound
SE association state: unassociated
MK WK CUR: valid 0x0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef' lszcrypt -c 02.0001
refuse "is NOT in 'unbound' state (state 'bound' found)" chzcrypt --se-bind 02.0001
expect '' chzcrypt --se-associate 7 02.0001
until_true grep -q '^associated 7$' $cards/card02/02.0001/se_associate
contains 'SE association state: associated 7' lszcrypt -c 02.0001
expect usable state 02.0001
expect '' chzcrypt --se-unbind 02.0001
contains 'SE bind state: unbound' lszcrypt -c 02.0001
expect unbound state 02.0001

# an accelerator needs no secret
expect '' chzcrypt --se-bind 04.0001
expect usable state 04.0001

# a CCA queue cannot be bound; neither can what is not there
refuse "Can't write to /sys/bus/ap/devices/card03/03.0001/se_bind" chzcrypt --se-bind 03.0001
refuse 'Queue device 02.0002 does not exist' chzcrypt --se-bind 02.0002
refuse "Can't parse queue device '02' as xy.abcd" chzcrypt --se-bind 02
refuse 'index needs to be in range [0...65535]' chzcrypt --se-associate 65536 02.0001

# the poll thread
expect 0 cat $ap/poll_thread
expect '' chzcrypt -p
expect 1 cat $ap/poll_thread
contains 'poll_thread is enabled' lszcrypt -b
contains 'ap_interrupts are disabled' lszcrypt -b
expect '' chzcrypt -n
expect 0 cat $ap/poll_thread
