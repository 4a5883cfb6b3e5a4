# Runs in a user and mount namespace of its own, in the snapshot's folder: lays a sized tmpfs and the overlay on /sys, which the
# sandbox itself never sees, and becomes bubblewrap. $1: size in MiB; then bubblewrap's arguments.
size=$1
shift
mount -t tmpfs -o "size=${size}m,nr_inodes=500k,mode=755" tmpfs /sys &&
  mkdir /sys/upper /sys/work /sys/merged &&
  mount -t overlay overlay -o lowerdir=.,upperdir=/sys/upper,workdir=/sys/work,userxattr /sys/merged &&
  cd / &&
  exec bwrap "$@"
