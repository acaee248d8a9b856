# needs: python3
# options:
# A program that knows nothing but system calls walks the tree, and hears of every change by netlink when the tree shows it
# already.
. "${BASH_SOURCE%/*}/expect.bash"

expect '' python3 -I "${BASH_SOURCE%/*}/walker.py"
