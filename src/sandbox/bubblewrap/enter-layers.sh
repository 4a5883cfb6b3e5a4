# As enter.sh, where set-up commands have made layers, or are making them. $1: size in MiB; $2: folder of the layers; $3: root folder of the
# image, empty for the host's programs; $4: "building", or empty; $5: a folder as makeShadow
# leaves it, or empty; then bubblewrap's arguments.
#
# What is there, and what set-up adds to it, become one at /sys/root, and at /sys/merged for the workspace. While it is being built the layers take what is written; afterwards they
# are only read, and the workspace has a layer of its own on the tmpfs. An overlay takes upperdir and workdir from one mount only.
size=$1 layers=$2 image=$3 building=$4 shadow=$5
shift 5

# layer, what lies below it, where
lay() {
  if [ -z "$building" ]; then
    mount -t overlay overlay -o "ro,lowerdir=/sys/layers/$1:$2,userxattr" "$3"
    return
  fi
  below=$2
  if [ -n "$shadow" ] && [ "$1" != workspace ]; then below=/sys/shadow:$2; fi
  mount -t overlay overlay -o "lowerdir=$below,upperdir=/sys/layers/$1,workdir=/sys/layers/work/$1,userxattr" "$3"
}

lay_root() {
  if [ -n "$image" ]; then
    mount --rbind "$image" /sys/base && lay root /sys/base /sys/root
  else
    mount --rbind /usr /sys/base && mount --rbind /sys/layers/root /sys/root && lay usr /sys/base /sys/root/usr
  fi
}

lay_workspace() {
  if [ -n "$building" ]; then
    lay workspace . /sys/merged
  else
    mount -t overlay overlay -o lowerdir=/sys/layers/workspace:.,upperdir=/sys/upper,workdir=/sys/work,userxattr /sys/merged
  fi
}

mount -t tmpfs -o "size=${size}m,nr_inodes=500k,mode=755" tmpfs /sys &&
  mkdir /sys/layers /sys/base /sys/shadow /sys/root /sys/upper /sys/work /sys/merged &&
  mkfifo -m 600 /sys/output &&
  mount --rbind "$layers" /sys/layers && { [ -z "$shadow" ] || mount --rbind "$shadow" /sys/shadow; } && lay_root && lay_workspace && cd / || exit
cat </sys/output >&5 3>&- 4>&- 5>&- &
exec bwrap "$@" 5>/sys/output
