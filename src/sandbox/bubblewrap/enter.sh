# Runs in a user and mount namespace of its own, in the snapshot's folder: lays a sized tmpfs and the overlay on /sys, which the
# sandbox itself never sees, and becomes bubblewrap. $1: size in MiB; then bubblewrap's arguments.
#
# fd 5 is a socket of ours. Commands print into a FIFO, which they can open again as /dev/stdout, and a cat outside their reach
# carries it over; it ends when the last process of the sandbox has let go of the FIFO.
size=$1
shift
mount -t tmpfs -o "size=${size}m,nr_inodes=500k,mode=755" tmpfs /sys &&
  mkdir /sys/upper /sys/work /sys/merged &&
  mkfifo -m 600 /sys/output &&
  mount -t overlay overlay -o lowerdir=.,upperdir=/sys/upper,workdir=/sys/work,userxattr /sys/merged &&
  cd / || exit
cat </sys/output >&5 3>&- 4>&- 5>&- &
exec bwrap "$@" 5>/sys/output
