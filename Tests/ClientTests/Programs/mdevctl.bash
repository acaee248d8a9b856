# needs: mdevctl jq
# options:
# mdevctl defines, starts, lists and stops matrix devices, starts those that are to start with their parent, and leaves nothing
# of a device that cannot be started.
. "${BASH_SOURCE%/*}/expect.bash"

one=669d9b23-fe1b-4ecb-be08-a2fabca99b71
two=779d9b23-fe1b-4ecb-be08-a2fabca99b72
type=vfio_ap-passthrough

# mdevctl's JSON, one value a line
json() { mdevctl "${@:2}" --dumpjson | jq -c "$1"; }
present() { ls $mdevs; }

put -5,-6 $ap/apmask

# types
expect 'matrix
  vfio_ap-passthrough
    Available instances: 65536
    Device API: vfio-ap
    Name: VFIO AP Passthrough Device' mdevctl types
expect '{"available_instances":65536,"device_api":"vfio-ap","name":"VFIO AP Passthrough Device"}' \
    json '.[0].matrix[0]["vfio_ap-passthrough"]' types
expect '' mdevctl list

# define, modify: nothing is started
expect '' mdevctl define -u $one -p matrix -t $type
expect '' mdevctl modify -u $one --addattr assign_adapter --value 5
expect '' mdevctl modify -u $one --addattr assign_domain --value 0x47
expect '' mdevctl modify -u $one --addattr assign_control_domain --value 3
expect '' mdevctl modify -u $one --delattr --index 2
expect "$one matrix $type manual
  Attrs:
    @{0}: {\"assign_adapter\":\"5\"}
    @{1}: {\"assign_domain\":\"0x47\"}" mdevctl list -d -v
expect '{"mdev_type":"vfio_ap-passthrough","start":"manual","attrs":[{"assign_adapter":"5"},{"assign_domain":"0x47"}]}' \
    json . list -d -u $one
expect '' present
expect '' mdevctl list

# start
expect '' mdevctl start -u $one
expect 05.0047 cat $matrix/$one/matrix
expect "$one matrix $type manual (defined)" mdevctl list
expect "$one matrix $type manual (active)" mdevctl list -d
expect "$one matrix $type manual (defined)" mdevctl list -p matrix -u $one
expect '"vfio_ap-passthrough"' json ".[0].matrix[0][\"$one\"].mdev_type" list
expect 65535 json '.[0].matrix[0]["vfio_ap-passthrough"].available_instances' types
refuse 'Device already exists' mdevctl start -u $one
refuse 'already defined' mdevctl define -u $one

# a definition is no device: modify and undefine leave the one that runs
expect '' mdevctl modify -u $one --auto
expect "$one matrix $type auto (active)" mdevctl list -d
expect 05.0047 cat $matrix/$one/matrix

# an attribute that the kernel refuses: EADDRINUSE, EADDRNOTAVAIL, EINVAL, ENODEV. Nothing stays behind.
started() {
    mdevctl start -u $two -p matrix --jsonfile /dev/stdin <<<"{\"mdev_type\":\"$type\",\"start\":\"manual\",\"attrs\":$1}"
}
refuse 'Address already in use (os error 98)' started '[{"assign_adapter":"5"},{"assign_domain":"0x47"}]'
contains 'Userspace may not assign queue 05.0047' cat $control/log
refuse 'Cannot assign requested address (os error 99)' started '[{"assign_adapter":"3"},{"assign_domain":"4"}]'
refuse 'Invalid argument (os error 22)' started '[{"assign_adapter":"5"},{"assign_domain":"47h"}]'
refuse 'No such device (os error 19)' started '[{"assign_adapter":"0x100"}]'
refuse "Invalid attribute 'assign_nothing'" started '[{"assign_adapter":"5"},{"assign_nothing":"1"}]'
expect $one present
expect 65535 json '.[0].matrix[0]["vfio_ap-passthrough"].available_instances' types
expect unassigned cat $cards/card06/06.0047/status
refuse "Unable to find parent device 'nowhere'" mdevctl start -u $two -p nowhere -t $type
refuse 'does not support mdev type nothing' mdevctl start -u $two -p matrix -t nothing

# three masks at once
mask() { printf "0x%016x%048d" "$1" 0; }
expect '' started "[{\"ap_config\":\"$(mask $((1 << 57))),$(mask $((1 << 59))),$(mask $((1 << 59)))\"}]"
expect 06.0004 cat $matrix/$two/matrix
expect 0004 cat $matrix/$two/control_domains
expect "$one $two" jq -r '.[0].matrix | map(keys[0]) | sort | join(" ")' <(mdevctl list --dumpjson)

# stop
expect '' mdevctl stop -u $two
expect $one present
refuse 'No such file or directory' mdevctl stop -u $two
expect unassigned cat $cards/card06/06.0004/status

# the parent goes and comes: what starts with it is started by the rule of mdevctl for udev, which runs this line
put 'unload vfio_ap' $control/modules
expect '' mdevctl types
expect '' mdevctl list
put 'load vfio_ap' $control/modules
contains 'MDEV_STATE=registered' tail -n 2 $control/uevents
expect '' mdevctl list
expect '' mdevctl start-parent-mdevs matrix
expect "$one matrix $type auto (defined)" mdevctl list
expect 05.0047 cat $matrix/$one/matrix

expect '' mdevctl stop -u $one
expect '' mdevctl modify -u $one --manual
expect '' mdevctl start-parent-mdevs matrix
expect '' mdevctl list

# what was made by hand is listed, and can be defined
put $two $create
expect "$two matrix $type manual" mdevctl list
expect '' mdevctl define -u $two
expect '' mdevctl undefine -u $two
expect '' mdevctl undefine -u $one
expect '' mdevctl list -d
expect $two present
