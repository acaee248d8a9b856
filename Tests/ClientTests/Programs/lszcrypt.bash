# needs: s390x qemu-s390x-static
# options:
# lszcrypt, built for s390x, sees the cards, queues, drivers, states and domains of the default machine, with every option it
# has.
. "${BASH_SOURCE%/*}/expect.bash"

lszcrypt() { s390x lszcrypt "$@"; }
# what lszcrypt prints of a listing that was filtered: the two lines of the head, and those that match
only() { sed -n "1,2p; /$1/p" <<<"$2"; }

# what an s390x program is told about the machine
contains 'uname.machine="s390x"' qemu-s390x-static -L "$S390X" "$S390X/lib/ld64.so.1" --list-diagnostics

# all; the random number generator has asked 05.0004 once
all='CARD.DOM TYPE  MODE        STATUS     REQUESTS
----------------------------------------------
03       CEX8A Accelerator online            0
03.0004  CEX8A Accelerator online            0
03.0047  CEX8A Accelerator online            0
03.00ab  CEX8A Accelerator online            0
03.00ff  CEX8A Accelerator online            0
05       CEX8C CCA-Coproc  online            1
05.0004  CEX8C CCA-Coproc  online            1
05.0047  CEX8C CCA-Coproc  online            0
05.00ab  CEX8C CCA-Coproc  online            0
05.00ff  CEX8C CCA-Coproc  online            0
06       CEX8P EP11-Coproc online            0
06.0004  CEX8P EP11-Coproc online            0
06.0047  CEX8P EP11-Coproc online            0
06.00ab  CEX8P EP11-Coproc online            0
06.00ff  CEX8P EP11-Coproc online            0
0a       CEX7C CCA-Coproc  online            0
0a.0004  CEX7C CCA-Coproc  online            0
0a.0047  CEX7C CCA-Coproc  online            0
0a.00ab  CEX7C CCA-Coproc  online            0
0a.00ff  CEX7C CCA-Coproc  online            0'
expect "$all" lszcrypt

# devices: card, queue, domain; a list, hexadecimal with and without 0x
expect "$(only '^05' "$all")" lszcrypt 05
expect "$(only '^05' "$all")" lszcrypt 0x5
expect "$(only '^0a.00ab' "$all")" lszcrypt 0a.00ab
expect "$(only '^0a.00ab' "$all")" lszcrypt a.ab
expect "$(only '.0047' "$all")" lszcrypt .0047
expect "$(only '^0[36]' "$all")" lszcrypt 03 06

# filters, and two of them
expect "$(only 'Accel' "$all")" lszcrypt --accelonly
expect "$(only 'CCA' "$all")" lszcrypt --ccaonly
expect "$(only 'EP11' "$all")" lszcrypt --ep11only
expect "$(only '^..  ' "$all")" lszcrypt --cardonly
expect "$(only '^..\.' "$all")" lszcrypt --queueonly
expect "$(only '^..\..*EP11' "$all")" lszcrypt --ep11only --queueonly
refuse 'Only one of --accelonly or --ccaonly or --ep11only can be specified' lszcrypt --accelonly --ccaonly
refuse 'Only one of --cardonly or --queueonly can be specified' lszcrypt --cardonly --queueonly

# -V. The number in QDEPTH is one more than that of the file depth
verbose='CARD.DOM TYPE  MODE        STATUS     REQUESTS  PENDING HWTYPE QDEPTH FUNCTIONS  DRIVER
--------------------------------------------------------------------------------------------
03       CEX8A Accelerator online            0        0     14     09 -MC-A-NH-- cex4card
03.0004  CEX8A Accelerator online            0        0     14     09 -MC-A-NH-- cex4queue
05       CEX8C CCA-Coproc  online            1        0     14     09 S--D--NH-- cex4card
05.0004  CEX8C CCA-Coproc  online            1        0     14     09 S--D--NH-- cex4queue
06       CEX8P EP11-Coproc online            0        0     14     09 -----XNH-- cex4card
06.0004  CEX8P EP11-Coproc online            0        0     14     09 -----XNH-- cex4queue
0a       CEX7C CCA-Coproc  online            0        0     13     09 S--D--NH-- cex4card
0a.0004  CEX7C CCA-Coproc  online            0        0     13     09 S--D--NH-- cex4queue'
some() { lszcrypt "$@" | grep -vE '^..\.00(47|ab|ff)'; }
expect "$verbose" some -V
expect "$verbose" some --verbose
expect "$(only '^05' "$verbose")" some -V 05

# the bus
bus='features: APSC APXA QACT RC8A
ap_domain=0x4
ap_max_domain_id=0xff
ap_interrupts are enabled
config_time=30 (seconds)
poll_thread is disabled
poll_timeout=250000 (nanoseconds)'
expect "$bus" lszcrypt -b
expect "$bus" lszcrypt --bus

# domains: those with a letter are as follows, all others have a dot
domains() { lszcrypt "$@" | sed -n 's/^ *\([0-9a-f]0\)  \(.*[BCU].*\)/\1 \2/p'; }
expect '00 .  .  .  .  B  .  .  .  .  .  .  .  .  .  .  .
10 C  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .
40 .  .  .  .  .  .  .  B  .  .  .  .  .  .  .  .
a0 .  .  .  .  .  .  .  .  .  .  .  B  .  .  .  .
f0 .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  B' domains -d
expect 22 bash -c "$(declare -f s390x); s390x lszcrypt --domains | wc -l"

# capabilities: of a card, whose number is decimal here or has a 0x; of a queue
expect 'card03 provides capability for:
RSA 4K Clear Key
AP bus max message size limit 12 Kb' lszcrypt -c 3
expect 'card0a provides capability for:
RSA 4K Clear Key
CCA Secure Key
Hardware support for stateless filtering
Long RNG
AP bus max message size limit 12 Kb' lszcrypt --capability 10
expect 'card06 provides capability for:
EP11 Secure Key
AP bus max message size limit 12 Kb' lszcrypt -c 0x06
expect 'queue 05.0047 capabilities:
MK AES CUR: - -
MK APKA CUR: - -
MK ASYM CUR: - -' lszcrypt -c 05.0047
expect 'queue 06.0047 capabilities:
MK WK CUR: - -' lszcrypt -c 06.0047
refuse "'0a' is an invalid cryptographic device id" lszcrypt -c 0a
refuse 'card07 does not exist' lszcrypt -c 7
refuse 'queue device 05.0001 does not exist' lszcrypt -c 05.0001

# serial numbers: these cards do not tell theirs
serials='CARD.DOM TYPE  MODE        STATUS     SERIALNR
----------------------------------------------
05       CEX8C CCA-Coproc  online     -
06       CEX8P EP11-Coproc online     -
0a       CEX7C CCA-Coproc  online     -'
expect "$serials" lszcrypt -s
expect "$serials" lszcrypt --serial

# -h, -v, and what is no option or no device
contains 'Usage: lszcrypt [OPTIONS] [DEVICE_IDS]' lszcrypt -h
contains 'Usage: lszcrypt [OPTIONS] [DEVICE_IDS]' lszcrypt --help
contains 'lszcrypt version' lszcrypt -v
contains 'lszcrypt version' lszcrypt --version
refuse "Invalid option '-x'" lszcrypt -x
refuse 'cryptographic device card07 does not exist' lszcrypt 07
refuse 'card05/05.0100 does not exist' lszcrypt 05.0100
contains 'Invalid adpater id!' lszcrypt zz

# other drivers and states
uuid=669d9b23-fe1b-4ecb-be08-a2fabca99b71
put -5 $ap/apmask
put $uuid $create
put 5 $matrix/$uuid/assign_adapter
put 4 $matrix/$uuid/assign_domain
put 0x47 $matrix/$uuid/assign_domain
put 05.00ab $ap/drivers/vfio_ap/unbind
put "start mary $uuid" $control/guests
put 71 $matrix/$uuid/unassign_domain
for file in $cards/card*/request_count; do put 0 $file; done
expect 'CARD.DOM TYPE  MODE        STATUS     REQUESTS  PENDING HWTYPE QDEPTH FUNCTIONS  DRIVER
--------------------------------------------------------------------------------------------
05       CEX8C CCA-Coproc  online            0        0     14     09 S--D--NH-- cex4card
05.0004  CEX8C CCA-Coproc  in use            -        -     14     09 S--D--NH-- vfio_ap
05.0047  CEX8C CCA-Coproc  unassigned        -        -     14     09 S--D--NH-- vfio_ap
05.00ab  CEX8C CCA-Coproc  -                 -        -     14     09 S--D--NH-- -no-driver-
05.00ff  CEX8C CCA-Coproc  unassigned        -        -     14     09 S--D--NH-- vfio_ap' lszcrypt -V 05
put 'stop mary' $control/guests
expect 'CARD.DOM TYPE  MODE        STATUS     REQUESTS
----------------------------------------------
05       CEX8C CCA-Coproc  online            0' lszcrypt 05
contains '05.0004  CEX8C CCA-Coproc  assigned' lszcrypt -V 05.0004

put 'adapter 06 chkstop=1' $control/machine
put 'adapter 03 config=0' $control/machine
put 1 $ap/scans
put 0 $cards/card0a/0a.0047/online
expect 'CARD.DOM TYPE  MODE        STATUS     REQUESTS
----------------------------------------------
03       CEX8A Accelerator deconfig          -
03.0004  CEX8A Accelerator deconfig          -
03.0047  CEX8A Accelerator deconfig          -
03.00ab  CEX8A Accelerator deconfig          -
03.00ff  CEX8A Accelerator deconfig          -
05       CEX8C CCA-Coproc  online            0
06       CEX8P EP11-Coproc chkstop           0
06.0004  CEX8P EP11-Coproc chkstop           0
06.0047  CEX8P EP11-Coproc chkstop           0
06.00ab  CEX8P EP11-Coproc chkstop           0
06.00ff  CEX8P EP11-Coproc chkstop           0
0a       CEX7C CCA-Coproc  online            0
0a.0004  CEX7C CCA-Coproc  online            0
0a.0047  CEX7C CCA-Coproc  offline           0
0a.00ab  CEX7C CCA-Coproc  online            0
0a.00ff  CEX7C CCA-Coproc  online            0' lszcrypt
